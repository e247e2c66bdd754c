"""What the plan's attributes look at, as of a date: columns of accounts, `technology:NAME`, `intent:TOPIC` and `intent`."""

from collections.abc import Collection, Sequence
from datetime import date

import ibis

from features.build import IntentPolicy, Tables, build_features
from features.catalog import INTENT, Feature, technology_feature, topic_feature
from lastword.plan import Plan


def build_plan_values(
    tables: Tables,
    as_of: date | Sequence[date],
    plan: Plan,
    policy: IntentPolicy,
    unknown_then: Collection[str] = (),
    features: ibis.Table | None = None,
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
    features
        What `build_features` gave for the same dates and policy: what the plan looks at in it is not built again.

    Returns
    -------
    ibis.Table
        One row per account and date: account_id, as_of, then a column per name the plan uses. `technology:NAME` is "yes" or
        "no", intents are decayed sums; both are null where the project gives no such table.
    """
    listed = [technology_feature(name) for name in plan.technologies] + [topic_feature(name) for name in plan.topics]
    listed += [feature for feature in INTENT if feature.name == "intent" and "intent" in plan.names]
    built = _built(tables, as_of, listed, policy, features)
    said = {f"technology:{name}": yes_or_no(built[f"technology:{name}"]) for name in plan.technologies}
    accounts = tables.accounts
    columns = [name for name in plan.names if name in accounts.columns and name not in built.columns]
    given = accounts.select("account_id", *columns)
    blank = {name: ibis.null(given[name].type()) for name in columns if name in unknown_then}
    joined = built.mutate(**said).left_join(given.mutate(**blank), "account_id").drop("account_id_right")
    return joined.select("account_id", "as_of", *(name for name in plan.names if name in joined.columns and name != "account_id"))


def _built(
    tables: Tables, as_of: date | Sequence[date], listed: Sequence[Feature], policy: IntentPolicy, known: ibis.Table | None
) -> ibis.Table:
    """account_id, as_of and the features listed, those among the known ones as they are."""
    there = [] if known is None else [feature.name for feature in listed if feature.name in known.columns]
    lacking = [feature for feature in listed if feature.name not in there]
    if known is None or not there:
        return build_features(tables, as_of, lacking, policy)
    reused = known.select("account_id", "as_of", *there)
    return build_features(tables, as_of, lacking, policy).join(reused, ["account_id", "as_of"]) if lacking else reused


def yes_or_no(flag: ibis.Value) -> ibis.Value:
    """ "yes" for 1, "no" for 0, null for null."""
    return ibis.cases((flag == 1, "yes"), (flag == 0, "no"))
