# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 · Back-test and overrides
#
# Two questions that everybody asks once the novelty has worn off. Would the model have been right? And are people, when
# they overrule it, any better than it?

# %%
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from lastword import charts
from lastword.backtest_summary import percent, signed
from lastword.notebook import project_here, say, show

project = project_here()
horizon = project.project.settings.model.horizon_days

# %% [markdown]
# ## Past landmarks, replayed
#
# At each landmark the model is fitted on windows that had ended by then, ranks the accounts at risk on that day, and is
# held to who won afterwards. Plan, blend and final table, with the overrides in force then, rank the same accounts. All
# get the same number of picks: as many as grade A has room for.

# %%
replay = project.backtest()
report = replay.report
show(charts.captures_over_time(report))

# %%
pooled = report["pooled"]
show(
    charts.intervals(
        [{"name": name, "opinion": name, **pooled[name]["capture"]} for name in ("model", "blend", "plan", "final")],
        f"All landmarks together: wins found in the first {percent(report['share'])}",
        "share of the wins, 95 % (dashes: chance)",
        chance=report["share"],
    )
)
say(
    f"In {pooled['rows']:,} rows with {pooled['wins']:,} wins, model minus plan is "
    f"{signed(pooled['differences']['model_minus_plan'])}, counted on the same accounts drawn together. "
    "An interval that includes zero would mean: not proven."
)

# %% [markdown]
# What to keep in mind, before anybody quotes a number:

# %%
say("\n".join(f"- {each}" for each in report["caveats"]))

# %% [markdown]
# ## What overriding was worth: your own ledger
#
# The same back-test asks how many more wins the table found *because* people overruled it. Under 30 decisions there is
# no figure, on purpose: a handful of lucky calls would otherwise become a policy.

# %%
value = report["override_value"]
say(
    f"{value['decisions']:,} overrides were in force at a landmark on accounts at risk. "
    + (f"No figure: {value['said']}." if value["said"] else f"They moved the share of wins found by {signed(value['value'])}.")
)

# %% [markdown]
# ## A rehearsal: two invented colleagues
#
# To see what the section says once a ledger has grown, copy the project and make decisions up. **The copy is in a
# temporary folder; your ledger never hears of it.** Two colleagues decide a week before each landmark, on accounts that
# the model puts into B or C:
#
# - *Ana* knows something. She is told nothing for certain, but accounts that will win catch her eye eight times as
# easily.
# - *Ben* goes by his mood. He draws the same number out of a hat.
#
# Both raise accounts to A. Part of the upgrades is held out at random, as `[overrides] holdout` does: recorded, but not
# applied.

# %%
SHARE_HELD_OUT, EACH = 0.4, 16
random = np.random.default_rng(project.project.settings.seed)
place = tempfile.TemporaryDirectory()
copy = project.rehearsal(Path(place.name) / "rehearsal", overrides={"holdout": SHARE_HELD_OUT})
reason = copy.project.settings.overrides.reasons[0]


def chosen(candidates, ease):
    """Accounts drawn without repetition; winners with `ease` times the chance of others."""
    weights = np.where(candidates["won"] == 1, float(ease), 1.0)
    return random.choice(candidates["account_id"], min(EACH, len(candidates)), replace=False, p=weights / weights.sum())


made = []
for landmark, then in replay.rows.groupby("landmark"):
    at = datetime.combine(landmark.date() - timedelta(days=7), time(9), UTC)
    middle = then[then["model_grade"].isin(["B", "C"])]
    of_ana = chosen(middle, ease=8)
    of_ben = chosen(middle[~middle["account_id"].isin(of_ana)], ease=1)
    for by, accounts in (("ana", of_ana), ("ben", of_ben)):
        actions = [copy.decide(account, "A", reason, by, at, expires_on=at.date() + timedelta(days=30)) for account in accounts]
        made += [{"landmark": landmark.date(), "by": by, "action": action} for action in actions]
pd.DataFrame(made).groupby(["by", "action"]).size().unstack(fill_value=0)

# %% [markdown]
# Now the same back-test on the copy. It knows nothing of how Ana and Ben choose.

# %%
rehearsed = copy.backtest()
tried = rehearsed.report["override_value"]
say(
    f"{tried['decisions']:,} overrides in force at a landmark. "
    + (
        f"No figure: {tried['said']}."
        if tried["said"]
        else f"Together they move the share of wins found by {signed(tried['value'])}."
    )
)
show(
    charts.intervals(
        [
            {"name": f"{each['name']} ({each['decisions']} decisions)", **each["wins_per_100"]}
            for each in tried["groups"]["author"]
            if each["wins_per_100"]
        ],
        "Wins gained per 100 overrides, by author",
        "wins per 100 overrides, 95 % (dashes: no difference)",
        chance=0.0,
    )
)

# %%
groups = pd.DataFrame([{"by": group} | each for group, found in tried["groups"].items() for each in found])
groups.assign(gained=[(each or {}).get("estimate") for each in groups.get("wins_per_100", [])])[
    ["by", "name", "decisions", "gained", "shrunk", "said"]
].round(1)

# %% [markdown]
# `shrunk` draws each author towards what everybody achieves, the more the fewer decisions there are. It is the figure
# to use: a colleague with a dozen decisions and two lucky wins is not yet a prophet, nor is one with a dozen and none a
# fool.
#
# ## Foresight or attention?
#
# There is a trap here too. An account that is raised to A gets called. If it wins, was it foresight or the call? The
# ledger alone can't tell. The held-out upgrades can: they were just as well chosen, and nobody was told.

# %%
holdout = tried["holdout"]
arms = " and ".join(f"{holdout[arm]['decisions']:,} {words}" for arm, words in (("applied", "applied"), ("held_out", "held out")))
if holdout["said"]:
    say(f"{arms.capitalize()}. No figure: {holdout['said']}.")
else:
    show(
        charts.intervals(
            [
                {"name": words, **holdout[arm]["rate"]}
                for arm, words in (("applied", "upgrade applied"), ("held_out", "upgrade held out"))
            ],
            f"Won within {horizon} days of the upgrade",
            "share that won, 95 %",
        )
    )
    covers = holdout["difference"]["low"] <= 0 <= holdout["difference"]["high"]
    say(
        f"{arms.capitalize()}: being upgraded adds {signed(holdout['difference'])}. In this rehearsal nobody was ever "
        f"called, so the true effect is nothing; the interval {'includes' if covers else 'misses'} it"
        + ("." if covers else ", as one in twenty does.")
    )

# %% [markdown]
# ## How many decisions until one knows?
#
# Draw smaller ledgers from this one, and watch the interval. The dashed line is no difference.

# %%
from models.override_value import override_value

OVERRIDE = ["override_grade", "override_reason", "override_by", "entry_id"]
entries = rehearsed.rows["entry_id"].dropna().unique()
ledgers = []
for size in sorted({min(size, len(entries)) for size in (20, 40, 80, len(entries))}):
    kept = random.choice(entries, size, replace=False)
    fewer = rehearsed.rows.copy()
    fewer.loc[~fewer["entry_id"].isin(kept), OVERRIDE] = None
    found = override_value(fewer, report["share"], project.project.settings.seed)
    ledgers.append({"name": f"{size} decisions", "said": found["said"], **(found["wins_per_100"] or {})})
show(
    charts.intervals(
        ledgers, "The same colleagues, a longer ledger", "wins gained per 100 overrides, 95 % (dashes: no difference)", chance=0.0
    )
)
say("\n".join(f"- {each['name']}: {each['said']}" for each in ledgers if each["said"]))

# %%
place.cleanup()

# %% [markdown]
# **What to do.** Set `[overrides] holdout = 0.1` before the first hundred decisions, not after; give every override its
# reason, so that the table by reason means something; and let the policy change only when an interval says so.
