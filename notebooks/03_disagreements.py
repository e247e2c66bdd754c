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
# # 3 · Where the two opinions part
#
# The plan says one thing, the model another. Where they agree there is nothing to do. This notebook is about the rest:
# which accounts, why, which of them are worth ten minutes of a person's time, and what the plan itself could learn.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from lastword import charts
from lastword.notebook import project_here, say, shap_of_reasons, show

# %matplotlib inline
# %config InlineBackend.figure_formats = ["png"]
pd.set_option("display.max_colwidth", 200)
project = project_here()
policy = project.project.settings.disparity
final = project.final()
queue = project.queue()
served = bool(final["model_points"].notna().any())
say(
    f"{len(final):,} accounts, {int(final['under_review'].sum()):,} of them under review."
    if served
    else "**No model serves here: there is one opinion, and nothing to compare.** `lastword run` says why."
)

# %% [markdown]
# ## The map
#
# Each dot is an account. Left to right: what the plan thinks of it. Upwards: what the model thinks. On the diagonal
# they agree. Orange dots are under review: top left, accounts that the plan would have let lie; bottom right, accounts
# that it would have chased. Orange dots inside the dashed lines were drawn at random, as an audit: somebody should also
# look where nobody complains.

# %%
show(charts.opinion_map(final, policy.threshold, marked=list(queue["account_id"].head(1))))

# %%
parted = queue[queue["disparity"].abs() >= policy.threshold]
above = int((parted["disparity"] > 0).sum())
say(
    f"{len(parted):,} accounts are {policy.threshold:g} points or more apart: the model thinks **more** of {above:,} and "
    f"**less** of {len(parted) - above:,}. {len(queue) - len(parted):,} others are an audit, or old overrides."
)
queue.head(8)[["account_id", "name", "plan_segment", "model_grade", "disparity", "review_gain", "why"]].round(1)

# %% [markdown]
# ## Why they part
#
# Every gap is split into three: what the plan has no attribute for, what both use but weigh differently, and what is
# simply not known. The parts add up to the gap exactly. The third kind is not a disagreement: fill in the value, and
# look again.

# %%
from models.gap import gap_parts

reasons = project.reasons()
parts = gap_parts(reasons).merge(final[["account_id", "name", "disparity"]], on="account_id")
top = list(queue["account_id"].head(12))
drawn = parts[parts["account_id"].isin(top)]
show(
    charts.gap_by_cause(
        drawn.sort_values("account_id", key=lambda column: column.map({each: k for k, each in enumerate(top)}), kind="stable")
    )
)

# %% [markdown]
# Over the whole queue, which attributes part the two? This is the plan's homework: an attribute high on this list is
# either one that the plan should have, or one that it has and weighs wrongly.

# %%
own = parts[parts["account_id"].isin(queue["account_id"]) & ~parts["attribute"].str.startswith("(")]
by_attribute = (
    own.assign(points=own["gap"].abs())
    .groupby(["attribute", "cause"], as_index=False)
    .agg(points=("points", "sum"), mean=("gap", "mean"), accounts=("account_id", "nunique"))
    .sort_values("points", ascending=False)
)
by_attribute.assign(points=lambda frame: frame["points"] / max(len(queue), 1)).rename(
    columns={"points": "points per account"}
).head(12).round(1)

# %% [markdown]
# ## One account, both sides
#
# The first in the queue. The two waterfalls have one scale, points from 0 to 100, and each adds up to the number at its
# top. Read the plan's first; then find, in the model's, the bars that the plan has no row for.

# %%
import shap

if len(queue):
    account = queue["account_id"].iloc[0]
    one = project.reasons(account)
    found = project.explain(account)
    say(f"### {account} · {found.account['name']}\n\n" + "\n\n".join(found.sentences))
    for source in ("plan", "model"):
        shap.plots.waterfall(shap_of_reasons(one, source), max_display=11, show=False)
        plt.title(f"The {source}, in points", loc="left")
        plt.show()

# %% [markdown]
# A person who knows this account now has something to say. If the model is missing a fact, override it and give the
# reason; if the plan is, change the plan; if a value is wrong, mend the data. Only the first is a job for the ledger.
#
# ## Which are worth a look
#
# A wide gap is not the same as a look worth taking. What counts is whether an answer could change the grade, how unsure
# the model is, and what a win would bring. The queue is in that order: what a look is *worth*. An account far apart but
# far from any grade's edge comes late, because nothing you find would change what is done.

# %%
show(charts.review_gains(queue))

# %%
known = queue.dropna(subset=["review_gain"]).reset_index(drop=True)
if len(known):
    widest = known.sort_values("disparity", key=abs, ascending=False).head(20)
    first = known.sort_values("review_gain", ascending=False).head(20)
    shared, whole = len(set(widest["account_id"]) & set(first["account_id"])), known["review_gain"].sum()
    say(
        f"The {len(first)} accounts most worth a look hold **{first['review_gain'].sum() / whole:.0%} of all there is to "
        f"gain** in a queue of {len(known):,}; the {len(widest)} widest gaps hold {widest['review_gain'].sum() / whole:.0%}. "
        f"{shared} accounts are in both lists. Work from the top and stop when time is up."
    )

# %% [markdown]
# ## What the plan could learn
#
# The plan is kept by people and stays theirs. But each change to it can be tried on past wins: a new attribute, another
# weight, other bands. Only changes that help on wins they were *not* chosen on, beyond chance, are listed.

# %%
recommended = project.recommendations()
changes = recommended.get("changes", [])
say(f"{len(changes)} of {recommended.get('tried', 0)} changes tried make the plan rank later wins better, beyond chance.")
show(
    charts.intervals(
        [{"name": f"{each['kind']}: {each['attribute']}", **each["effect"]["capture_gain"]} for each in changes],
        "What each change alone would add",
        "share of the wins in the first 15 %, change",
        chance=0.0,
    )
)

# %%
for each in changes:
    say(f"```toml\n# {each['kind']}: {each['attribute']}\n{each['toml'].strip()}\n```")
together = recommended.get("together")
if together:
    before, after = (together["effect"][f"capture_{when}"]["estimate"] for when in ("before", "after"))
    say(
        f"With these changes and every weight set anew, the plan's first 15 % would hold **{after:.0%}** of the wins instead of "
        f"{before:.0%}. The whole text for `plan.toml` is in `recommended['together']['toml']`."
    )

# %% [markdown]
# **What to do.** Decide on the first ten of the queue, and bring the homework to whoever keeps the plan. Whether the
# decisions were any good is the question of the [last notebook](04_backtest.ipynb).
