"""The final table: what the policy gives an account, and who had the last word. The override in force wins under every policy."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from lastword.contracts import FINAL_COLUMNS, SCORE_COLUMNS
from models.grades import assign_grades, grade_numbers
from overrides.valid_rows import CURRENT

DATES = ("as_of", "override_expires_on")
TIMES = ("scored_at", "override_at", "queued_since")
FLAGS = ("coverage", "key_account", "under_review")
FLAGS_WITH_UNKNOWN = ("high_value",)
QUEUE_FACTORS = ("review_value", "log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_gain")
"""What the order of the review queue rests on: see contracts.SCORE_COLUMNS."""

NUMBERS = (
    "plan_points",
    "propensity",
    "model_points",
    "grade_confidence",
    "disparity",
    "disparity_rank",
    "disparity_points",
    "disparity_grade",
    *QUEUE_FACTORS,
    "potential_spend",
    "expected_value",
)


def policy_grades(
    scores: pd.DataFrame, settings: Any, plan_percentile: pd.Series | None = None, cuts: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The grade that `[final] policy` gives each account while no override is in force.

    Parameters
    ----------
    scores
        One row per account: plan_grade, model_grade (null where no model serves), model_points (0–100), coverage.
    settings
        `.final.policy` (model, plan, higher, lower, blend) and `.final.blend_weight` (the model's part, 0–1).
    plan_percentile
        0–100, on the index of `scores`; asked for by `blend` alone, as are `cuts`.
    cuts
        The least blended points of the grades A to D, e.g. {"A": 85, "B": 70, "C": 40, "D": 20}; F below.

    Returns
    -------
    DataFrame
        policy_grade (A B C D F; null where the plan excludes the account) and policy_decided_by (model, plan, blend), on
        the index of `scores`. Without a model's grade the plan decides; a tie of higher or lower goes to the model.
    """
    plan, model, policy = scores["plan_grade"], scores["model_grade"], settings.final.policy
    if policy == "blend":
        grade = _blended_grade(scores, settings.final.blend_weight, plan_percentile, cuts)
        decided_by = pd.Series("blend", index=scores.index, dtype="str")
    else:
        model_decides = _model_decides(policy, plan, model)
        grade = model.where(model_decides, plan)
        decided_by = pd.Series(np.where(model_decides, "model", "plan"), index=scores.index, dtype="str")
    no_model, excluded = model.isna(), ~scores["coverage"].astype(bool)
    return pd.DataFrame(
        {
            "policy_grade": grade.mask(no_model, plan).mask(excluded, None).astype("str"),
            "policy_decided_by": decided_by.mask(no_model | excluded, "plan"),
        }
    )


def _model_decides(policy: str, plan: pd.Series, model: pd.Series) -> pd.Series:
    if policy in ("model", "plan"):
        return pd.Series(policy == "model", index=plan.index)
    lead = grade_numbers(model) - grade_numbers(plan)
    return pd.Series(np.isnan(lead) | (lead >= 0 if policy == "higher" else lead <= 0), index=plan.index)


def _blended_grade(
    scores: pd.DataFrame, weight: float, plan_percentile: pd.Series | None, cuts: Mapping[str, float] | None
) -> pd.Series:
    if scores["model_points"].isna().all():
        return scores["plan_grade"]
    if plan_percentile is None or cuts is None:
        raise ValueError("the policy blend needs plan_percentile and cuts")
    return assign_grades(weight * scores["model_points"] + (1 - weight) * plan_percentile, cuts)


def final_table(account_ids: Sequence[str] | None = None, columns: Sequence[str] = FINAL_COLUMNS) -> pd.DataFrame:
    """Read final_scores as it is now: one row per account of the current publication, ordered by account_id.

    Columns are contracts.FINAL_COLUMNS, or those of them that are asked for, account_id among them. Text is text (null where
    not given), numbers float64, flags bool, tier Int64, as_of and override_expires_on datetime64 without a zone (dates),
    scored_at and override_at datetime64 in UTC.
    """
    from overrides.store import reading

    with reading() as cursor:
        return read_final(cursor, account_ids, columns)


def queue_table() -> pd.DataFrame:
    """The final table of the accounts under review now, QUEUE_FACTORS and trigger_said; ordered by account_id."""
    from overrides.store import reading

    further = (*QUEUE_FACTORS, "trigger_said")
    columns = [f"f.{name}" for name in FINAL_COLUMNS] + [f"s.{name}" for name in further]
    query = f"SELECT {', '.join(columns)} FROM final_scores f JOIN lastword_score s ON s.account_id = f.account_id"
    with reading() as cursor:
        cursor.execute(f"{query} WHERE f.under_review AND {CURRENT}")
        frame = typed(pd.DataFrame.from_records(cursor.fetchall(), columns=[*FINAL_COLUMNS, *further]))
    return frame.sort_values("account_id", ignore_index=True)


def read_final(cursor: Any, account_ids: Sequence[str] | None = None, columns: Sequence[str] = FINAL_COLUMNS) -> pd.DataFrame:
    """`final_table` within a transaction that is open already."""
    read = [name for name in FINAL_COLUMNS if name in columns]
    query = f"SELECT {', '.join(read)} FROM final_scores"
    if account_ids is not None:
        query += f" WHERE account_id IN ({', '.join(['%s'] * len(account_ids)) or 'NULL'})"
    cursor.execute(query, list(account_ids or ()))
    frame = typed(pd.DataFrame.from_records(cursor.fetchall(), columns=read))
    return frame.sort_values("account_id", ignore_index=True)


def current_scores() -> pd.DataFrame:
    """The scores of the current publication before anybody's override: contracts.SCORE_COLUMNS; empty before the first."""
    from overrides.store import reading

    with reading() as cursor:
        return _read_scores(cursor, CURRENT, [])


def _read_scores(cursor: Any, condition: str, parameters: Sequence[Any]) -> pd.DataFrame:
    cursor.execute(f"SELECT {', '.join(SCORE_COLUMNS)} FROM lastword_score s WHERE {condition}", parameters)
    frame = typed(pd.DataFrame.from_records(cursor.fetchall(), columns=list(SCORE_COLUMNS)))
    return frame.sort_values("account_id", ignore_index=True)


def final_as_of(instant: datetime) -> pd.DataFrame:
    """The final table as it stood at an instant: the publication current then, and the overrides in force then.

    Raises
    ------
    Refusal
        Nothing had been published by then, or what was current then has been pruned.
    """
    from overrides.final_query import moment_at
    from overrides.ledger import in_force
    from overrides.store import reading

    with reading() as cursor:
        scores = _read_scores(cursor, *moment_at(cursor, instant).valid())
        return with_overrides(scores, in_force(instant))


def with_overrides(scores: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """Join scores with overrides in force (see ledger.in_force): the view final_scores, in pandas, for any moment."""
    table = scores.merge(
        overrides[["grade", "reason", "by", "made_at", "expires_on"]].add_prefix("override_"),
        how="left",
        left_on="account_id",
        right_index=True,
    )
    overridden = table["override_grade"].notna()
    stands = overridden & (table["override_made_at"] <= table["scored_at"])
    queue_reason = table["open_reason"].mask(overridden, table["override_review"].where(stands))
    final_grade = table["policy_grade"].mask(overridden, table["override_grade"])
    table = table.rename(columns={"override_made_at": "override_at"}).assign(
        queue_reason=queue_reason,
        under_review=queue_reason.notna(),
        final_grade=final_grade,
        decided_by=table["policy_decided_by"].mask(overridden, "override"),
        tier=_tier(final_grade, table["high_value"]),
    )
    return typed(table[list(FINAL_COLUMNS)]).sort_values("account_id", ignore_index=True)


def _tier(final_grade: pd.Series, high_value: pd.Series) -> pd.Series:
    good_fit = final_grade.isin(["A", "B"]).astype(int)
    tier = 3 - good_fit - high_value.astype("Int64")
    return tier.mask(final_grade.isna())


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a table of scores in their types, whatever the database or a file gave."""
    return pd.DataFrame({name: _typed(name, column) for name, column in frame.items()}, index=frame.index)


def _typed(name: str, column: pd.Series) -> pd.Series:
    if name in DATES:
        return pd.to_datetime(column).astype("datetime64[us]")
    if name in TIMES:
        return pd.to_datetime(column, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    if name in FLAGS:
        return column.astype(bool)
    if name in FLAGS_WITH_UNKNOWN:
        return column.astype("boolean")
    if name in NUMBERS:
        return column.astype("float64")
    return column.astype("Int64") if name == "tier" else column.astype("str")
