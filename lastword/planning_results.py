"""What planners ask of the current publication: tiers, two lists side by side, customers, capacity. Tables, nothing printed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError, InputError, Refusal
from lastword.results import final_scores, grade_of_segment
from lastword.table_files import read, schema

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning.capacity import Churn
    from lastword.planning.list_agreement import ListAgreement
    from lastword.project import Project

OPINIONS = ("plan", "model", "final")
TIER_COLUMNS = (
    "account_id",
    "name",
    "region",
    "industry",
    "account_status",
    "final_grade",
    "tier",
    "quadrant",
    "intent",
    "potential_spend",
    "expected_value",
    "pareto",
    "pareto_score",
    "territory",
    "watched",
)


CLASS_COLUMNS = (
    "account_id",
    "name",
    "region",
    "sales",
    "profile",
    "pareto",
    "pareto_score",
    "territory",
    "watched",
)
_TIERED = (
    "account_id",
    "name",
    "region",
    "industry",
    "account_status",
    "final_grade",
    "tier",
    "model_points",
    "plan_points",
    "potential_spend",
    "expected_value",
)
_STAFFED = ("account_id", "name", "region", "tier", "plan_segment", "final_grade", "expected_value")


@dataclass(frozen=True)
class Tiers:
    """accounts: TIER_COLUMNS, tier by tier and within a tier by intent; quadrants and territories: see planning."""

    accounts: "pd.DataFrame"
    quadrants: "pd.DataFrame"
    territories: "pd.DataFrame"


def tiers(project: "Project") -> Tiers:
    """Tiers, quadrants and A/B/C of the current publication, overrides included. A/B/C of customers alone: of others null."""
    from lastword.planning.pareto import pareto, territories
    from lastword.planning.quadrants import quadrant, quadrant_table

    final = final_scores(project, _TIERED)
    sold = _sold(project, final)
    listed = final.assign(quadrant=quadrant(final), intent=_intent(project, final)).join(pareto(sold))
    order = ["tier", "intent", "expected_value", "account_id"]
    listed = listed.sort_values(order, ascending=[True, False, False, True], na_position="last", ignore_index=True)
    return Tiers(listed[list(TIER_COLUMNS)], quadrant_table(final), territories(sold))


def classes(project: "Project") -> "tuple[pd.DataFrame, pd.DataFrame]":
    """A/B/C of the customers of the current publication, and their territories (see planning.pareto).

    Customers: CLASS_COLUMNS, territory by territory and within one by class and score; the watched ones last.
    """
    from lastword.planning.pareto import pareto, territories

    sold = _sold(project, final_scores(project, _TIERED))
    listed = sold.join(pareto(sold))
    order = ["region", "watched", "pareto", "pareto_score", "account_id"]
    listed = listed.sort_values(order, ascending=[True, True, True, False, True], na_position="last", ignore_index=True)
    return listed[list(CLASS_COLUMNS)], territories(sold)


def _sold(project: "Project", final: "pd.DataFrame") -> "pd.DataFrame":
    """The customers with sales, profile and in_year, as planning.pareto takes them."""
    customers = _of_run(project, "customers").set_index("account_id").reindex(final["account_id"]).set_index(final.index)
    known = final.assign(
        sales=customers["prior_year_spend"],
        profile=final["model_points"].fillna(final["plan_points"]),
        in_year=customers["stage"] == "new in the year",
    )
    return known[known["account_status"] == "customer"]


def lists_compared(project: "Project", first: str, second: str) -> "ListAgreement":
    """Compare two lists: plan, model or final, or a .csv or .xlsx with account_id and grade."""
    from lastword.planning.list_agreement import compare_lists

    return compare_lists(grades_of(project, first), grades_of(project, second))


def customers(project: "Project") -> "pd.DataFrame":
    """customers.parquet of the current run, the customers alone, with name, industry and region; the most whitespace first."""
    final = final_scores(project)[["account_id", "name", "region", "industry"]]
    found = _of_run(project, "customers")
    rows = final.merge(found[found["account_status"] == "customer"], on="account_id").drop(columns="account_status")
    return rows.sort_values(["whitespace", "account_id"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True)
class Staffing:
    """roles: see planning.capacity; churn against the publication before, None where there is none or its table is gone."""

    roles: "pd.DataFrame"
    churn: "Churn | None"
    unassigned: int


def staffing(project: "Project") -> Staffing:
    """Sellers needed against sellers there are, and how many tiers changed against the publication before.

    Raises
    ------
    ConfigurationError
        [capacity] names a region or segment that no account has; it names the line.
    """
    from lastword.planning.capacity import capacity, role_of_each, tier_churn

    settings, final = project.settings.capacity, staffed(project)
    check_capacity(project, final)
    before = tiers_before(project)
    now = final.set_index("account_id")["tier"]
    churn = None if before is None else tier_churn(before, now, settings.churn_budget)
    covered = final[final["final_grade"].notna()]
    left = int((role_of_each(covered, settings.roles) < 0).sum())
    return Staffing(capacity(final, settings.roles), churn, left)


def staffed(project: "Project") -> "pd.DataFrame":
    """What planning.capacity takes of the final table, and the names: one row per account."""
    return final_scores(project, _STAFFED)


def check_capacity(project: "Project", final: "pd.DataFrame") -> None:
    """Refuse a [capacity] with a region or segment that no account has: ConfigurationError, naming the line."""
    from lastword.mistakes import unknown_choice

    regions = sorted(final["region"].dropna().unique()) or ["no region"]
    segments = list(grade_of_segment(project))
    for index, role in enumerate(project.settings.capacity.roles):
        for place, segment in enumerate(role.segments):
            if segment not in segments:
                at = ("capacity", "roles", index, "segments", place)
                raise project.mistake(at, f"segment {unknown_choice(segment, segments)}")
        for region in role.sellers:
            if region not in [*regions, "no region"]:
                raise project.mistake(
                    ("capacity", "roles", index, "sellers", region), f"region {unknown_choice(region, regions)}"
                )


def tiers_before(project: "Project") -> "pd.Series | None":
    """The tiers of the publication before the current one, by account_id; None where there is none, or its table is gone."""
    import pandas as pd

    from overrides.publications import publications

    published = publications(limit=2)
    path = project.run_folder(published[1].run_id) / "final_scores.parquet" if len(published) > 1 else None
    if path is None or not path.is_file():
        return None
    return pd.read_parquet(path, columns=["account_id", "tier"]).set_index("account_id")["tier"]


def grades_of(project: "Project", source: str) -> "pd.Series":
    """The grades of one list by account_id: plan, model or final, or a .csv or .xlsx with account_id and grade."""
    if source in OPINIONS:
        final = final_scores(project, ("account_id", "plan_segment", "model_grade", "final_grade")).set_index("account_id")
        if source == "plan":
            return final["plan_segment"].map(grade_of_segment(project))
        return final[f"{source}_grade"]
    return _grades_of_file(Path(source))


def _grades_of_file(path: Path) -> "pd.Series":
    from overrides.spreadsheet import read_table

    if not path.is_file():
        raise ConfigurationError(f"{path} is no file; give {', '.join(OPINIONS)}, or a .csv or .xlsx with account_id and grade")
    return grades_of_table(read_table(path), path)


def grades_of_table(table: "pd.DataFrame", path: Path) -> "pd.Series":
    """The grades of a list that was read as text (see overrides.spreadsheet.read_table), by account_id; `path` names it.

    Raises
    ------
    InputError
        A column is missing, a grade is none, or an account is there twice.
    """
    from lastword.contracts import GRADES

    if not {"account_id", "grade"} <= set(table.columns):
        raise InputError(f"{path} lacks a column: a list of grades needs account_id and grade; it has {', '.join(table.columns)}")
    grades = table.assign(grade=table["grade"].astype("str").str.strip().str.upper())
    grades = grades[grades["grade"].notna() & (grades["grade"] != "")]
    odd = grades[~grades["grade"].isin(GRADES)]
    if len(odd):
        first = odd.iloc[0]
        raise InputError(
            f"{path}: {first['grade']!r} of account {first['account_id']!r} is no grade; give one of {', '.join(GRADES)}"
        )
    twice = grades["account_id"].duplicated()
    if twice.any():
        raise InputError(f"{path}: account {grades.loc[twice, 'account_id'].iloc[0]!r} is there twice; keep one of its rows")
    return grades.set_index("account_id")["grade"]


def _intent(project: "Project", final: "pd.DataFrame") -> "pd.Series":
    """The decayed sum of an account's signals as the run had it; null where it had none."""
    import pandas as pd

    path = _current_folder(project) / "features.parquet"
    if not path.exists() or "intent" not in schema(path).names:
        return pd.Series(float("nan"), final.index)
    intent = read(path, ["account_id", "intent"]).to_pandas().set_index("account_id")["intent"]
    return final["account_id"].map(intent)


def _of_run(project: "Project", name: str) -> "pd.DataFrame":
    import pandas as pd

    path = _current_folder(project) / f"{name}.parquet"
    if not path.exists():
        raise Refusal(f"the current run of {project.folder} has no {name}.parquet: run `lastword score` first")
    return pd.read_parquet(path)


def _current_folder(project: "Project") -> Path:
    from overrides.publish import current_run

    current = current_run()
    assert current is not None  # final_scores refuses before
    return project.run_folder(current.run_id)
