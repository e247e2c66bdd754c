"""What the plan's attributes look at, as of a date: columns of accounts, `technology:NAME`, `intent:TOPIC` and `intent`."""

from collections.abc import Collection, Sequence
from datetime import date

import ibis

from features.build import IntentPolicy, Tables, build_features
from features.catalog import INTENT, technology_feature, topic_feature
from lastword.plan import Plan


def build_plan_values(
    tables: Tables, as_of: date | Sequence[date], plan: Plan, policy: IntentPolicy, unknown_then: Collection[str] = ()
) -> ibis.Table:
    """The values of every attribute and rule of a plan, as of a date, or of several.

    Parameters
    ----------
    tables, as_of, policy
        As for `build_features`.
    plan
        Whose attributes and rules name the columns.
    unknown_then
        Columns of accounts that nobody knew at a past date (what only customers have): null.

    Returns
    -------
    ibis.Table
        One row per account and date: account_id, as_of, then a column per name the plan uses. `technology:NAME` is "yes" or
        "no", intents are decayed sums; both are null where the project gives no such table.
    """
    features = [technology_feature(name) for name in plan.technologies] + [topic_feature(name) for name in plan.topics]
    features += [feature for feature in INTENT if feature.name == "intent" and "intent" in plan.names]
    built = build_features(tables, as_of, features, policy)
    said = {f"technology:{name}": yes_or_no(built[f"technology:{name}"]) for name in plan.technologies}
    accounts = tables.accounts
    columns = [name for name in plan.names if name in accounts.columns and name not in built.columns]
    given = accounts.select("account_id", *columns)
    blank = {name: ibis.null(given[name].type()) for name in columns if name in unknown_then}
    joined = built.mutate(**said).left_join(given.mutate(**blank), "account_id").drop("account_id_right")
    return joined.select("account_id", "as_of", *(name for name in plan.names if name in joined.columns and name != "account_id"))


def yes_or_no(flag: ibis.Value) -> ibis.Value:
    """ "yes" for 1, "no" for 0, null for null."""
    return ibis.cases((flag == 1, "yes"), (flag == 0, "no"))
