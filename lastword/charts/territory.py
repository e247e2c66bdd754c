"""What planners take from the scores: fit and value, sales by account, sellers. Charts whose marks lead to the accounts."""

import json
from collections.abc import Sequence
from typing import Any

from lastword.charts.theme import COLOURS, INK, LINE, MUTED, PERCENT, Row, chart_of, finished

FITTING = ("F", "D", "C", "B", "A")
"""Grades from the left: fit rises to the right, as value does upwards."""

_STRONG, _WEAK = COLOURS["model"], COLOURS["chance"]
_QUADRANTS = {
    "fit and value": (_STRONG, 0.9),
    "fit alone": (_STRONG, 0.45),
    "value alone": (_STRONG, 0.45),
    "neither": (_WEAK, 0.55),
}
_LARGEST_BUBBLE = 1500


def quadrant_map(cells: Sequence[Row], edges: Sequence[str], border: float, corners: Sequence[Row], title: str) -> Any:
    """Grade against potential spend, a bubble per cell, its area the accounts in it; None without cells.

    Parameters
    ----------
    cells : records of final_grade, band (number from 0), quadrant, accounts, href and said.
    edges : what to write at the borders of the bands, one more than there are bands.
    border : the place among the edges where value begins.
    corners : records of final_grade ("F" or "A" side), top (whether the upper one) and said: what to write in each quadrant.
    """
    import altair as alt

    if not cells:
        return None
    bands = len(edges) - 1
    rows = [
        {
            **cell,
            "x": FITTING.index(cell["final_grade"]) + 0.5,
            "y": cell["band"] + 0.5,
            "strength": _QUADRANTS[cell["quadrant"]][1],
        }
        for cell in cells
    ]
    x = alt.X(
        "x:Q",
        title="fit: final grade",
        scale=alt.Scale(domain=[0, len(FITTING)], nice=False),
        axis=_named(FITTING, [place + 0.5 for place in range(len(FITTING))], 0.5),
    )
    y = alt.Y(
        "y:Q",
        title="value: potential spend",
        scale=alt.Scale(domain=[-0.7, bands + 0.7], nice=False),
        axis=_named(edges, list(range(bands + 1)), 0),
    )
    colours = alt.Scale(domain=list(_QUADRANTS), range=[colour for colour, _ in _QUADRANTS.values()])
    most = max(row["accounts"] for row in rows)
    bubbles = (
        chart_of(rows)
        .mark_circle(aria=True)
        .encode(
            x,
            y,
            alt.Size("accounts:Q", scale=alt.Scale(domain=[0, most], range=[0, _LARGEST_BUBBLE]), legend=None),
            alt.Color("quadrant:N", scale=colours, legend=None),
            alt.Opacity("strength:Q", scale=None),
            alt.Href("href:N"),
            alt.Description("said:N"),
        )
    )
    lines = chart_of([{"x": 3}]).mark_rule(color=MUTED).encode(x="x:Q") + chart_of([{"y": border}]).mark_rule(color=MUTED).encode(
        y="y:Q"
    )
    return finished(
        lines + bubbles + _corners(corners, bands), title, "Each bubble leads to its accounts.", width=500, height=360
    )


def sales_curve(rows: Sequence[Row], chosen: str, title: str) -> Any:
    """The share of sales against the share of accounts that hold it, a line per territory; None without rows.

    Parameters
    ----------
    rows : records of region, share_of_accounts and share_of_sales (0–1).
    chosen : the region to draw in colour; the others stay in the background.
    """
    import altair as alt

    if not rows:
        return None
    shares = alt.Axis(labelExpr=PERCENT, tickCount=5, gridColor=LINE)
    x = alt.X("share_of_accounts:Q", title="accounts, the largest first", axis=shares, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("share_of_sales:Q", title="share of the sales", axis=shares, scale=alt.Scale(domain=[0, 1]))
    others = [row for row in rows if row["region"] != chosen]
    layers = [
        chart_of([{"at": 0.15}, {"at": 0.35}]).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(alt.X("at:Q")),
        chart_of([{"at": 0.075, "said": "A"}, {"at": 0.25, "said": "B"}, {"at": 0.675, "said": "C"}])
        .mark_text(color=MUTED, baseline="bottom", fontWeight=600)
        .encode(alt.X("at:Q"), alt.Text("said:N"), y=alt.value(398)),
    ]
    if others:
        layers.append(
            chart_of(others).mark_line(color=COLOURS["chance"], strokeWidth=1, opacity=0.7).encode(x, y, alt.Detail("region:N"))
        )
    here = chart_of([row for row in rows if row["region"] == chosen])
    marked = chart_of([row for row in rows if row["region"] == chosen and row["share_of_accounts"] in (0.15, 0.2, 0.35)])
    layers.append(here.mark_line(color=COLOURS["model"], strokeWidth=2.5).encode(x, y))
    points = marked.mark_point(filled=True, size=45, color=COLOURS["model"]).encode(x, y)
    labels = (
        marked.transform_calculate(
            said="round(100 * datum.share_of_sales) + ' % by the first ' + round(100 * datum.share_of_accounts) + ' %'"
        )
        .mark_text(align="left", dx=8, dy=8, color=INK)
        .encode(x, y, alt.Text("said:N"))
    )
    said = f"{chosen} in colour" + (", the other territories behind it." if others else ".")
    return finished(alt.layer(*layers, points, labels), title, said, width=480, height=400)


def seller_bars(rows: Sequence[Row], title: str, measure: str, width: int = 420) -> Any:
    """A bar per region and role: sellers missing to the right, too many to the left; None without rows.

    Parameters
    ----------
    rows : records of region, role, amount, label (what stands at the bar), href and said, in the order to draw them.
    measure : what an amount is, for the axis.
    """
    import altair as alt

    if not rows:
        return None
    named = [{**row, "bar": f"{row['region']} · {row['role']}", "missing": row["amount"] > 0} for row in rows]
    least, most = min(0.0, *(row["amount"] for row in named)), max(0.0, *(row["amount"] for row in named))
    room = 0.18 * ((most - least) or 1)
    y = alt.Y(
        "bar:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False, labelPadding=8, labelLimit=240)
    )
    x = alt.X(
        "amount:Q",
        title=measure,
        scale=alt.Scale(domain=[least - (room if least else 0), most + (room if most else 0) or 1], nice=False),
        axis=alt.Axis(tickMinStep=1, tickCount=6, gridColor=LINE, domain=False, ticks=False),
    )
    colour = alt.Scale(domain=[True, False], range=[COLOURS["plan"], COLOURS["model"]])
    bars = (
        chart_of(named)
        .mark_bar(height=14, aria=True)
        .encode(x, y, alt.Color("missing:N", scale=colour, legend=None), alt.Href("href:N"), alt.Description("said:N"))
    )
    over, under = (chart_of([row for row in named if row["missing"] == missing]) for missing in (True, False))
    labels = [
        over.mark_text(align="left", dx=4, color=INK).encode(x, y, alt.Text("label:N")),
        under.mark_text(align="right", dx=-4, color=INK).encode(x, y, alt.Text("label:N")),
    ]
    zero = chart_of([{"at": 0}]).mark_rule(color=INK).encode(alt.X("at:Q"))
    said = "; ".join(row["said"] for row in rows[:12])
    return finished(alt.layer(bars, *labels, zero), title, f"{said}.", width=width, height=26 * len(named))


def _named(names: Sequence[str], places: Sequence[float], shift: float) -> Any:
    """An axis of numbers with a name at each place."""
    import altair as alt

    return alt.Axis(
        values=list(places),
        labelExpr=f"{json.dumps(list(names))}[datum.value - {shift}]",
        grid=False,
        ticks=not shift,
        domain=not shift,
        labelPadding=6,
    )


def _corners(corners: Sequence[Row], bands: int) -> Any:
    """What is in each quadrant, above its bubbles or below them."""
    import altair as alt

    rows = [
        {"x": 4 if each["final_grade"] == "A" else 1.5, "y": bands + 0.65 if each["top"] else 0.0, "said": each["said"]}
        for each in corners
    ]
    text = chart_of(rows).mark_text(baseline="top", dy=3, fontWeight=600, color=INK)
    return text.encode(alt.X("x:Q"), alt.Y("y:Q"), alt.Text("said:N"))
