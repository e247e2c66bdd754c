"""The tables of a package: accounts, totals of segments, and the figures of its summary. Pure functions on frames."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from lastword.contracts import GRADES

if TYPE_CHECKING:
    import pandas as pd

ACCOUNT_COLUMNS = (
    "account_id",
    "name",
    "parent_account_id",
    "region",
    "sub_region",
    "country",
    "industry",
    "sub_industry",
    "account_status",
    "key_account",
    "final_grade",
    "decided_by",
    "reasons",
    "tier",
    "potential_spend",
    "expected_value",
    "propensity",
    "plan_grade",
    "plan_segment",
    "plan_points",
    "model_grade",
    "model_points",
    "coverage",
    "under_review",
    "override_reason",
    "override_by",
    "override_at",
    "override_expires_on",
    "run_id",
    "model_version",
    "plan_version",
    "as_of",
)
"""Of `accounts`, one row per account."""

SEGMENT_KEY = ("region", "plan_segment", "final_grade", "tier")
SEGMENT_COLUMNS = (*SEGMENT_KEY, "accounts", "key_accounts", "potential_spend", "expected_value")
"""Of `segments`, one row per region × plan_segment × final_grade × tier that occurs."""

NO_GRADE, NOT_GIVEN = "none", "not given"
OPINIONS = {"plan": "plan_grade", "model": "model_grade", "final": "final_grade"}


@dataclass(frozen=True)
class Origin:
    """What a package was made of: the published run, the newest entry of the ledger that shows in it, and the project."""

    project: str
    currency: str
    run_id: str
    published_at: datetime
    as_of: date
    model_name: str | None
    model_version: str | None
    plan_version: str
    policy: str
    ledger_entry: int | None


def accounts_table(final: "pd.DataFrame", plan_grades: "pd.Series", parents: "pd.Series", reasons: "pd.Series") -> "pd.DataFrame":
    """The accounts as they are handed over: ACCOUNT_COLUMNS, in the order of `final`.

    Parameters
    ----------
    final : rows of the final table, overrides in force included.
    plan_grades, parents : text by account_id; null or absent where there is none.
    reasons : one sentence per account, on the index of `final`.
    """
    table = final.assign(
        plan_grade=final["account_id"].map(plan_grades).astype("str"),
        parent_account_id=final["account_id"].map(parents).astype("str"),
        reasons=reasons,
    )
    return table[list(ACCOUNT_COLUMNS)]


def segments_table(accounts: "pd.DataFrame") -> "pd.DataFrame":
    """Totals: SEGMENT_COLUMNS, each account in exactly one row, so that rows may be added up in any way.

    A key is null where it isn't given or isn't there. The sums of money are null where no account of the row has any.
    """
    groups = accounts.groupby(list(SEGMENT_KEY), dropna=False, sort=True)
    money = groups[["potential_spend", "expected_value"]].sum(min_count=1)
    counts = groups["key_account"].agg(accounts="size", key_accounts="sum").astype("int64")
    return counts.join(money).reset_index()[list(SEGMENT_COLUMNS)]


def by_grade(accounts: "pd.DataFrame") -> "pd.DataFrame":
    """One row per grade A to F and `none`: accounts by plan, model and final, and the money of the final grade."""
    import pandas as pd

    grades = [*GRADES, NO_GRADE]
    counts = {opinion: accounts[column].fillna(NO_GRADE).value_counts() for opinion, column in OPINIONS.items()}
    table = pd.DataFrame({opinion: count.reindex(grades, fill_value=0).astype("int64") for opinion, count in counts.items()})
    money = accounts.groupby(accounts["final_grade"].fillna(NO_GRADE))[["potential_spend", "expected_value"]].sum(min_count=1)
    table = table.join(money.reindex(grades))
    table = table[(table[list(OPINIONS)].sum(axis=1) > 0) | (table.index != NO_GRADE)]
    return table.rename_axis("grade").reset_index()


def by_region(accounts: "pd.DataFrame", most: int = 12) -> "pd.DataFrame":
    """One row per region, the largest expected value first: accounts, those of final A and B, money.

    Beyond `most` regions the smallest are one row, "n other regions".
    """
    region = accounts["region"].fillna(NOT_GIVEN)
    groups = accounts.assign(good=accounts["final_grade"].isin(["A", "B"])).groupby(region)
    table = groups.agg(accounts=("account_id", "size"), good=("good", "sum"), key_accounts=("key_account", "sum"))
    table = table.join(groups[["potential_spend", "expected_value"]].sum(min_count=1)).rename_axis("region").reset_index()
    table = table.sort_values(["expected_value", "accounts", "region"], ascending=[False, False, True], ignore_index=True)
    return table if len(table) <= most else _with_the_rest_as_one(table, most - 1)


def totals(accounts: "pd.DataFrame") -> dict[str, Any]:
    """Figures of all accounts: how many, key accounts, overridden, and the money (None where nothing is known of it)."""
    money = accounts[["potential_spend", "expected_value"]].sum(min_count=1)
    return {
        "accounts": len(accounts),
        "key_accounts": int(accounts["key_account"].sum()),
        "overridden": int((accounts["decided_by"] == "override").sum()),
        **{name: None if value != value else float(value) for name, value in money.items()},
    }


def _with_the_rest_as_one(table: "pd.DataFrame", kept: int) -> "pd.DataFrame":
    import pandas as pd

    rest = table.iloc[kept:]
    one = rest.drop(columns="region").sum(min_count=1).to_frame().T.assign(region=f"{len(rest)} other regions")
    return pd.concat([table.head(kept), one], ignore_index=True).astype(table.dtypes.to_dict())
