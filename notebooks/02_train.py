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
# # 2 · Train and compare
#
# A version trained with other parameters, beside the one that serves: same data, same gate, same guard, same record in
# MLflow as `lastword train`. It is asked never to serve, so that the champion stays what it is.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from lastword import charts
from lastword.notebook import explained, project_here, say, shap_values, show

# %matplotlib inline
# %config InlineBackend.figure_formats = ["png"]
pd.set_option("display.max_colwidth", 200)
project = project_here()
champion = project.current()
champion

# %% [markdown]
# ## Three lines
#
# Deeper trees that learn more slowly. Any key of `[model]`, `[model.boosting]`, `[features]` and `[grades]` may change;
# `lastword.toml` stays as it is, and the change is written on the version.

# %%
trained = project.train(boosting={"num_leaves": 16, "max_depth": 5, "learning_rate": 0.05}, promote="never")
trained

# %% [markdown]
# ## Two versions, one table
#
# Look at `test_rows` and `test_wins` first: only figures on the same outcomes compare. Then at the intervals. Where
# they overlap widely, the difference is not yet one.

# %%
compared = trained.compare(champion)
table = compared.pivot(index="metric", columns="version", values="estimate").reindex(compared["metric"].unique())
table.map(lambda figure: f"{figure:,.0f}" if abs(figure) >= 50 else f"{figure:.3f}")

# %%
chance = champion.metrics().query("opinion == 'chance'").set_index("metric")["estimate"]
for metric, title in (("auc", "AUC"), ("lift_at_15", "Lift at 15 %"), ("average_precision", "Average precision")):
    rows = compared[compared["metric"] == metric].to_dict("records")
    records = [{"name": f"version {row['version']}"} | row for row in rows]
    show(charts.intervals(records, title, f"{title}, 95 % (dashes: chance)", chance.get(metric)))

# %%
area = compared[compared["metric"] == "auc"].set_index("version")["estimate"]
difference = area[trained.version] - area[champion.version]
say(
    f"Version {trained.version} is {abs(difference):.3f} {'above' if difference > 0 else 'below'} version {champion.version} "
    "in AUC. "
    "The guard compares the two on the same rows, accounts drawn together, which is sharper than two intervals side by side:"
)

# %% [markdown]
# ## Would it be let in?
#
# The rules of promotion, each with its figure. They are checked whatever was asked for, so that this version could
# still be promoted later: `lastword model promote`, and `lastword model rollback` takes it back.

# %%
trained.checks()

# %%
say(
    f"Not promoted: {trained.refused_because}. "
    + (f"The guard would refuse it: {trained.guard_refuses}." if trained.guard_refuses else "The guard would let it serve.")
)
assert project.current().version == champion.version

# %% [markdown]
# ## Is it honest about its percentages?
#
# Left of the curve is what the model says, up is what happened, on wins that came after everything it learnt from. Dots
# on the diagonal mean that "12 %" is 12 %. Money is computed from these, so this picture matters more than the AUC.

# %%
figures = trained.figures
curves = figures.get("curves", {})
show(charts.calibration(curves.get("calibration")))

# %% [markdown]
# ## What does it find, and how early?
#
# A sales team works from the top. The left of this curve is all that counts.

# %%
show(charts.captured_wins(curves.get("gains")), charts.lift(figures.get("temporal") or figures.get("look_alike")))

# %% [markdown]
# ## Does it hold?
#
# At each date the model is fitted anew on what was known by then. A model that was good once and bad since is a memory.
# The second picture tests one recipe three ways; where random folds look much better than later time, something leaks.

# %%
show(charts.auc_by_landmark(figures.get("rolling")), charts.splits(figures))

# %% [markdown]
# ## Where is it weak?
#
# Regions, industries and sizes, the weakest marked. A wide interval is not a weak part: it has few wins.

# %%
show(charts.slices(figures.get("slices"), figures.get("worst_slice")))
worst = figures.get("worst_slice")
say(worst["said"][0].upper() + worst["said"][1:] + "." if worst else "Too few wins to tell parts apart.")

# %% [markdown]
# ## What does it look at?
#
# SHAP values on the log-odds of a win, exact and additive: an account's dots add up to its score. Each row is a
# feature, each dot an account; red is a high value, right is towards a win. Grey is unknown, or a category.

# %%
import shap

features = project.features()
values = shap_values(champion, features.sample(min(len(features), 800), random_state=1))
shap.plots.beeswarm(values, max_display=16, show=False)
plt.title(f"Version {champion.version}: what moves the score", loc="left")
plt.show()

# %% [markdown]
# And its shape, for the strongest numbers: a line is a rule, a staircase is a threshold the trees found, a cloud is an
# interaction.

# %%
sample, _ = explained(champion, features)
show(charts.importance(sample), charts.dependence(sample))

# %%
strongest = values.abs.mean(0).values.argmax()
partner = shap.utils.approximate_interactions(strongest, values.values, values.data)[0]
shap.plots.scatter(values[:, strongest], color=values[:, partner], xmax="percentile(97)", show=False)
plt.title("The strongest feature, coloured by what it interacts with", loc="left")
plt.show()

# %% [markdown]
# Read this before believing any figure above: a feature that tops this list and that only a customer could have is a
# leak, not a finding.
#
# ## What the leakage gate found
#
# Every column is asked: does it alone predict too well, does it know the date, does it move after a win? `blocked`
# stops a training until somebody waives it in writing; `warned` is for you to judge; `excluded` never reached the
# model.

# %%
leakage = trained.report("leakage.json")
found = [{"verdict": verdict} | each for verdict in ("blocked", "waived", "warned", "excluded") for each in leakage[verdict]]
say(", ".join(f"{len(leakage[verdict])} {verdict}" for verdict in ("blocked", "waived", "warned", "excluded")))
pd.DataFrame(found, columns=["verdict", "column", "rule", "figure", "limit", "advice"])

# %% [markdown]
# **What to do.** If the new version is not clearly better, leave it: every promotion moves accounts between grades, and
# people notice. If it is, `trained.promote(by="your name")`, then `lastword score`. The [next
# notebook](03_disagreements.ipynb) looks at the accounts.
