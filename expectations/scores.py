"""What is expected of the features and of the final table."""

from collections.abc import Sequence

import ibis
import pandas as pd

from expectations.suites import Expectation, Suite, between, filled, one_of, unique
from lastword.contracts import FINAL_COLUMNS, GRADES

FEATURES = "features"
FINAL = "final_scores"

ON_IDS = (filled("account_id"), unique("account_id"))
ID_EXPECTATIONS = len(ON_IDS)
"""So many of the features' expectations come first and are about ids."""


def features_suites(features: ibis.Table) -> list[Suite]:
    """The suites of the features table (one row per account: account_id, then a column per feature).

    A wide table is checked by a profile with a row per feature, which the engine computes: of the accounts only the ids are read.
    """
    return [
        Suite(FEATURES, features.select("account_id").to_pandas(), ON_IDS),
        Suite(
            FEATURES,
            feature_profile(features.drop("account_id")),
            [
                _renamed("no feature has an infinite value", between("infinite", None, 0)),
                _renamed("at least 80% of the features are known for some account", between("known", 1, None, mostly=0.8)),
                _renamed("at least half of the features tell accounts apart", between("differs", 1, None, mostly=0.5)),
            ],
        ),
    ]


def feature_profile(features: ibis.Table) -> pd.DataFrame:
    """A row per feature: how many accounts it is known for, how many of its values are infinite, and whether they differ (1)."""
    figures: dict[str, ibis.Value] = {}
    for at, name in enumerate(features.columns):
        values = features[name]
        nulls = values.type().is_null()  # no engine has a least null
        figures |= {
            f"known {at}": ibis.literal(0) if nulls else values.count(),
            f"infinite {at}": values.isinf().sum().fill_null(0) if values.type().is_floating() else ibis.literal(0),
            f"differs {at}": ibis.literal(False) if nulls else (values.min() < values.max()).fill_null(False),
        }
    found = features.aggregate(rows=features.count(), **figures).to_pyarrow().to_pylist()[0]
    columns = {
        kind: [int(found[f"{kind} {at}"]) for at in range(len(features.columns))] for kind in ("known", "infinite", "differs")
    }
    return pd.DataFrame({"feature": features.columns, **columns})


def final_suite(final: pd.DataFrame) -> Suite:
    """The suite of the final table, which is not published unless all of it holds."""
    columns = Expectation(
        "it has the contract's columns and no other",
        "ExpectTableColumnsToMatchSet",
        {"column_set": list(FINAL_COLUMNS), "exact_match": True},
    )
    rows = Expectation("it has accounts", "ExpectTableRowCountToBeBetween", {"min_value": 1})
    present = [one for one in _on_columns() if one.arguments["column"] in final.columns]
    covered = [_grade_where_covered()] if {"coverage", "final_grade"} <= set(final.columns) else []
    return Suite(FINAL, final, [columns, rows, *present, *covered])


def _on_columns() -> Sequence[Expectation]:
    return (
        filled("account_id"),
        unique("account_id"),
        filled("name"),
        filled("plan_points"),
        between("plan_points", 0, 100),
        filled("plan_segment"),
        between("propensity", 0, 1),
        between("model_points", 0, 100),
        between("disparity", -100, 100),
        between("grade_confidence", 0, 1),
        one_of("model_grade", GRADES),
        one_of("final_grade", GRADES),
        filled("decided_by"),
        one_of("decided_by", ("override", "model", "plan", "blend")),
        filled("account_status"),
        one_of("account_status", ("prospect", "customer", "other")),
        filled("coverage"),
        filled("under_review"),
        filled("key_account"),
        between("potential_spend", 0, None),
        filled("run_id"),
        filled("plan_version"),
        filled("as_of"),
        filled("scored_at"),
    )


def _grade_where_covered() -> Expectation:
    """Only an account that the plan excludes may be without a grade."""
    return Expectation(
        "final_grade is given wherever the plan covers the account",
        "ExpectColumnValuesToNotBeNull",
        {"column": "final_grade", "row_condition": "coverage == True", "condition_parser": "pandas"},
    )


def _renamed(name: str, expectation: Expectation) -> Expectation:
    return Expectation(name, expectation.kind, expectation.arguments)
