"""How many accounts each opinion puts where, and what the plan weighs: charts whose bars lead to the accounts."""

from collections.abc import Sequence
from typing import Any

from lastword.charts.theme import COLOURS, INK, LINE, MUTED, Row, chart_of, finished

OPINIONS = {"plan": COLOURS["plan"], "model": COLOURS["model"], "final": INK}
"""Plan left, model right, final last, here as everywhere."""

GRADES = ("A", "B", "C", "D", "F", "none")

_SHORT = "datum.accounts < 1000 ? format(datum.accounts, ',') : format(datum.accounts, '.2~s')"
"""As wide as a bar; the table under the chart has every number whole."""


def accounts_by_opinion(rows: Sequence[Row], title: str, width: int = 560) -> Any:
    """Accounts per grade, a bar per opinion side by side.

    Parameters
    ----------
    rows : records of grade, opinion, accounts, href (where a click leads) and said (what the bar says).
    title : the finding.
    """
    import altair as alt

    if not rows:
        return None
    grades = [grade for grade in GRADES if any(row["grade"] == grade for row in rows)]
    base = chart_of(rows).encode(
        alt.X("grade:N", sort=grades, title=None, axis=_plain_axis()), alt.XOffset("opinion:N", sort=list(OPINIONS))
    )
    y = alt.Y("accounts:Q", title="accounts", axis=_quiet_axis())
    bars = base.mark_bar(aria=True).encode(y, _colour(rows), alt.Href("href:N"), alt.Description("said:N"))
    counts = base.transform_calculate(short=_SHORT).mark_text(dy=-5, fontSize=9, color=MUTED).encode(y, alt.Text("short:N"))
    return finished(bars + counts, title, "Each bar leads to its accounts.", width=width, height=220)


def multiples(rows: Sequence[Row], title: str, measure: str, form: str, columns: int = 4, width: int = 262) -> Any:
    """One panel per value of an attribute, a bar per grade and opinion, on one scale.

    Parameters
    ----------
    rows : records of value, grade, opinion, amount, href (None in all where they lead nowhere) and said, values in the order
        to draw them.
    measure : what an amount is, for the axis.
    form : its format (d3).
    """
    import altair as alt

    known = [row for row in rows if row["amount"] is not None]
    if not known:
        return None
    values = list(dict.fromkeys(row["value"] for row in known))
    grades = [grade for grade in GRADES if any(row["grade"] == grade for row in known)]
    bars = (
        chart_of(known)
        .mark_bar(aria=True)
        .encode(
            alt.X("grade:N", sort=grades, title=None, axis=_plain_axis()),
            alt.XOffset("opinion:N", sort=list(OPINIONS)),
            alt.Y("amount:Q", title=None, axis=_quiet_axis(form)),
            _colour(known, offset=14),
            alt.Description("said:N"),
        )
    )
    bars = bars.encode(alt.Href("href:N")) if known[0]["href"] else bars
    facet = alt.Facet(
        "value:N", sort=values, title=None, header=alt.Header(labelAnchor="start", labelPadding=4, labelLimit=width)
    )
    panels = bars.properties(width=width, height=110).facet(facet, columns=columns, spacing={"row": 12, "column": 20})
    said = f"{measure} by grade, a panel for each of {len(values)} values; the figures are in the table."
    return finished(panels, title, said, width=0)


def attribute_weights(rows: Sequence[Row], title: str, width: int = 300) -> Any:
    """What the plan weighs, a bar per attribute.

    Parameters
    ----------
    rows : records of attribute, weight, share (0–1), the heaviest first.
    """
    import altair as alt

    if not rows:
        return None
    said = [{**row, "label": f"weight {row['weight']:g} · {row['share']:.0%}".replace("%", " %")} for row in rows]
    base = chart_of(said).encode(
        alt.Y("attribute:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False, labelLimit=180)),
        alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, max(row["share"] for row in rows) * 1.5])),
    )
    bars = base.mark_bar(height=12, color=COLOURS["plan"])
    labels = base.mark_text(align="left", dx=4, color=INK).encode(alt.Text("label:N"))
    text = "; ".join(f"{row['attribute']} {row['label']}" for row in said)
    return finished(bars + labels, title, f"{text}.", width=width, height=22 * len(rows))


def _colour(rows: Sequence[Row], offset: int = 4) -> Any:
    import altair as alt

    shown = [name for name in OPINIONS if any(row["opinion"] == name for row in rows)]
    scale = alt.Scale(domain=shown, range=[OPINIONS[name] for name in shown])
    return alt.Color("opinion:N", scale=scale, legend=alt.Legend(orient="top", title=None, symbolType="square", offset=offset))


def _plain_axis() -> Any:
    import altair as alt

    return alt.Axis(labelAngle=0, grid=False, ticks=False)


def _quiet_axis(form: str = "~s") -> Any:
    import altair as alt

    return alt.Axis(tickCount=4, gridColor=LINE, domain=False, ticks=False, format=form)
