"""Potential spend and customers: what is spent and what isn't, how spend goes with a metric, what customers ask for."""

from collections.abc import Sequence
from typing import Any

from lastword.charts.theme import COLOURS, INK, LINE, MUTED, Row, chart_of, finished

SPENT, UNSPENT = "spent in the prior year", "potential not spent yet"
MOST_POINTS = 2_000
WIDE_SPREAD = 20.0


def spent_and_open(rows: Sequence[Row], title: str, currency: str, width: int = 960) -> Any:
    """A bar per value: what is spent, and after it what of the potential isn't.

    Parameters
    ----------
    rows : records of value, prior_year_spend, unspent, href (None in all where they lead nowhere) and said, in order.
    """
    import altair as alt

    if not rows:
        return None
    parts = [
        {**row, "part": part, "amount": row[name], "place": place}
        for row in rows
        for place, (part, name) in enumerate(((SPENT, "prior_year_spend"), (UNSPENT, "unspent")))
    ]
    scale = alt.Scale(domain=[SPENT, UNSPENT], range=[MUTED, COLOURS["model"]])
    bars = (
        chart_of(parts)
        .mark_bar(aria=True, height=14)
        .encode(
            alt.Y("value:N", sort=None, title=None, axis=_plain()),
            alt.X("amount:Q", title=f"{currency} a year", axis=alt.Axis(tickCount=5, gridColor=LINE, domain=False, format="~s")),
            alt.Color("part:N", scale=scale, legend=alt.Legend(orient="top", title=None, symbolType="square")),
            alt.Order("place:Q"),
            alt.Description("said:N"),
        )
    )
    bars = bars.encode(alt.Href("href:N")) if rows[0]["href"] else bars
    return finished(bars, title, "The figures are in the table.", width=width, height=24 * len(rows))


def spend_against(points: Sequence[Row], ratio: float | None, metric: str, title: str, currency: str, width: int = 420) -> Any:
    """Every account's spend against the metric, and the line X · metric.

    Axes are logarithmic where the values lie far apart; a metric of 0 isn't drawn then.

    Parameters
    ----------
    points : records of metric and spend, spend above 0.
    ratio : X; None draws no line.
    """
    import altair as alt

    drawn = [row for row in points if row["metric"] > 0]
    spreads = [_spread([row[name] for row in drawn]) for name in ("metric", "spend")] if drawn else [0.0]
    apart = max(spreads) > WIDE_SPREAD
    shown = drawn if apart else list(points)
    if not shown:
        return None
    kind = {"type": "log", "nice": False} if apart else {"zero": True}
    x = alt.X("metric:Q", title=metric, scale=alt.Scale(**kind), axis=_grid(max(row["metric"] for row in shown)))
    y = alt.Y("spend:Q", title=f"spend, {currency} a year", scale=alt.Scale(**kind), axis=_grid(max(r["spend"] for r in shown)))
    dots = chart_of(shown).mark_circle(size=14, opacity=0.45, color=COLOURS["model"], clip=True).encode(x, y)
    layers = [dots]
    if ratio is not None and ratio > 0:
        low, high = (end(row["metric"] for row in shown) for end in (min, max))
        line = [{"metric": each, "spend": each * ratio} for each in ((low, high) if low > 0 else (0.0, high))]
        layers.append(chart_of(line).mark_line(color=COLOURS["plan"], strokeWidth=2, clip=True).encode(x, y))
    said = f"{len(shown):,} active accounts; the line is what each unit of {metric} stands for on average."
    return finished(alt.layer(*layers), title, said, width=width, height=280)


def customers_by_motion(rows: Sequence[Row], title: str, currency: str, width: int = 250) -> Any:
    """Two bars per motion: customers, and their whitespace.

    Parameters
    ----------
    rows : records of value, accounts, whitespace, both as text too (accounts_said, whitespace_said), href, said, in order.
    """
    import altair as alt

    if not rows:
        return None
    y = alt.Y("value:N", sort=None, title=None, axis=_plain())

    def panel(name: str, heading: str) -> Any:
        most = max(row[name] for row in rows) or 1
        scale = alt.Scale(domain=[0, most * 1.25])
        base = chart_of(rows).encode(y, alt.X(f"{name}:Q", title=heading, axis=None, scale=scale))
        bars = base.mark_bar(aria=True, height=18, color=COLOURS["model"]).encode(alt.Href("href:N"), alt.Description("said:N"))
        labels = base.mark_text(align="left", dx=4, color=INK).encode(alt.Text(f"{name}_said:N"))
        heading_of = alt.TitleParams(heading, fontSize=11, fontWeight=400, color=MUTED, anchor="start")
        return (bars + labels).properties(title=heading_of, width=width, height=30 * len(rows))

    panels = panel("accounts", "customers") | panel("whitespace", f"whitespace, {currency} a year")
    return finished(panels, title, "Each bar leads to its customers.", width=0)


def _plain() -> Any:
    import altair as alt

    return alt.Axis(grid=False, ticks=False, domain=False, labelLimit=180)


def _grid(most: float) -> Any:
    """Thousands and millions by their letters; small numbers as they are."""
    import altair as alt

    return alt.Axis(gridColor=LINE, domain=False, tickCount=5, format="~s" if most >= 1000 else "~g")


def _spread(values: Sequence[float]) -> float:
    """How many times as large the value below which 95 % lie is as the one below which 5 % do."""
    ordered = sorted(values)
    low, high = ordered[int(0.05 * (len(ordered) - 1))], ordered[int(0.95 * (len(ordered) - 1))]
    return high / low if low > 0 else 0.0
