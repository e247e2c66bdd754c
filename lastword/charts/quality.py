"""How good a ranking and its percentages are, grade by grade and bin by bin; and whether the data still look the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from lastword.charts.theme import (
    COLOURS,
    INK,
    LINE,
    MUTED,
    OPINIONS,
    PERCENT,
    Row,
    chart_of,
    finished,
    is_number,
    measured,
    opinion_colour,
    opinion_dash,
)

SHARES = (1, 5, 10, 15, 35)
MOST_POINTS = 100
"""A curve is drawn by so many points; more would only make the picture larger."""
MOST_DRIFTING = 15


def calibration(bins: Sequence[Row] | None, label: str = "") -> Any:
    """Bins of propensity against the share that won, with Wilson intervals; a calibrated model lies on the diagonal.

    Parameters
    ----------
    bins : records of propensity, observed, low, high (0–1) and rows.
    """
    import altair as alt

    rows = [each for each in bins or () if is_number(each.get("propensity")) and is_number(each.get("observed"))]
    if not rows:
        return None
    most = max(max(each["propensity"], each["observed"], each.get("high") or 0) for each in rows) * 1.04 or 1
    scale = alt.Scale(domain=[0, min(most, 1)], nice=False)
    x = alt.X("propensity:Q", scale=scale, title="what the model says", axis=_percent_axis())
    diagonal = chart_of([{"a": 0, "b": 0}, {"a": min(most, 1), "b": min(most, 1)}])
    line = diagonal.mark_line(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.X("a:Q"), alt.Y("b:Q"))
    base = chart_of(rows).encode(x)
    bars = base.mark_rule(color=COLOURS["model"], strokeWidth=1.5).encode(alt.Y("low:Q", scale=scale), alt.Y2("high:Q"))
    y = alt.Y("observed:Q", scale=scale, title="what happened", axis=_percent_axis())
    dots = base.mark_circle(color=COLOURS["model"], size=45, opacity=1).encode(y)
    said = "; ".join(f"said {each['propensity']:.1%}, happened {each['observed']:.1%}" for each in rows)
    return finished(
        line + bars + dots, "Calibration: said against happened", f"Share that won by bin of propensity: {said}.", label
    )


def captured_wins(gains: Mapping[str, Sequence[Sequence[float]]] | None, label: str = "") -> Any:
    """Share of the wins among the best-ranked share of the accounts, for model, plan, blend and chance.

    Parameters
    ----------
    gains : by opinion, pairs (share of accounts, share of wins captured), 0–1.
    """
    import altair as alt

    curves = {name: _thinned(points) for name, points in (gains or {}).items() if points}
    if not curves:
        return None
    curves["chance"] = [(0.0, 0.0), (1.0, 1.0)]
    rows = [{"opinion": name, "share": share, "captured": won} for name, points in curves.items() for share, won in points]
    encoded = chart_of(rows).encode(
        alt.X("share:Q", title="share of accounts, best first", axis=_percent_axis(), scale=alt.Scale(domain=[0, 1])),
        alt.Y("captured:Q", title="share of the wins found", axis=_percent_axis(), scale=alt.Scale(domain=[0, 1])),
        opinion_colour(list(curves)),
        opinion_dash(list(curves)),
    )
    said = "; ".join(f"{name} {_captured_at(points, 0.15):.0%}" for name, points in curves.items())
    return finished(encoded.mark_line(strokeWidth=2), "Wins found", f"Among the first 15 % of the accounts: {said}.", label)


def lift(figures: Mapping[str, Any] | None, label: str = "") -> Any:
    """How many times as many wins as by chance lie among the first 1, 5, 10, 15 and 35 %, with intervals.

    Parameters
    ----------
    figures : by opinion, lift_at_K as {estimate, low, high}.
    """
    import altair as alt

    opinions = [name for name in OPINIONS if name != "chance"]
    rows = [
        {"opinion": name, "share": f"{percent} %", **(figures or {}).get(name, {})[f"lift_at_{percent}"]}
        for name in opinions
        for percent in SHARES
        if measured((figures or {}).get(name, {}).get(f"lift_at_{percent}"))
    ]
    if not rows:
        return None
    present = [name for name in opinions if any(row["opinion"] == name for row in rows)]
    base = chart_of(rows).encode(
        alt.X("share:N", sort=[f"{percent} %" for percent in SHARES], title="first share of the accounts", axis=_flat_axis()),
        alt.XOffset("opinion:N", sort=present),
        opinion_colour(present),
    )
    bars = base.mark_rule(strokeWidth=1.5).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(
        alt.Y("estimate:Q", title="times chance"), _opinion_shape(present)
    )
    chance = chart_of([{"y": 1}]).mark_rule(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.Y("y:Q"))
    said = "; ".join(f"{row['opinion']} {row['share']}: {row['estimate']:.1f}" for row in rows)
    return finished(chance + bars + dots, "Lift with 95 % intervals", f"Times chance (1): {said}.", label)


def grade_rates(grades: Sequence[Row] | None, label: str = "") -> Any:
    """Share that won in each grade with its Wilson interval, beside what the model expected; labelled observed ÷ expected.

    Parameters
    ----------
    grades : records of grade, accounts, wins, rate, rate_low, rate_high, expected, observed_over_expected.
    """
    import altair as alt

    known = [row for row in grades or () if row.get("accounts") and is_number(row.get("rate"))]
    if not known:
        return None
    rows = [row | {"expected_rate": _expected_rate(row), "said": _times_expected(row)} for row in known]
    base = chart_of(rows).encode(alt.X("grade:N", sort=None, title=None, axis=_flat_axis()))
    y = alt.Y("rate:Q", title="share that won", axis=_percent_axis(), scale=alt.Scale(zero=True))
    expected = base.mark_tick(color=COLOURS["plan"], thickness=2.5, width=30).encode(alt.Y("expected_rate:Q"))
    bars = base.mark_rule(color=COLOURS["model"], strokeWidth=2).encode(alt.Y("rate_low:Q"), alt.Y2("rate_high:Q"))
    dots = base.mark_circle(color=COLOURS["model"], size=60, opacity=1).encode(y)
    texts = base.mark_text(dy=-9, baseline="bottom").encode(alt.Y("rate_high:Q"), alt.Text("said:N"))
    spoken = "; ".join(f"{row['grade']} {row['rate']:.1%}, {row['said']}" for row in rows)
    title = "Won (blue) and expected (orange), and won ÷ expected"
    return finished(bars + expected + dots + texts, title, f"Share that won by grade: {spoken}.", label)


def score_distribution(bins: Sequence[Row] | None, label: str = "") -> Any:
    """Where the accounts lie by propensity, and where those that won do: each as a share of its own total.

    Parameters
    ----------
    bins : records of low and high (propensity), rows and wins.
    """
    import altair as alt

    known = [row for row in bins or () if is_number(row.get("low")) and is_number(row.get("high"))]
    rows, wins = sum(row["rows"] for row in known), sum(row["wins"] for row in known)
    if not rows:
        return None
    parts = (("all accounts", "rows", rows), ("those that won", "wins", wins))
    shares = [
        {"who": who, "low": row["low"], "high": row["high"], "share": row[name] / total}
        for who, name, total in parts
        if total
        for row in known
    ]
    base = (
        chart_of(shares)
        .mark_bar(binSpacing=1)
        .encode(
            alt.X("low:Q", title="propensity", axis=_percent_axis(), bin="binned"),
            alt.X2("high:Q"),
            alt.Y("share:Q", title="share", axis=_percent_axis()),
            alt.Color(
                "who:N",
                scale=alt.Scale(domain=[who for who, _, _ in parts], range=[COLOURS["chance"], COLOURS["model"]]),
                legend=None,
            ),
            alt.Row("who:N", sort=None, title=None, header=alt.Header(labelOrient="top", labelAnchor="start", labelPadding=2)),
        )
    )
    said = f"{rows:,} rows and {wins:,} wins by propensity."
    return finished(base, "Distribution of the scores", said, label, height=80)


def drift(findings: Sequence[Row] | None, label: str = "") -> Any:
    """Population stability index of each feature against the bound that chance explains; the 15 nearest to or beyond it.

    Parameters
    ----------
    findings : records of feature, psi, bound, drifted.
    """
    import altair as alt

    known = [row for row in findings or () if is_number(row.get("psi")) and is_number(row.get("bound")) and row["bound"] > 0]
    if not known:
        return None
    rows = sorted(known, key=lambda row: (-row["psi"] / row["bound"], row["feature"]))[:MOST_DRIFTING]
    base = chart_of(rows).encode(alt.Y("feature:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False)))
    colour = alt.condition("datum.drifted", alt.value(COLOURS["plan"]), alt.value(COLOURS["chance"]))
    bars = base.mark_bar(height=9).encode(alt.X("psi:Q", title="population stability index; the line is the bound"), color=colour)
    bounds = base.mark_tick(color=INK, thickness=2, height=16).encode(alt.X("bound:Q"))
    said = ", ".join(str(row["feature"]) for row in rows if row.get("drifted")) or "none"
    return finished(bars + bounds, "Drift", f"Beyond the bound: {said}.", label, height=18 * len(rows))


def _thinned(points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """A curve from its start to its end by at most MOST_POINTS points."""
    kept = (
        range(len(points))
        if len(points) <= MOST_POINTS
        else {round(step * (len(points) - 1) / (MOST_POINTS - 1)) for step in range(MOST_POINTS)}
    )
    return [(float(points[k][0]), float(points[k][1])) for k in sorted(kept)]


def _captured_at(points: Sequence[tuple[float, float]], share: float) -> float:
    """The curve's height at a share, interpolated."""
    before = max((point for point in points if point[0] <= share), default=(0.0, 0.0))
    after = min((point for point in points if point[0] > share), default=before)
    width = after[0] - before[0]
    return before[1] + (after[1] - before[1]) * ((share - before[0]) / width if width else 0.0)


def _expected_rate(row: Row) -> float | None:
    return row["expected"] / row["accounts"] if is_number(row.get("expected")) else None


def _times_expected(row: Row) -> str:
    ratio = row.get("observed_over_expected")
    return f"{ratio:.1f} ×" if is_number(ratio) else ""


def _opinion_shape(present: Sequence[str]) -> Any:
    import altair as alt

    shapes = {"model": "circle", "plan": "square", "blend": "diamond"}
    scale = alt.Scale(domain=list(present), range=[shapes[name] for name in present])
    return alt.Shape("opinion:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def _percent_axis() -> Any:
    import altair as alt

    return alt.Axis(labelExpr=PERCENT, tickCount=5, gridColor=LINE, titleColor=MUTED)


def _flat_axis() -> Any:
    import altair as alt

    return alt.Axis(labelAngle=0, grid=False, ticks=False)
