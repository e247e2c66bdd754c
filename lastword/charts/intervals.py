"""Figures with their intervals side by side: versions, groups of decisions, indicators, grades. What chance gives is a line."""

from collections.abc import Mapping, Sequence
from typing import Any

from lastword.charts.theme import COLOURS, INK, MUTED, WIDTH, Row, chart_of, finished, measured, opinion_colour

MOST_INDICATORS = 20
WITH_FINAL = {**COLOURS, "final": INK}


def intervals(rows: Sequence[Row], title: str, axis: str, chance: float | None = None, label: str = "") -> Any:
    """A dot and its interval per row, from the top.

    Parameters
    ----------
    rows : records of name, estimate, low, high; rows without all three are left out. Of `opinion` too where they are to be
        told apart by colour: model, plan, blend, final or chance.
    axis : what is measured.
    chance : what chance gives, drawn as a dashed line; None where there is no such figure.
    """
    import altair as alt

    known = [row for row in rows if measured(row)]
    if not known:
        return None
    colour = _colour(known)
    base = chart_of(known).encode(
        alt.Y("name:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, labelPadding=6, labelLimit=260))
    )
    bars = base.mark_rule(strokeWidth=2).encode(alt.X("low:Q"), alt.X2("high:Q"), color=colour)
    dots = base.mark_circle(size=60, opacity=1).encode(alt.X("estimate:Q", title=axis, scale=alt.Scale(zero=False)), color=colour)
    said = "; ".join(f"{row['name']} {row['estimate']:.3g} ({row['low']:.3g} to {row['high']:.3g})" for row in known)
    return finished(_with_chance(bars + dots, chance), title, f"{axis}: {said}.", label, height=max(24 * len(known), 48))


def indicator_lifts(table: Any, label: str = "", most: int = MOST_INDICATORS, *, width: int = WIDTH) -> Any:
    """How many times as common a trait is among winners as on the house list, on a logarithmic axis; proven ones in colour.

    Parameters
    ----------
    table : frame of indicator, lift, lift_low, lift_high, significant, strongest evidence first; `most` are drawn.
    """
    import altair as alt

    names = ["indicator", "lift", "lift_low", "lift_high", "significant"]
    rows = [dict(zip(names, row, strict=True)) for row in table[names].dropna().head(most).itertuples(index=False)]
    rows = [row | {"significant": bool(row["significant"])} for row in rows]
    if not rows:
        return None
    colour = alt.condition("datum.significant", alt.value(COLOURS["model"]), alt.value(COLOURS["chance"]))
    base = chart_of(rows).encode(
        alt.Y("indicator:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, labelPadding=6, labelLimit=260))
    )
    scale = alt.Scale(type="log", nice=False)
    bars = base.mark_rule(strokeWidth=2).encode(alt.X("lift_low:Q"), alt.X2("lift_high:Q"), color=colour)
    dots = base.mark_circle(size=55, opacity=1).encode(
        alt.X("lift:Q", title="times as common among winners (grey: may be chance)", scale=scale, axis=alt.Axis(tickCount=6)),
        color=colour,
    )
    said = "; ".join(f"{row['indicator']} {row['lift']:.1f}" + ("" if row["significant"] else " (may be chance)") for row in rows)
    return finished(
        _with_chance(bars + dots, 1.0), "What winners had", f"Lift: {said}.", label, width=width, height=17 * len(rows)
    )


def rank_lift(figure: Mapping[str, Any] | None, label: str = "") -> Any:
    """How much more often each grade wins than all accounts, for model and plan, with intervals of 95 %.

    Parameters
    ----------
    figure : metrics.json's `rank_lift`: by opinion, records of grade, rank_lift, rank_lift_low, rank_lift_high.
    """
    import altair as alt

    names = {"estimate": "rank_lift", "low": "rank_lift_low", "high": "rank_lift_high"}
    rows = [
        {"opinion": opinion, "grade": record["grade"], **{key: record[name] for key, name in names.items()}}
        for opinion in ("model", "plan")
        for record in (figure or {}).get(opinion, ())
    ]
    rows = [row for row in rows if measured(row)]
    if not rows:
        return None
    present = list(dict.fromkeys(row["opinion"] for row in rows))
    base = chart_of(rows).encode(
        alt.X("grade:N", title="grade", axis=alt.Axis(labelAngle=0, grid=False, ticks=False)),
        alt.XOffset("opinion:N", sort=present),
        opinion_colour(present),
    )
    bars = base.mark_rule(strokeWidth=1.5).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    dots = base.mark_circle(size=45, opacity=1).encode(alt.Y("estimate:Q", title="times the average rate of wins"))
    line = chart_of([{"y": 1}]).mark_rule(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.Y("y:Q"))
    said = "; ".join(f"{row['opinion']} {row['grade']} {row['estimate']:.2f}" for row in rows)
    return finished(line + bars + dots, "Rank lift", f"Times the average rate of wins: {said}.", label)


def _colour(rows: Sequence[Row]) -> Any:
    import altair as alt

    present = list(dict.fromkeys(row["opinion"] for row in rows if "opinion" in row))
    if not present:
        return alt.value(COLOURS["model"])
    scale = alt.Scale(domain=present, range=[WITH_FINAL[name] for name in present])
    return alt.Color("opinion:N", scale=scale, legend=None)


def _with_chance(chart: Any, chance: float | None) -> Any:
    import altair as alt

    if chance is None:
        return chart
    return chart_of([{"x": chance}]).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(alt.X("x:Q")) + chart
