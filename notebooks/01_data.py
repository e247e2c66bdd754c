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
# # 1 · The data
#
# Before any model: what came in, what was set aside, what winners had in common, and which dates there are to learn
# from. At the end, the mistake that makes most account scores look better than they are, made here on purpose.
#
# Nothing is written to your files, and no picture needs the internet.

# %%
from lastword import charts
from lastword.notebook import project_here, say, show

project = project_here()
settings = project.project.settings
say(f"Project **{settings.name or project.project.folder.name}** in `{project.project.folder}`")

# %% [markdown]
# ## What came in, and what was set aside
#
# Every row is either used, dated after the day we score for, or set aside with its file, line and reason. Nothing
# disappears: the last three columns add up to the first.

# %%
gate = project.gate()
assert (gate["rows_in"] == gate[["rows_used", "rows_not_yet_known", "rows_quarantined"]].sum(axis=1)).all()
gate.set_index("table")

# %%
reasons = project.gate_reasons()
reasons.pivot_table(index=["kind", "reason"], columns="table", values="rows", aggfunc="sum").astype("Int64").astype(
    "str"
).replace("<NA>", "")

# %%
rows_in, aside = int(gate["rows_in"].sum()), int(gate["rows_quarantined"].sum())
cells = int(reasons.loc[reasons["kind"] == "cell left out", "rows"].sum())
say(
    f"{aside:,} of {rows_in:,} rows ({aside / rows_in:.2%}) were set aside and {cells:,} single values were left out. "
    f"The rows are in `{project.project.quarantine_folder}`, each with its line: mend them at the source, or leave them. "
    "A reason with hundreds of rows is a broken export and worth a call."
)

# %% [markdown]
# ## Coverage over time
#
# A model can learn only from a time in which things were recorded. A provider that starts late, a month without signals
# or a flood of wins on one day shows here first.

# %%
past = project.past()
DATED = {
    "intents": "observed_on",
    "technographics": "first_seen",
    "house_list": "listed_on",
    "won": "won_on",
}


def by_month(table, column):
    """Rows per month of one dated input."""
    days = past.tables[table][column].dropna().astype("datetime64[s]")
    counts = days.dt.to_period("M").value_counts().sort_index()
    counts = counts[counts.index >= "2018-01"]
    return [{"what": f"{table} by {column}", "month": f"{month}-01", "rows": int(rows)} for month, rows in counts.items()]


show(charts.history([row for table, column in DATED.items() if table in past.tables for row in by_month(table, column)]))

# %% [markdown]
# What is *not* known matters as much. A value that is missing more often for some kinds of account than for others is
# itself a signal, and sometimes a trap.

# %%
accounts = past.tables["accounts"]
known = accounts.notna().mean().sort_values()
known[known < 1].map("{:.0%}".format).to_frame("known")

# %% [markdown]
# ## Who wins
#
# For every trait: how common it was among accounts that won after the newest landmark, against the house list on the
# same day. Both as of *before* the win. Dots in blue pass a false discovery rate of 10 %; grey ones may be chance,
# however large they look.

# %%
indicators = project.indicators()
show(charts.indicator_lifts(indicators))

# %%
proven = indicators[indicators["significant"]]
say(
    f"{len(indicators):,} traits were tried, **{len(proven):,} stand beyond chance**"
    + (
        f", led by *{proven['indicator'].iloc[0]}* ({proven['lift'].iloc[0]:.1f} times as common among winners). "
        if len(proven)
        else ". "
    )
    + "`eb_lift` draws each lift towards 1, the more the fewer wins it rests on: rank by that, not by the raw lift."
)
indicators.head(10)[["indicator", "wins_with", "house_with", "lift", "lift_low", "lift_high", "eb_lift", "q_value"]].round(3)

# %% [markdown]
# And how well do today's rankings separate them? *Rank lift* says how much more often a grade wins than all accounts
# do, each account graded before its outcome was known. A good ranking falls from left to right; a plan that is flat is
# a list in some order.

# %%
version = project.current()
show(charts.rank_lift(version.figures.get("rank_lift")))

# %% [markdown]
# ## What a model may learn from
#
# Pick a day in the past, a *landmark*. Use only what was known before it. Ask who won in the days after it. Do that for
# many landmarks, and there is a training set in which every row could have been known at the time.
#
# The figures of a version are measured on the orange landmarks, after fitting on the blue ones. Grey ones in between
# are left out: their outcomes reach into the time that is tested. The model that serves is fitted on all of them, once
# it has been measured.

# %%
horizon, window = settings.model.horizon_days, settings.features.window_days
training = past.training
roles = past.roles(horizon)
landmarks = [{"landmark": row.landmark.date(), "role": row.role} for row in roles.itertuples()]
show(charts.landmark_design(landmarks, window, horizon, past.as_of))
roles.groupby("role", sort=False).agg(landmarks=("landmark", "size"), rows=("rows", "sum"), wins=("wins", "sum"))

# %%
again = training.rows.loc[training.rows["won"] == 1, "account_id"]
say(
    f"{len(training.rows):,} rows, but only **{training.winners:,} accounts that won** ({len(again):,} rows say so, "
    f"{len(again) / training.winners:.1f} per winner). That is the number that limits what can be learnt; every "
    "interval in these notebooks draws accounts, not rows."
)

# %% [markdown]
# ## The trap: today's customers against today's prospects
#
# The obvious design takes today's table, calls customers 1 and prospects 0, and cross-validates. The figure is
# splendid, and it answers another question: *who is a customer?*, not *who will become one?* A customer has spend,
# tenure, support tickets, new tools and the signals of somebody who uses the product. All of that comes after the win.
#
# Let us go back to the newest landmark and make that mistake with care: one model, cross-validated, each account scored
# by a fit that has not seen it. Then ask the same scores who won **next**. (The file holds today's spend and tenure. Nobody
# who was a prospect then had any, so we take it away from them: else the future would leak into this test as well.)

# %%
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from models.evaluation import evaluate

then = max(training.landmarks)
prospects = training.rows[training.rows["landmark"] == str(then)].set_index("account_id")
table = project.features(as_of=then).drop(columns="as_of").set_index("account_id")
wins = past.tables["won"]
customers = set(wins.loc[wins["won_on"].astype("datetime64[s]") < np.datetime64(then), "account_id"])
table = table[table.index.isin(customers) | table.index.isin(prospects.index)]
is_customer = table.index.isin(customers).astype(int)
after_win = [feature.name for feature in training.features if feature.known == "after_win" and feature.name in table]
table.loc[is_customer == 0, after_win] = None
say(
    f"As of {then}: {is_customer.sum():,} customers, {(1 - is_customer).sum():,} prospects, "
    f"of whom {prospects['won'].sum():,} won in the {horizon} days after"
)


# %%
def as_of_today_design(columns):
    """The naive model's out-of-fold scores: of being a customer."""
    frame = table[columns]
    text = frame.columns[[not np.issubdtype(kind, np.number) if isinstance(kind, np.dtype) else True for kind in frame.dtypes]]
    frame = frame.astype(dict.fromkeys(text, "category"))
    trees = HistGradientBoostingClassifier(
        max_depth=4, learning_rate=0.05, random_state=settings.seed, categorical_features="from_dtype"
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=settings.seed)
    return cross_val_predict(trees, frame, is_customer, cv=folds, method="predict_proba")[:, 1]


def area(won, score, accounts):
    """AUC with its interval, accounts drawn with replacement."""
    return evaluate(won, score, accounts, is_propensity=False, seed=settings.seed)["auc"].to_json()


later = prospects["won"].reindex(table.index)
at_risk = later.notna().to_numpy()
compared = []
for name, left_out in (("naive", []), ("repaired", after_win)):
    scores = as_of_today_design([column for column in table if column not in left_out])
    compared.append({"name": f"{name}: is a customer", "opinion": "chance"} | area(is_customer, scores, table.index))
    compared.append(
        {"name": f"{name}: wins next", "opinion": "chance"} | area(later[at_risk], scores[at_risk], table.index[at_risk])
    )
origins = version.figures.get("rolling", [])
newest = next((each["model"]["auc"] for each in origins if each["landmark"] == str(then)), None)
if newest:
    compared.append({"name": "landmarks: wins next", "opinion": "model"} | newest)
show(charts.intervals(compared, "The same table, two questions", "AUC (dashes: chance)", chance=0.5))

# %%
said, true = compared[0]["estimate"], compared[1]["estimate"]
without, truly = compared[2]["estimate"], compared[3]["estimate"]
say(
    f"The naive model reports an AUC of **{said:.2f}**. Asked who wins next, the same scores reach **{true:.2f}**. "
    f"Taking out the columns that only customers have ({', '.join(after_win)}) is the usual "
    f"repair: it reports {without:.2f} and reaches {truly:.2f}. "
    + (
        f"The landmark model, measured on the same accounts and the same wins, reaches **{newest['estimate']:.2f}**. "
        if newest
        else ""
    )
    + "The gap between the first two figures is what a slide would have promised and the sales team would have missed."
)

# %% [markdown]
# **What to do.** Trust a score only where it was tested on wins that came later. The [next notebook](02_train.ipynb)
# trains that way.
