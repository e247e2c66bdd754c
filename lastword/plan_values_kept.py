"""What a run keeps so that another plan can be tried on it: every column of accounts, and rows of past dates with their outcome.

Technologies and signals are kept by account_inputs. Whatever a plan asks for is worked out from them as the run itself would.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.run import Run
from lastword.table_files import below_of, read, replaced_by, schema

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from features.build import IntentPolicy, Tables
    from lastword.plan import Plan
    from lastword.project import Project

COLUMNS, PAST, VALUES = "account_columns.parquet", "past_plan_values.parquet", "plan_values.parquet"
MOST_PAST_ACCOUNTS = 100_000
"""Of more accounts so many are drawn, the same in every run: enough to see a gain of one point in a hundred."""

KEYS = ("account_id", "as_of", "won")


def keep_columns(run: Run, tables: "Tables") -> None:
    """Write account_columns.parquet."""
    from features.engine import write

    write(tables.accounts.order_by("account_id"), run.folder / COLUMNS)


def keep_past(run: Run, tables: "Tables") -> None:
    """Write past_plan_values.parquet: one row per account at risk and test landmark.

    The landmarks are those that training measures on, and what only customers have is unknown then. Where wins have no dates:
    won accounts against the house list as of the run.
    """
    from features.engine import write
    from models.landmarks import at_risk, look_alikes
    from models.sampling import sample_of

    accounts, settings = tables.accounts, run.project.settings
    dates = test_landmarks(run, tables)
    sample = sample_of(int(accounts.count().execute()), MOST_PAST_ACCOUNTS, settings.seed)
    some = replace(sample.of_histories(tables), accounts=sample.of(accounts))
    population = at_risk(some, dates, settings.model.horizon_days) if dates else look_alikes(some, run.as_of)
    values = plan_values_at(run.project, some, run.project.load_plan(), dates or [run.as_of], run.intent_policy(), bool(dates))
    joined = population.join(values, ["account_id", "as_of"]).order_by(["as_of", "account_id"])
    write(joined, run.folder / PAST)


def test_landmarks(run: Run, tables: "Tables") -> list[date]:
    """The dates of the split in time that training reports on; none where wins have no dates."""
    import pandas as pd

    from models.landmarks import temporal_split, usable_landmarks

    horizon = run.project.settings.model.horizon_days
    dates = usable_landmarks(tables, run.as_of, horizon, run.intent_policy())
    if not dates:
        return []
    _, tests = temporal_split(pd.Series(pd.to_datetime(list(dates))), horizon)
    return [day for day, is_test in zip(dates, tests, strict=True) if is_test]


def plan_values_at(
    project: "Project", tables: "Tables", plan: "Plan", dates: list[date], policy: "IntentPolicy", past: bool
) -> "ibis.Table":
    """The plan's values as of dates; what only customers have is unknown at past ones."""
    from features.catalog import Vocabulary, catalog
    from features.plan_values import build_plan_values

    listed = catalog(Vocabulary(), project.settings.features.columns) if past else ()
    hidden = [name for each in listed if each.known == "after_win" for name in (each.name, each.column) if name]
    return build_plan_values(tables, dates, plan, policy, unknown_then=hidden)


def _only(tables: "Tables", ids: list[str]) -> "Tables":
    """The accounts with these ids, and what was seen of them."""
    import ibis
    import pyarrow as pa

    wanted = ibis.memtable(pa.table({"account_id": pa.array(ids, pa.string())}))
    named = ("accounts", "technographics", "intents")
    given = {name: table for name in named if (table := getattr(tables, name)) is not None}
    return replace(tables, **{name: table.semi_join(wanted, "account_id") for name, table in given.items()})


def values_of(project: "Project", folder: Path, as_of: date, plans: "tuple[Plan, Plan]") -> "pd.DataFrame":
    """A column per name in either plan, one row per account by account_id; text is categorical.

    Raises
    ------
    ConfigurationError
        A plan names a column that accounts lack; it names the line.
    Refusal
        The run kept the columns of its own plan alone.
    """
    kept = _read(folder / VALUES, _names(folder / VALUES, plans))
    if not (lacking := _lacking(folder, plans, kept)):
        return kept
    tables, policy = _tables(project, folder, lacking), _policy(project)
    wide = looking_at(lacking, plans)
    more = plan_values_at(project, tables, wide, [as_of], policy, False).order_by("account_id").to_pandas()
    return kept.assign(**{name: categorical(more[name]) for name in lacking if name in more})


def past_values_of(project: "Project", folder: Path, as_of: date, plans: "tuple[Plan, Plan]") -> "pd.DataFrame | None":
    """account_id, as_of, won and a column per name in either plan; None where the run kept no past rows, or none was won.

    `as_of` is the run's: rows of that date are look-alikes, whose facts are today's.
    """
    import pandas as pd

    if not (folder / PAST).exists():
        return None
    kept = _read(folder / PAST, (*KEYS, *_names(folder / PAST, plans)))
    if not kept["won"].any():
        return None
    if not (lacking := _lacking(folder, plans, kept)):
        return kept
    dates = sorted({pd.Timestamp(each).date() for each in kept["as_of"].unique()})
    tables, policy = _only(_tables(project, folder, lacking), list(kept["account_id"].unique())), _policy(project)
    more = plan_values_at(project, tables, looking_at(lacking, plans), dates, policy, dates != [as_of]).to_pandas()
    more = more.assign(as_of=pd.to_datetime(more["as_of"]))
    joined = kept.assign(as_of=pd.to_datetime(kept["as_of"])).merge(more, "left", ["account_id", "as_of"])
    return joined.assign(**{name: categorical(joined[name]) for name in lacking if name in joined})


def _names(path: Path, plans: "tuple[Plan, Plan]") -> tuple[str, ...]:
    there = set(schema(path).names)
    return tuple(dict.fromkeys(name for plan in plans for name in plan.names if name in there and name not in KEYS))


def _lacking(folder: Path, plans: "tuple[Plan, Plan]", kept: "pd.DataFrame") -> list[str]:
    """Names that the plans look at and that aren't among those kept; an error where the accounts have no such column."""
    names = [name for name in dict.fromkeys(name for plan in plans for name in plan.names) if name not in kept]
    if not names:
        return []
    if not (folder / COLUMNS).exists():
        raise Refusal(
            f"run {folder.name} kept only what its own plan looks at, and the other plan looks at {names[0]} too: "
            "`lastword score` makes a run that keeps all"
        )
    for plan in plans:
        plan.check_columns([*schema(folder / COLUMNS).names, *kept.columns])
    return names


def looking_at(names: list[str], plans: "tuple[Plan, Plan]") -> "Plan":
    """A plan that looks at these names and nothing else."""
    from lastword.bands import Band
    from lastword.plan import Attribute

    probes = tuple(
        Attribute.model_construct(name=name, kind="quantitative", weight=0.0, bands=(Band(points=1),), points={})
        for name in names
    )
    return plans[0].model_copy(update={"attributes": probes, "rules": ()})


def _tables(project: "Project", folder: Path, names: list[str]) -> "Tables":
    """The inputs that the values of these names come from, as the run kept them; nobody has won and nobody is listed in them.

    Of technologies and signals only what the names speak of: an account without it is as one that shows nothing of it.
    """
    import ibis

    from features.build import Tables, complete
    from features.engine import connect
    from lastword.account_inputs import SIGNALS, TECHNOLOGIES
    from lastword.contracts import INPUT_TABLES
    from lastword.plan import ALL_TOPICS, TECHNOLOGY, TOPIC

    engine = connect(project, folder)

    def table(name: str, kind: str) -> Any:
        path = folder / name
        return complete(_kept(engine, path, f"kept_{kind}"), INPUT_TABLES[kind]) if path.exists() else None

    def asked(table: "ibis.Table | None", column: str, prefix: str) -> "ibis.Table | None":
        wanted = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        return None if table is None else table.filter(table[column].isin(wanted))

    signals = table(SIGNALS, "intents")
    nobody = {kind: complete(ibis.memtable({"account_id": ["nobody"]}), INPUT_TABLES[kind]) for kind in ("won", "house_list")}
    return Tables(
        accounts=table(COLUMNS, "accounts"),
        technographics=asked(table(TECHNOLOGIES, "technographics"), "technology", TECHNOLOGY),
        intents=signals if ALL_TOPICS in names else asked(signals, "topic", TOPIC),
        **nobody,
    )


def _kept(engine: "ibis.BaseBackend", path: Path, name: str) -> "ibis.Table":
    """A table of the run, with the rows of the run below it that it doesn't replace."""
    import ibis
    import pyarrow as pa

    from features.engine import read as read_table

    own, below = read_table(engine, path, name), below_of(path)
    if below is None:
        return own
    old = read_table(engine, below, f"{name}_below")
    replaced = ibis.memtable(pa.table({"account_id": replaced_by(path)}))
    return old.anti_join(replaced, "account_id").union(own)


def _policy(project: "Project") -> "IntentPolicy":
    from features.build import IntentPolicy

    return IntentPolicy(project.settings.features.half_life_days, project.settings.features.window_days)


def _read(path: Path, names: tuple[str, ...]) -> "pd.DataFrame":
    """The columns, text as categories: what is compared often is compared once per value."""
    import pyarrow as pa

    listed = list(dict.fromkeys(names))
    kinds = schema(path)
    texts = [name for name in listed if pa.types.is_string(kinds.field(name).type) and name != "account_id"]
    return read(path, listed, categories=texts).to_pandas()


def categorical(column: "pd.Series") -> "pd.Series":
    import pandas as pd

    return column.astype("category") if isinstance(column.dtype, pd.StringDtype) or column.dtype == object else column
