"""Time: what came in when, which dates a model learns from, and how each opinion did at past dates."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from lastword.charts.theme import COLOURS, INK, Row, chart_of, finished, measured

ROLES = {"learnt from": COLOURS["model"], "left out": COLOURS["chance"], "tested on": COLOURS["plan"]}


def history(counts: Sequence[Row], label: str = "") -> Any:
    """Rows per month of each dated input, one small panel each on its own scale.

    Parameters
    ----------
    counts : records of what, month (YYYY-MM-DD) and rows, in the order of the panels.
    """
    import altair as alt

    rows = list(counts)
    if not rows:
        return None
    panels, names = [], list(dict.fromkeys(row["what"] for row in rows))
    for name in names:
        x = alt.X("month:T", title=None, axis=alt.Axis(format="%Y", tickCount="year", grid=False))
        y = alt.Y("rows:Q", title=None, axis=alt.Axis(tickCount=2))
        area = chart_of([row for row in rows if row["what"] == name]).mark_area(color=COLOURS["model"], opacity=0.75).encode(x, y)
        heading = alt.TitleParams(name, fontSize=11, fontWeight=600, offset=2)
        panels.append(area.properties(width=420, height=48, title=heading))
    stacked = alt.vconcat(*panels, spacing=6).resolve_scale(x="shared")
    return finished(stacked, "Rows by month", f"Of {', '.join(names)}.", label, width=0)


def landmark_design(landmarks: Sequence[Row], window_days: int, horizon_days: int, as_of: date, label: str = "") -> Any:
    """A line per landmark: what was known before it, the day itself, and the days in which a win counts.

    Parameters
    ----------
    landmarks : records of landmark (a date) and role (a key of ROLES).
    window_days : how far back signals are looked at.
    """
    import altair as alt

    rows = [
        {
            "landmark": str(each["landmark"]),
            "day": f"{each['landmark']:%d %b %Y}",
            "role": each["role"],
            "from": str(each["landmark"] - timedelta(days=window_days)),
            "to": str(each["landmark"] + timedelta(days=horizon_days)),
        }
        for each in sorted(landmarks, key=lambda each: each["landmark"])
    ]
    if not rows:
        return None
    roles = [role for role in ROLES if any(row["role"] == role for row in rows)]
    scale = alt.Scale(domain=roles, range=[ROLES[role] for role in roles])
    colour = alt.Color("role:N", scale=scale, legend=alt.Legend(orient="top", title=None))
    axis = alt.Axis(format="%b %Y", tickCount=8, labelAngle=0, labelOverlap=True)
    base = chart_of(rows).encode(
        alt.Y("day:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, labelFontSize=9, labelPadding=6))
    )
    before = base.mark_bar(height=3, color=COLOURS["chance"], opacity=0.35).encode(
        alt.X("from:T", axis=axis, title=None), alt.X2("landmark:T")
    )
    after = base.mark_bar(height=6, opacity=0.85).encode(alt.X("landmark:T"), alt.X2("to:T"), color=colour)
    days = base.mark_tick(color=INK, thickness=2, height=9).encode(alt.X("landmark:T"))
    today = chart_of([{"today": str(as_of)}]).mark_rule(color=INK, strokeDash=[2, 3]).encode(alt.X("today:T"))
    said = f"{len(rows)} landmarks from {rows[0]['landmark']} to {rows[-1]['landmark']}, today {as_of}."
    text = "thin: signals seen · tick: the landmark · thick: a win counts · dashes: today"
    return finished(
        before + after + days + today,
        "What is learnt from, and what it is tested on",
        said,
        label or text,
        width=460,
        height=13 * len(rows),
    )


def captures_over_time(report: Mapping[str, Any], label: str = "") -> Any:
    """Share of the wins that each opinion found in its first k at every landmark of a back-test, with intervals of 95 %.

    Parameters
    ----------
    report : backtest.json: landmarks with plan, model, blend, final → capture, and share, which chance finds.
    """
    import altair as alt

    opinions = ["model", "plan", "blend", "final"]
    rows = [
        {"landmark": each["landmark"], "opinion": name, **each[name]["capture"]}
        for each in report["landmarks"]
        for name in opinions
        if measured(each[name]["capture"])
    ]
    if not rows:
        return None
    dates = list(dict.fromkeys(row["landmark"] for row in rows))
    scale = alt.Scale(domain=opinions, range=[COLOURS["model"], COLOURS["plan"], COLOURS["blend"], INK])
    base = chart_of(rows).encode(
        alt.X("landmark:O", sort=dates, title="as of", axis=alt.Axis(labelAngle=0 if len(dates) <= 5 else -40, grid=False)),
        alt.XOffset("opinion:N", sort=opinions),
        alt.Color("opinion:N", scale=scale, legend=alt.Legend(orient="top", title=None)),
    )
    percent = alt.Axis(format="%", tickCount=5)
    bars = base.mark_rule(strokeWidth=1.5).encode(alt.Y("low:Q", axis=percent), alt.Y2("high:Q"))
    dots = base.mark_circle(size=45, opacity=1).encode(alt.Y("estimate:Q", title="share of the wins found", axis=percent))
    chance = chart_of([{"y": report["share"]}]).mark_rule(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.Y("y:Q"))
    said = "; ".join(f"{row['landmark']} {row['opinion']} {row['estimate']:.0%}" for row in rows)
    title = f"Wins found in the first {report['share']:.0%} at past landmarks"
    return finished(chance + bars + dots, title, f"{said}.", label, width=440)
