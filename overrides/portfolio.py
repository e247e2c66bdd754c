"""What the accounts amount to by plan, by model and in the end: arithmetic on `final_pages.cross_table`."""

from typing import Literal

import pandas as pd

from lastword.contracts import GRADES

type Opinion = Literal["plan", "model", "final"]
type Measure = Literal["accounts", "share", "total_points", "average_points", "potential_spend"]

OPINIONS: dict[Opinion, str] = {"plan": "plan_grade", "model": "model_grade", "final": "final_grade"}
"""Each opinion and the column of its grades."""

POINTS: dict[Opinion, str] = {"plan": "plan_points", "model": "model_points"}
"""The points of each opinion; the final grade has none of its own."""

OF_POINTS = ("total_points", "average_points")
NO_GRADE = "none"
NOT_GIVEN = "not given"
DECIDERS = ("override", "model", "plan", "blend")


def accounts_per_grade(cross: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many accounts each opinion puts into each grade: A to F and `none` -> {"plan": n, "model": n, "final": n}."""
    counts = {opinion: _by_grade(cross, column)["accounts"] for opinion, column in OPINIONS.items()}
    return {grade: {name: int(count.get(grade, 0)) for name, count in counts.items()} for grade in (*GRADES, NO_GRADE)}


def confusion(cross: pd.DataFrame) -> pd.DataFrame:
    """Accounts by plan_grade (rows) and model_grade (columns), A to F and `none`."""
    names = [*GRADES, NO_GRADE]
    given = cross.assign(**{column: cross[column].fillna(NO_GRADE) for column in ("plan_grade", "model_grade")})
    table = given.pivot_table(index="plan_grade", columns="model_grade", values="accounts", aggfunc="sum", observed=True)
    return table.reindex(index=names, columns=names).fillna(0).astype("int64")


def decided_by(cross: pd.DataFrame) -> dict[str, int]:
    """Accounts by who had the last word; those that nobody has are left out."""
    counts = cross.groupby("decided_by")["accounts"].sum()
    return {name: int(counts[name]) for name in DECIDERS if counts.get(name, 0)}


def accounts_per_segment(cross: pd.DataFrame) -> dict[str, int]:
    """Accounts by plan_segment; those that a rule of the plan excludes have none and are left out."""
    return {str(name): int(count) for name, count in cross.groupby("plan_segment")["accounts"].sum().items()}


def measured(cross: pd.DataFrame, attribute: str, measure: Measure) -> pd.DataFrame:
    """Each opinion's grades by value of an attribute.

    Parameters
    ----------
    cross : with a column `attribute`, null where the value isn't given.
    measure
        accounts; share of the value's accounts (0–1); total_points and average_points, the plan's of its grades and the model's
        of its own (the final grade has no points and no rows); potential_spend, in the project's currency.

    Returns
    -------
    One row per value (NOT_GIVEN last, else by its number of accounts), opinion and grade (A to F and none): accounts, and
    `amount`, the measure; null where no account says anything of it.
    """
    given = cross.assign(value=cross[attribute].fillna(NOT_GIVEN).astype(str))
    opinions = POINTS if measure in OF_POINTS else OPINIONS
    parts = [_of_opinion(given, opinion, measure) for opinion in opinions]
    table = pd.concat(parts, ignore_index=True)
    place = {value: place for place, value in enumerate(sizes(cross, attribute))}
    return table.sort_values("value", key=lambda values: values.map(place), kind="stable", ignore_index=True)


def sizes(cross: pd.DataFrame, attribute: str) -> dict[str, int]:
    """Accounts by value of the attribute, in the order of `measured`."""
    counts = cross.groupby(cross[attribute].fillna(NOT_GIVEN).astype(str))["accounts"].sum()
    order = sorted(counts.index, key=lambda value: (value == NOT_GIVEN, -counts[value], value))
    return {value: int(counts[value]) for value in order}


def _of_opinion(given: pd.DataFrame, opinion: Opinion, measure: Measure) -> pd.DataFrame:
    """Grain: value × grade, all grades for every value."""
    summed = POINTS[opinion] if measure in OF_POINTS else "potential_spend"
    graded = given.assign(grade=given[OPINIONS[opinion]].fillna(NO_GRADE))
    full = pd.MultiIndex.from_product([given["value"].unique(), [*GRADES, NO_GRADE]], names=["value", "grade"])
    table = graded.groupby(["value", "grade"])[["accounts", summed]].sum(min_count=1).reindex(full)
    accounts = table["accounts"].fillna(0).astype("int64")
    found = pd.DataFrame({"accounts": accounts, "amount": _amount(measure, accounts, table[summed]), "opinion": opinion})
    return found.reset_index()


def _amount(measure: Measure, accounts: pd.Series, total: pd.Series) -> pd.Series:
    if measure == "accounts":
        return accounts.astype(float)
    if measure == "share":
        return accounts / accounts.groupby(level="value").transform("sum")
    return total / accounts if measure == "average_points" else total


def _by_grade(cross: pd.DataFrame, column: str) -> pd.DataFrame:
    return cross.groupby(cross[column].fillna(NO_GRADE))[["accounts"]].sum()
