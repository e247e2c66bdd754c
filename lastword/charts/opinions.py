"""Two opinions on the same accounts: where they part, what parts them, and which accounts are worth a look."""

from collections.abc import Sequence
from typing import Any

from lastword.charts.theme import COLOURS, INK, MUTED, Row, chart_of, finished

CAUSES = {
    "plan_ignores": ("the plan ignores it", COLOURS["model"]),
    "weighted_differently": ("weighted differently", COLOURS["blend"]),
    "missing_data": ("missing data", COLOURS["chance"]),
}
MOST_POINTS = 3000
"""Drawn on the map; more would only make the picture larger. The queue is always drawn whole."""


def opinion_map(final: Any, threshold: float, marked: Sequence[str] = (), label: str = "") -> Any:
    """The plan against the model, a dot per account, those under review in colour; on the diagonal both agree.

    Parameters
    ----------
    final : frame of account_id, model_points, disparity, under_review; rows without a disparity are left out.
    threshold : how far apart brings an account under review.
    marked : accounts to name.
    """
    import altair as alt

    known = final.dropna(subset=["disparity", "model_points"])
    if known.empty:
        return None
    agreed, queued = known[~known["under_review"]], known[known["under_review"]]
    step = max(1, -(-len(agreed) // MOST_POINTS))
    x, y = alt.X("plan:Q", title="the plan (as compared)", scale=_points()), alt.Y("model:Q", title="the model", scale=_points())
    quiet = chart_of(_places(agreed.iloc[::step])).mark_circle(size=9, opacity=0.5, color=COLOURS["chance"]).encode(x, y)
    under_review = chart_of(_places(queued)).mark_circle(size=16, opacity=0.8, color=COLOURS["plan"]).encode(x, y)
    lines = [
        chart_of([{"a": max(0, -shift), "b": max(0, shift)}, {"a": min(100, 100 - shift), "b": min(100, 100 + shift)}])
        .mark_line(color=MUTED, strokeDash=dash, strokeWidth=1)
        .encode(alt.X("a:Q", scale=_points()), alt.Y("b:Q", scale=_points()))
        for shift, dash in ((0, [1, 0]), (threshold, [3, 3]), (-threshold, [3, 3]))
    ]
    named = chart_of(_places(known[known["account_id"].isin(list(marked))]))
    names = named.mark_text(align="left", dx=6, fontWeight=600, color=INK).encode(x, y, alt.Text("account:N"))
    rings = named.mark_point(size=70, color=INK, strokeWidth=1.5).encode(x, y)
    said = f"{len(known):,} accounts, {len(queued):,} under review; dashed lines are {threshold:g} points off the diagonal."
    return finished(alt.layer(*lines, quiet, under_review, rings, names), "Where the two opinions part", said, label, height=330)


def gap_by_cause(parts: Any, label: str = "") -> Any:
    """What the gap between model and plan consists of, a bar per account, by cause; right: the model thinks more of it.

    Parameters
    ----------
    parts : frame of account_id, name, cause and gap (points), accounts in the order to draw them.
    """
    import altair as alt

    summed = parts.groupby(["account_id", "name", "cause"], as_index=False, sort=False)["gap"].sum()
    rows: list[Row] = [
        {"account": f"{row.account_id} {row.name}", "cause": CAUSES[row.cause][0], "gap": round(float(row.gap), 2)}
        for row in summed.itertuples(index=False)
    ]
    if not rows:
        return None
    scale = alt.Scale(domain=[name for name, _ in CAUSES.values()], range=[colour for _, colour in CAUSES.values()])
    base = chart_of(rows).encode(
        alt.Y("account:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, labelPadding=6, labelLimit=230))
    )
    bars = base.mark_bar(height=12).encode(
        alt.X("gap:Q", title="points (model minus plan)"),
        alt.Color("cause:N", scale=scale, legend=alt.Legend(orient="top", title=None)),
    )
    zero = chart_of([{"x": 0}]).mark_rule(color=INK).encode(alt.X("x:Q"))
    accounts = list(dict.fromkeys(row["account"] for row in rows))
    said = "; ".join(f"{row['account']}: {row['cause']} {row['gap']:+.0f}" for row in rows)
    return finished(bars + zero, "What the gap consists of", f"{said}.", label, height=20 * len(accounts))


def review_gains(queue: Any, label: str = "") -> Any:
    """How far apart the opinions are against what a look is expected to be worth, a dot per account in the queue.

    Parameters
    ----------
    queue : frame of disparity (points) and review_gain (in the unit of an account's value); rows without either are left out.
    """
    import altair as alt

    known = queue.dropna(subset=["disparity", "review_gain"])
    rows = [
        {"gap": abs(float(gap)), "gain": float(gain)} for gap, gain in zip(known["disparity"], known["review_gain"], strict=True)
    ]
    if not rows:
        return None
    dots = chart_of(rows).mark_circle(size=22, opacity=0.65, color=COLOURS["model"])
    encoded = dots.encode(
        alt.X("gap:Q", title="points apart", scale=alt.Scale(zero=False)),
        alt.Y("gain:Q", title="what a look is worth", axis=alt.Axis(format="~s")),
    )
    together = known["disparity"].abs().rank().corr(known["review_gain"].rank())
    said = f"{len(rows):,} accounts; rank correlation {together:.2f}."
    return finished(encoded, "What a look is worth", said, label)


def _places(frame: Any) -> list[Row]:
    """Where accounts stand on both scales of points: the plan's is the model's minus the disparity."""
    return [
        {"account": account, "plan": round(float(model - gap), 2), "model": round(float(model), 2)}
        for account, model, gap in zip(frame["account_id"], frame["model_points"], frame["disparity"], strict=True)
    ]


def _points() -> Any:
    import altair as alt

    return alt.Scale(domain=[0, 100], nice=False)
