"""What a model looks at: SHAP values of a sample of accounts, as bars, as a strip per feature, and against the feature itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lastword.charts.theme import COLOURS, LINE, MUTED, Row, chart_of, finished

if TYPE_CHECKING:
    import pandas as pd

MOST_FEATURES = 15
MOST_DOTS = 150
"""Accounts drawn in a strip or against a feature: enough to see a shape, few enough for a small picture."""
SURE_DIRECTION = 0.3
"""Rank correlation from which a feature is said to push one way."""


@dataclass(frozen=True)
class Explained:
    """SHAP values of a sample of accounts.

    Attributes
    ----------
    contributions : log-odds by feature, one row per account.
    values : the features themselves, same rows and columns; null means unknown.
    kinds : feature → numeric, flag or category.
    families : feature → firmographic, technographic or intent.
    names : feature → what people read; a feature that isn't there keeps its own name.
    logarithms : features that are ln(1 + x); shown as x.
    """

    contributions: "pd.DataFrame"
    values: "pd.DataFrame"
    kinds: Mapping[str, str]
    families: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    logarithms: frozenset[str] = frozenset()

    def name(self, feature: str) -> str:
        """What people read."""
        return self.names.get(feature, feature)


def most_important(explained: Explained, most: int = MOST_FEATURES) -> list[Row]:
    """The features that move scores most: feature, name, push (mean |log-odds|), share of all push (0–1) and direction.

    Features that move nothing are left out. Of a category the direction is its best-placed value, as "most for Software".
    """
    push = explained.contributions.abs().mean()
    total = float(push.sum())
    return [
        {
            "feature": feature,
            "name": explained.name(feature),
            "push": float(push[feature]),
            "share": float(push[feature]) / total,
            "direction": _direction(explained, feature),
        }
        for feature in _by_push(explained)[:most]
    ]


def family_shares(explained: Explained) -> dict[str, float]:
    """Share (0–1) of all push by family, the largest first; empty where nothing moves."""
    push = explained.contributions.abs().mean()
    total = float(push.sum())
    sums: dict[str, float] = {}
    for feature, value in push.items():
        family = explained.families[str(feature)]
        sums[family] = sums.get(family, 0.0) + float(value)
    return dict(sorted(((f, v / total) for f, v in sums.items() if v > 0), key=lambda pair: -pair[1])) if total else {}


def importance(explained: Explained | None, label: str = "", most: int = 10) -> Any:
    """Bars: how far each feature moves the score on average, and which way; the strongest `most`."""
    import altair as alt

    rows = most_important(explained, most) if explained is not None else []
    if not rows:
        return None
    base = chart_of(rows).encode(alt.Y("name:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False)))
    longest = max(row["push"] for row in rows)
    x = alt.X("push:Q", title="average push on the log-odds", scale=alt.Scale(domain=[0, longest * 1.55], nice=False))
    bars = base.mark_bar(height=11, color=COLOURS["model"]).encode(x)
    texts = base.mark_text(align="left", dx=4, limit=130).encode(x, alt.Text("direction:N"))
    said = "; ".join(f"{row['name']} {row['push']:.2f}, {row['direction']}" for row in rows)
    return finished(bars + texts, "What moves the score", f"Average push: {said}.", label, height=19 * len(rows))


def summary(explained: Explained | None, label: str = "") -> Any:
    """SHAP summary: a dot per account and feature, placed by its push, coloured by the feature's own value from low to high."""
    import altair as alt

    chosen = most_important(explained) if explained is not None else []
    if explained is None or not chosen:
        return None
    drawn, names = _every_nth(len(explained.contributions), MOST_DOTS), [each["name"] for each in chosen]
    rows = []
    for each in chosen:
        push = explained.contributions[each["feature"]].to_numpy(dtype=float)[drawn]
        height = _percentiles(explained, each["feature"])[drawn]
        for k, (x, value) in enumerate(zip(push, height, strict=True)):
            shade = None if value != value else round(float(value), 2)
            rows.append({"name": each["name"], "push": round(float(x), 4), "value": shade, "jitter": k * 37 % 11})
    base = {
        "x": alt.X("push:Q", title="push on the log-odds (right: towards a win)"),
        "y": alt.Y("name:N", sort=names, title=None, axis=alt.Axis(grid=True, gridColor=LINE, ticks=False)),
        "yOffset": alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-3, 13])),
    }
    legend = alt.Legend(
        orient="top",
        title="its own value (grey: unknown, or a category)",
        titleLimit=400,
        type="symbol",  # a gradient would get a number that counts up with every picture drawn
        values=[0, 0.5, 1],
        labelExpr="datum.value == 0 ? 'low' : datum.value == 1 ? 'high' : 'middle'",
        symbolType="circle",
    )
    scale = alt.Scale(range=["#5aa5dc", "#7d6b99", "#b3401a"], domain=[0, 0.5, 1])
    shaded = chart_of([row for row in rows if row["value"] is not None])
    grey = chart_of([row for row in rows if row["value"] is None])
    dots = alt.layer(
        grey.mark_circle(size=9, opacity=0.75, color=COLOURS["chance"]).encode(**base),
        shaded.mark_circle(size=9, opacity=0.75).encode(**base, color=alt.Color("value:Q", scale=scale, legend=legend)),
    )
    said = "; ".join(f"{each['name']} {each['push']:.2f}" for each in chosen)
    return finished(dots, "SHAP summary", f"Average push by feature: {said}.", label, width=420, height=24 * len(chosen))


def dependence(explained: Explained | None, label: str = "", most: int = 4) -> Any:
    """SHAP dependence: push against value, a dot per account, for the `most` strongest numeric features."""
    import altair as alt

    if explained is None:
        return None
    numeric = [
        feature for feature in _by_push(explained) if explained.kinds[feature] == "numeric" and _varies(explained, feature)
    ]
    if not numeric:
        return None
    panels = [_dependence_of(explained, feature) for feature in numeric[:most]]
    said = ", ".join(explained.name(feature) for feature in numeric[:most])
    return finished(alt.concat(*panels, columns=2, spacing=16), "SHAP dependence", f"Push against value: {said}.", label, width=0)


def _by_push(explained: Explained) -> list[str]:
    """Features by mean |log-odds|, the strongest first; those that move nothing are left out."""
    push = explained.contributions.abs().mean()
    return sorted((str(feature) for feature in push.index if push[feature] > 0), key=lambda feature: (-push[feature], feature))


def _dependence_of(explained: Explained, feature: str) -> Any:
    import altair as alt

    drawn = _every_nth(len(explained.contributions), MOST_DOTS)
    pushes = explained.contributions[feature].to_numpy(dtype=float)[drawn]
    values = _numbers(explained, feature)[drawn]
    least = 1.0 if feature in explained.logarithms else -math.inf  # what has no logarithm is drawn at 1
    rows = [{"x": float(f"{max(x, least):.4g}"), "y": round(float(y), 4)} for x, y in zip(values, pushes, strict=True) if x == x]
    scale = alt.Scale(type="log", nice=False) if feature in explained.logarithms else alt.Scale(zero=False)
    axis = alt.Axis(format="~s", tickCount=4, labelOverlap=True, grid=False)
    dots = (
        chart_of(rows)
        .mark_circle(size=12, color=COLOURS["model"], opacity=0.6)
        .encode(alt.X("x:Q", title=explained.name(feature), scale=scale, axis=axis), alt.Y("y:Q", title="push"))
    )
    zero = chart_of([{"y": 0}]).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(alt.Y("y:Q"))
    return (zero + dots).properties(width=210, height=130)


def _direction(explained: Explained, feature: str) -> str:
    push = explained.contributions[feature]
    if explained.kinds[feature] == "category":
        best = push.groupby(explained.values[feature].to_numpy()).mean()
        return f"most for {best.idxmax()}" if len(best) else "it depends"
    import pandas as pd

    values = pd.Series(_numbers(explained, feature), index=push.index)
    known = values.notna()
    if values[known].nunique() < 2 or push[known].nunique() < 2:
        return "it depends"
    together = values[known].rank().corr(push[known].rank())
    if explained.kinds[feature] == "flag":
        return "having it helps" if together > 0 else "having it hurts"
    return "more helps" if together > SURE_DIRECTION else "less helps" if together < -SURE_DIRECTION else "it depends"


def _numbers(explained: Explained, feature: str) -> Any:
    """The feature's values as people know them; NaN where unknown."""
    import numpy as np

    values = explained.values[feature].to_numpy(dtype=float, na_value=np.nan)
    return np.expm1(values) if feature in explained.logarithms else values


def _percentiles(explained: Explained, feature: str) -> Any:
    """Where each account's value lies among all, 0–1; NaN for unknown values and for categories."""
    import numpy as np
    import pandas as pd

    if explained.kinds[feature] == "category":
        return np.full(len(explained.values), np.nan)
    ranks = pd.Series(_numbers(explained, feature)).rank()
    least, most = ranks.min(), ranks.max()
    return ((ranks - least) / (most - least) if most > least else ranks * np.nan).to_numpy()


def _varies(explained: Explained, feature: str) -> bool:
    return bool(explained.values[feature].nunique() > 2)


def _every_nth(size: int, most: int) -> Sequence[int]:
    """At most `most` positions among `size`, evenly spread."""
    step = max(1, -(-size // most))
    return range(0, size, step)
