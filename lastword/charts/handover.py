"""Pictures of a hand-over: how the grades fall by each opinion, and where the expected value is. For paper: nothing to click."""

from collections.abc import Sequence
from typing import Any

from lastword.charts.portfolio import GRADES, OPINIONS
from lastword.charts.theme import COLOURS, INK, LINE, MUTED, Row, chart_of, finished


def grades_by_opinion(rows: Sequence[Row], title: str, width: int = 300) -> Any:
    """Accounts per grade, a bar per opinion side by side.

    Parameters
    ----------
    rows : records of grade, opinion (plan, model, final) and accounts.
    """
    import altair as alt

    if not rows:
        return None
    grades = [grade for grade in GRADES if any(row["grade"] == grade for row in rows)]
    colours = alt.Scale(domain=list(OPINIONS), range=list(OPINIONS.values()))
    legend = alt.Legend(orient="top", title=None, symbolType="square")
    base = chart_of(rows).encode(
        alt.X("grade:N", sort=grades, title=None, axis=alt.Axis(labelAngle=0, grid=False, ticks=False)),
        alt.XOffset("opinion:N", sort=list(OPINIONS)),
        alt.Y("accounts:Q", title=None, axis=alt.Axis(tickCount=4, gridColor=LINE, domain=False, ticks=False, format="~s")),
    )
    bars = base.mark_bar().encode(alt.Color("opinion:N", scale=colours, legend=legend))
    text = "; ".join(f"{row['grade']} by {row['opinion']}: {row['accounts']:,}" for row in rows)
    return finished(bars, title, f"{text}.", width=width, height=170)


def value_by_region(rows: Sequence[Row], title: str, width: int = 200) -> Any:
    """Expected value per region, a bar each with its figure; None where no region has any.

    Parameters
    ----------
    rows : records of region, expected_value (None where unknown) and said (the figure with its unit), in the order to draw them.
    """
    import altair as alt

    known = [row for row in rows if row["expected_value"] is not None]
    if not known:
        return None
    most = max(row["expected_value"] for row in known)
    base = chart_of(known).encode(
        alt.Y("region:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False, labelLimit=110)),
        alt.X("expected_value:Q", axis=None, scale=alt.Scale(domain=[0, (most or 1) * 1.35])),
    )
    bars = base.mark_bar(height=14, color=COLOURS["model"])
    labels = base.mark_text(align="left", dx=4, color=INK if most else MUTED).encode(alt.Text("said:N"))
    text = "; ".join(f"{row['region']} {row['said']}" for row in known)
    return finished(bars + labels, title, f"{text}.", width=width, height=max(22 * len(known), 60))
