"""One account: what parts its two opinions, and its signals, points and decisions on one axis of time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lastword.charts.theme import COLOURS, INK, LINE, MUTED, Row, chart_of, finished, to_svg

CAUSES = {"plan_ignores": "the plan ignores it", "weighted_differently": "weighed differently", "missing_data": "missing data"}
STRENGTHS = {"the plan ignores it": 1.0, "weighed differently": 0.6, "missing data": 0.3}
TOPIC_COLOURS = ("#3c8c6c", "#8a6fb0", "#a8842c", "#4f93a0", "#a3556d")
REST = "other topics"
MOST_WEEKS = 78
WIDTH = 920


@dataclass(frozen=True)
class Points:
    """What one publication said of the account; None where there is no such opinion."""

    at: datetime
    plan: float | None
    model: float | None


@dataclass(frozen=True)
class Mark:
    """Something that a person did: `said` in a few words, as "A by rita"."""

    at: datetime
    said: str


@dataclass(frozen=True)
class Timeline:
    """Everything on the axis, oldest first. signals: (day, topic, strength)."""

    signals: tuple[tuple[date, str, float], ...]
    points: tuple[Points, ...]
    marks: tuple[Mark, ...]
    as_of: date


@dataclass(frozen=True)
class Week:
    """The signals of a topic in the week that begins on `monday`: how many, and their strengths together."""

    monday: date
    topic: str
    signals: int
    strength: float


def weeks_of(timeline: Timeline, most: int = MOST_WEEKS) -> tuple[Week, ...]:
    """Signals by week and topic, oldest first, of the last `most` weeks before the newest thing on the axis."""
    first = _last_day(timeline) - timedelta(weeks=most)
    counts: Counter[tuple[date, str]] = Counter()
    strengths: dict[tuple[date, str], float] = {}
    for day, topic, strength in timeline.signals:
        if day >= first:
            key = (day - timedelta(days=day.weekday()), topic)
            counts[key] += 1
            strengths[key] = strengths.get(key, 0.0) + strength
    return tuple(Week(monday, topic, counts[monday, topic], strengths[monday, topic]) for monday, topic in sorted(counts))


def draw_timeline(timeline: Timeline) -> str | None:
    """The picture as SVG; None where nothing has happened yet."""
    weeks = weeks_of(timeline)
    if not weeks and not timeline.points:
        return None
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        return to_svg(timeline_chart(timeline, weeks))


def timeline_chart(timeline: Timeline, weeks: Sequence[Week]) -> Any:
    """Points of both opinions above, signals by week and topic below, a rule through both for each decision."""
    import altair as alt

    first, last = _span(timeline, weeks)
    scale = alt.Scale(domain=[_milliseconds(first), _milliseconds(last)])
    panels = [_points_panel(timeline, scale)]
    if weeks:
        panels.append(_signals_panel(timeline, weeks, scale))
    stacked = alt.vconcat(*panels, spacing=14).resolve_scale(color="independent", shape="independent", x="shared")
    return finished(stacked, _timeline_title(timeline, weeks), _timeline_words(timeline, weeks), width=0)


def draw_gap(rows: Sequence[tuple[str, str, float]], disparity: float) -> str | None:
    """What parts the opinions as SVG, from (family, cause of CAUSES, points); None where nothing does."""
    from altair.utils.schemapi import debug_mode

    parts = [row for row in rows if abs(row[2]) >= 0.05]
    if not parts:
        return None
    with debug_mode(False):
        return to_svg(gap_chart(parts, disparity))


def gap_chart(parts: Sequence[tuple[str, str, float]], disparity: float) -> Any:
    """A bar per family, to the right what puts the model higher, to the left the plan; lighter by cause."""
    import altair as alt

    rows = [
        {"family": family, "cause": CAUSES[cause], "points": round(points, 3), "side": "model" if points > 0 else "plan"}
        for family, cause, points in parts
    ]
    present = [cause for cause in STRENGTHS if any(row["cause"] == cause for row in rows)]
    opacity = alt.Scale(domain=present, range=[STRENGTHS[cause] for cause in present])
    colour = alt.Scale(domain=["model", "plan"], range=[COLOURS["model"], COLOURS["plan"]])
    base = chart_of(rows).encode(
        alt.Y(
            "family:N",
            sort=list(dict.fromkeys(str(row["family"]) for row in rows)),
            title=None,
            axis=alt.Axis(grid=False, ticks=False),
        ),
    )
    bars = base.mark_bar(height=14).encode(
        alt.X("points:Q", title="points: plan higher to the left, model higher to the right", axis=alt.Axis(tickCount=6)),
        alt.Color("side:N", scale=colour, legend=None),
        alt.Opacity(
            "cause:N", scale=opacity, legend=alt.Legend(orient="top", title=None, symbolFillColor=MUTED, symbolType="square")
        ),
        alt.Order("cause:N"),
    )
    nothing = chart_of([{"x": 0}]).mark_rule(color=MUTED).encode(alt.X("x:Q"))
    families = len({row["family"] for row in rows})
    said = "; ".join(f"{row['family']}, {row['cause']}: {row['points']:+.1f}" for row in rows)
    return finished(bars + nothing, gap_title(rows, disparity), f"In points: {said}.", width=420, height=26 * families)


def gap_title(rows: Sequence[Row], disparity: float) -> str:
    """The finding: how far apart they are, and the family that does most of it."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["family"]] += row["points"]
    family, most = max(sums.items(), key=lambda item: item[1] if disparity > 0 else -item[1])
    if abs(disparity) < 0.5:
        return "Plan and model agree"
    side = "above" if disparity > 0 else "below"
    return f"The model stands {abs(disparity):.0f} points {side} the plan, most by {family} ({most:+.0f})".replace("-", "−")


def _points_panel(timeline: Timeline, scale: Any) -> Any:
    import altair as alt

    rows = [
        {"at": _milliseconds(each.at), "opinion": name, "points": round(value, 2)}
        for each in timeline.points
        for name, value in (("plan", each.plan), ("model", each.model))
        if value is not None
    ]
    present = [name for name in ("plan", "model") if any(row["opinion"] == name for row in rows)]
    colour = alt.Scale(domain=present, range=[COLOURS[name] for name in present])
    shape = alt.Scale(domain=present, range=["square" if name == "plan" else "circle" for name in present])
    base = chart_of(rows).encode(
        alt.X("at:T", scale=scale, title=None, axis=alt.Axis(labels=False, ticks=False, grid=False, domainColor=LINE)),
        alt.Y("points:Q", title="points", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(values=[0, 50, 100])),
        alt.Color("opinion:N", scale=colour, legend=alt.Legend(orient="right", title="points of each run")),
        alt.Shape("opinion:N", scale=shape, legend=alt.Legend(orient="right", title="points of each run")),
    )
    lines = base.mark_line(strokeWidth=1.5) + base.mark_point(size=45, filled=True, opacity=1)
    marks = _mark_rows(timeline)
    if marks:
        noted = chart_of(marks).encode(alt.X("at:T", scale=scale))
        texts = noted.mark_text(align="right", dx=-4, fontSize=11).encode(alt.Y("height:Q"), alt.Text("said:N"))
        lines = lines + noted.mark_rule(color=INK, strokeDash=[2, 2]) + texts
    return lines.properties(width=WIDTH, height=96)


def _signals_panel(timeline: Timeline, weeks: Sequence[Week], scale: Any) -> Any:
    import altair as alt

    topics = _strongest(weeks)
    rows = [
        {"week": _milliseconds(each.monday), "topic": each.topic if each.topic in topics else REST, "strength": each.strength}
        for each in weeks
    ]
    shown = [*topics, *([REST] if any(row["topic"] == REST for row in rows) else [])]
    colours = [*TOPIC_COLOURS[: len(topics)], *([COLOURS["chance"]] if REST in shown else [])]
    bars = (
        chart_of(rows)
        .mark_bar(width=9)
        .encode(
            alt.X("week:T", scale=scale, title=None, axis=alt.Axis(format="%b %Y", tickCount=10, labelOverlap=True, grid=False)),
            alt.Y("sum(strength):Q", title="strength a week", axis=alt.Axis(tickCount=3)),
            alt.Color(
                "topic:N",
                scale=alt.Scale(domain=shown, range=colours),
                legend=alt.Legend(orient="right", title="signals by topic", labelLimit=170),
            ),
        )
    )
    scored = chart_of([{"at": _milliseconds(timeline.as_of)}]).encode(alt.X("at:T", scale=scale))
    layers = bars + scored.mark_rule(color=MUTED, strokeDash=[1, 3])
    if marks := _mark_rows(timeline):
        layers = layers + chart_of(marks).mark_rule(color=INK, strokeDash=[2, 2]).encode(alt.X("at:T", scale=scale))
    return layers.properties(width=WIDTH, height=110)


def _mark_rows(timeline: Timeline) -> list[Row]:
    """The newest few, at falling heights so that their texts don't meet."""
    return [
        {"at": _milliseconds(mark.at), "said": mark.said, "height": 94 - 16 * (place % 5)}
        for place, mark in enumerate(timeline.marks[-5:])
    ]


def _strongest(weeks: Sequence[Week]) -> list[str]:
    sums: dict[str, float] = {}
    for week in weeks:
        sums[week.topic] = sums.get(week.topic, 0.0) + week.strength
    return [topic for topic, _ in sorted(sums.items(), key=lambda item: (-item[1], item[0]))[: len(TOPIC_COLOURS)]]


def _timeline_title(timeline: Timeline, weeks: Sequence[Week]) -> str:
    if not weeks:
        return "No intent signals; points of each run"
    strongest = _strongest(weeks)[0]
    newest = max(week.monday for week in weeks)
    return f"{sum(week.signals for week in weeks)} signals, most of {strongest}; the newest in the week of {newest:%Y-%m-%d}"


def _timeline_words(timeline: Timeline, weeks: Sequence[Week]) -> str:
    said = [f"{len(timeline.points)} runs"]
    if timeline.points:
        newest = timeline.points[-1]
        opinions = [
            f"{name} {value:.0f}" for name, value in (("plan", newest.plan), ("model", newest.model)) if value is not None
        ]
        said.append(f"the newest gives {', '.join(opinions) or 'no points'}")
    said += [f"{mark.at:%Y-%m-%d} {mark.said}" for mark in timeline.marks]
    return f"{'; '.join(said)}. Dots: the day up to which things were known, {timeline.as_of}."


def _span(timeline: Timeline, weeks: Sequence[Week]) -> tuple[date, date]:
    """A little wider than what is on the axis, and four weeks at least."""
    last = _last_day(timeline)
    days = [*(week.monday for week in weeks), *(each.at.date() for each in timeline.points), timeline.as_of]
    first = max(min(days), last - timedelta(weeks=MOST_WEEKS))
    return min(first, last - timedelta(weeks=4)) - timedelta(days=5), last + timedelta(days=5)


def _last_day(timeline: Timeline) -> date:
    return max([timeline.as_of, *(each.at.date() for each in timeline.points), *(mark.at.date() for mark in timeline.marks)])


def _milliseconds(at: date) -> int:
    """Since 1970 in UTC, so that the picture doesn't depend on where it is drawn."""
    day = at.date() if isinstance(at, datetime) else at
    within = at.hour * 3600 + at.minute * 60 + at.second if isinstance(at, datetime) else 0
    return ((day - date(1970, 1, 1)).days * 86_400 + within) * 1000
