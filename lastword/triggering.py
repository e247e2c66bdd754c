"""Triggers in a run: what it and the publication before kept of accounts is compared, and what stands is written down.

triggers.parquet    what stands: account_id, trigger, said, run_id (of the run in which it fired)
triggers.json       what it was compared with, and of each trigger how often it fired, how many stand, and why it could not fire

A project without [[triggers]] has neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.account_inputs import PRODUCTS, SIGNALS, TECHNOLOGIES
from lastword.reports import write_json
from lastword.run import Run
from lastword.table_files import read, schema
from lastword.trigger_settings import ANY, Trigger

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning.triggers import Ageing, Fired, Known

TRIGGERS, REPORT = "triggers.parquet", "triggers.json"
ACCOUNT_COLUMNS = "account_columns.parquet"
FIRST = "nothing was published before: triggers fire from the next publication on"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Watch:
    """What is compared in a run. `before` is None where there is nothing to compare with, and `why` says so."""

    before: "Known | None"
    now: "Known"
    facts: "pd.DataFrame"
    ageing: "Ageing"
    fired: "Fired"
    compared_with: str | None = None
    why: str = ""

    @property
    def accounts(self) -> set[str]:
        """The accounts whose inputs fired a trigger: they are scored, whatever day their rows are dated on."""
        return set(self.fired.rows["account_id"])


def watch(run: Run, accounts: "pd.DataFrame") -> Watch | None:
    """Compare the inputs with those of the publication before; None without [[triggers]].

    `accounts` are this run's, by account_id: account_status.
    """
    from lastword.planning.triggers import Ageing, fired
    from overrides.publish import current_run

    rules = run.project.settings.triggers
    if not rules:
        return None
    _open_store(run)
    current, policy = current_run(), run.intent_policy()
    now, facts = known(run.folder, run.as_of, rules), _facts(run, accounts, rules)
    ageing = Ageing(policy.half_life_days, policy.window_days)
    if current is None:
        return Watch(None, now, facts, ageing, _nothing(), None, FIRST)
    folder = run.project.run_folder(current.run_id)
    if not (folder / ACCOUNT_COLUMNS).exists():
        why = f"run {current.run_id} kept nothing to compare with: triggers fire from the next publication on"
        return Watch(None, now, facts, ageing, _nothing(), current.run_id, why)
    before = known(folder, current.as_of, rules)
    of_inputs = [rule for rule in rules if rule.grade is None]
    return Watch(before, now, facts, ageing, fired(of_inputs, before, now, facts, ageing), current.run_id)


def known(folder: Path, as_of: date, rules: Sequence[Trigger]) -> "Known":
    """What a run's folder has of what the rules look at."""
    import pyarrow.parquet as pq

    from lastword.planning.triggers import Known

    there = schema(folder / ACCOUNT_COLUMNS).names
    columns = {rule.column for rule in rules if rule.column} | {"parent_account_id" for rule in rules if rule.parent}
    accounts = pq.read_table(folder / ACCOUNT_COLUMNS, columns=["account_id", *sorted(columns & set(there))]).to_pandas()
    topics, technologies, products = ([getattr(rule, name) for rule in rules] for name in ("intent", "technology", "product"))
    return Known(
        as_of,
        accounts.set_index("account_id"),
        _rows(folder / SIGNALS, "topic", topics, ("observed_on", "strength")),
        _rows(folder / TECHNOLOGIES, "technology", technologies),
        _rows(folder / PRODUCTS, "product", products),
    )


def write_triggers(run: Run, scores: "pd.DataFrame", watched: Watch | None) -> "pd.DataFrame":
    """Write triggers.parquet and triggers.json; what puts accounts into the queue.

    Parameters
    ----------
    scores : every account, by account_id: model_grade, policy_grade.

    Returns
    -------
    By account_id, of the accounts with one: trigger, said. Empty without [[triggers]].
    """
    from lastword.planning.triggers import shown, still_standing
    from overrides import trigger_state

    if watched is None:
        return _none()
    new = _with_grades(run, scores, watched)
    rows = new.rows.assign(run_id=run.run_id)
    before = _stood_before(run, watched)
    times = trigger_state.fired_at(before["run_id"].unique()) | {run.run_id: run.now}
    since = min((times.get(run_id, _BEGINNING) for run_id in before["run_id"]), default=run.now)
    names = [rule.name for rule in run.project.settings.triggers]
    handled = trigger_state.handled_at(since, run.now)
    standing = still_standing(before, rows, names, scores.index, handled, times)
    standing.to_parquet(run.folder / TRIGGERS, index=False)
    write_json(run, REPORT, _report(run, watched, new, standing))
    return shown(standing, trigger_state.snoozed_at(run.now), times)


def _with_grades(run: Run, scores: "pd.DataFrame", watched: Watch) -> "Fired":
    """What fired on inputs and on grades."""
    import pandas as pd

    from lastword.planning.triggers import Fired, fired
    from overrides.publish import previous_grades

    rules = [rule for rule in run.project.settings.triggers if rule.grade is not None]
    if watched.before is None or not rules:
        return watched.fired
    then = pd.DataFrame({"model": previous_grades(), "final": previous_grades("policy_grade")})
    today = scores[["model_grade", "policy_grade"]].set_axis(["model", "final"], axis=1)
    before, now = replace(watched.before, grades=then), replace(watched.now, grades=today)
    moved = fired(rules, before, now, watched.facts, watched.ageing)
    return Fired(pd.concat([watched.fired.rows, moved.rows], ignore_index=True), watched.fired.silent | moved.silent)


def _stood_before(run: Run, watched: Watch) -> "pd.DataFrame":
    import pandas as pd

    from lastword.planning.triggers import STANDING

    if watched.compared_with is None:
        return pd.DataFrame(columns=list(STANDING), dtype="str")
    path = run.project.run_folder(watched.compared_with) / TRIGGERS
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame(columns=list(STANDING), dtype="str")


def _report(run: Run, watched: Watch, new: "Fired", standing: "pd.DataFrame") -> dict[str, Any]:
    fired, stand = (rows["trigger"].value_counts() for rows in (new.rows, standing))
    each = [
        {
            "trigger": rule.name,
            "fired": int(fired.get(rule.name, 0)),
            "standing": int(stand.get(rule.name, 0)),
            "note": _note(rule, watched, new),
        }
        for rule in run.project.settings.triggers
    ]
    return {"compared_with": watched.compared_with, "note": watched.why or None, "triggers": each}


def _note(rule: Trigger, watched: Watch, new: "Fired") -> str | None:
    """Why a trigger can't have fired, or what is odd about it."""
    if rule.name in new.silent:
        return f"{new.silent[rule.name]} are missing in this run or the one before, so there is nothing to compare"
    tables = {"intent": watched.now.signals, "technology": watched.now.technologies, "product": watched.now.products}
    rows, name = tables.get(rule.happening), getattr(rule, rule.happening)
    if rows is None or name == ANY:
        return None
    column = "topic" if rule.happening == "intent" else rule.happening
    return None if (rows[column] == name).any() else f'no account has the {column} "{name}" today'


def _facts(run: Run, accounts: "pd.DataFrame", rules: Sequence[Trigger]) -> "pd.DataFrame":
    """What the rules' conditions look at, by account_id."""
    import pyarrow.parquet as pq

    names = {name for rule in rules for name in rule.conditions}
    path = run.folder / ACCOUNT_COLUMNS
    columns = sorted(names & set(schema(path).names) - {"account_id"})
    facts = pq.read_table(path, columns=["account_id", *columns]).to_pandas().set_index("account_id", drop=False)
    if "account_status" in names:
        facts = facts.assign(account_status=accounts["account_status"].reindex(facts.index))
    if "segment" in names:
        facts = facts.assign(segment=_segments(run).reindex(facts.index))
    return facts


def _segments(run: Run) -> "pd.Series":

    from models.scorecard import score_plan

    values = read(run.folder / "plan_values.parquet").to_pandas().set_index("account_id")
    return score_plan(run.project.load_plan(), values).segment


def _rows(path: Path, column: str, wanted: Sequence[str | None], more: tuple[str, ...] = ()) -> "pd.DataFrame | None":
    """account_id, the column and `more`, of the names that are wanted; None where the run kept no such table."""
    import pyarrow.compute as pc

    names = [name for name in wanted if name is not None]
    if not names or not path.exists():
        return None
    chosen = None if ANY in names else pc.field(column).isin(names)
    found: pd.DataFrame = read(path, ["account_id", column, *more], chosen).to_pandas()
    return found


def _open_store(run: Run) -> None:
    from overrides.store import open_store

    open_store(run.project.store_url)


def _nothing() -> "Fired":
    import pandas as pd

    from lastword.planning.triggers import FIRED, Fired

    return Fired(pd.DataFrame(columns=list(FIRED), dtype="str"))


def _none() -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"trigger": [], "said": []}, index=pd.Index([], name="account_id", dtype="str"), dtype="str")
