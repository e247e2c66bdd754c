"""Whether a figure holds: over time, on other ways to split the data, and in parts of the population."""

from collections.abc import Mapping, Sequence
from typing import Any

from lastword.charts.theme import COLOURS, OPINIONS, Row, chart_of, finished, is_number, measured, opinion_colour

SPLITS = {
    "temporal": "on later time",
    "look_alike": "on whole groups",
    "grouped": "on whole groups",
    "random": "on random accounts",
}
"""Where an AUC was measured, in words. In look-alike mode the figure is that of whole groups itself."""
MOST_SLICES = 8
"""Of each attribute, the largest so many and the weakest."""


def auc_by_landmark(rolling: Sequence[Row] | None, label: str = "") -> Any:
    """AUC at each date tested on, of a model that knew nothing later, beside plan and blend; intervals of 95 %.

    Parameters
    ----------
    rolling : records of landmark and, by opinion, {metric: {estimate, low, high}}; oldest first.
    """
    import altair as alt

    opinions = [name for name in OPINIONS if name != "chance"]
    rows = [
        {"landmark": str(each["landmark"]), "opinion": name, **each[name]["auc"]}
        for each in rolling or ()
        for name in opinions
        if measured((each.get(name) or {}).get("auc"))
    ]
    if not rows:
        return None
    present = [name for name in opinions if any(row["opinion"] == name for row in rows)]
    dates = list(dict.fromkeys(row["landmark"] for row in rows))
    angle = 0 if len(dates) <= 5 else -40
    base = chart_of(rows).encode(
        alt.X("landmark:O", sort=dates, title="tested on wins after", axis=alt.Axis(labelAngle=angle, grid=False)),
        alt.XOffset("opinion:N", sort=present),
        opinion_colour(present),
    )
    bars = base.mark_rule(strokeWidth=1.5).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    dots = base.mark_circle(size=45, opacity=1).encode(alt.Y("estimate:Q", title="AUC", scale=alt.Scale(zero=False)))
    chance = chart_of([{"y": 0.5}]).mark_rule(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.Y("y:Q"))
    model = [row for row in rows if row["opinion"] == "model"]
    said = "; ".join(f"{row['landmark']} {row['estimate']:.2f}" for row in model)
    return finished(chance + bars + dots, "AUC over time", f"The model's AUC by date: {said}. Chance is 0.5.", label)


def splits(figures: Mapping[str, Any] | None, label: str = "") -> Any:
    """The model's AUC on later time, on folds that keep groups whole and on random accounts, with intervals of 95 %.

    Parameters
    ----------
    figures : metrics.json's figures: temporal (or look_alike) with `model`, grouped, random.
    """
    import altair as alt

    given = figures or {}
    found = {name: ((given.get(name) or {}).get("model") or {}).get("auc") for name in ("temporal", "look_alike")}
    found |= {name: (given.get(name) or {}).get("auc") for name in ("grouped", "random")}
    if measured(found["look_alike"]):
        found.pop("grouped")
    rows = [{"split": SPLITS[name], **auc} for name, auc in found.items() if measured(auc)]
    if not rows:
        return None
    base = chart_of(rows).encode(alt.Y("split:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False)))
    first = alt.condition(f"datum.split == '{rows[0]['split']}'", alt.value(COLOURS["model"]), alt.value(COLOURS["chance"]))
    x = alt.X("estimate:Q", title="AUC", scale=alt.Scale(zero=False))
    bars = base.mark_rule(strokeWidth=2).encode(alt.X("low:Q"), alt.X2("high:Q"), color=first)
    dots = base.mark_circle(size=60, opacity=1).encode(x, color=first)
    said = "; ".join(f"{row['split']} {row['estimate']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for row in rows)
    return finished(
        bars + dots,
        "The same model, tested three ways" if len(rows) == 3 else "The same model, tested",
        f"AUC {said}.",
        label,
        height=32 * len(rows),
    )


def slices(by_attribute: Mapping[str, Sequence[Row]] | None, worst: Mapping[str, Any] | None = None, label: str = "") -> Any:
    """AUC in parts of the population with intervals of 95 %, the weakest marked; the largest eight parts of each attribute.

    Parameters
    ----------
    by_attribute : by attribute, records of slice, rows, wins and auc {estimate, low, high}.
    worst : attribute and slice of the weakest one.
    """
    import altair as alt

    weakest = (worst or {}).get("attribute"), (worst or {}).get("slice")
    rows = [
        {"attribute": attribute, "slice": str(each["slice"]), **each["auc"]} | {"weakest": (attribute, each["slice"]) == weakest}
        for attribute, parts in (by_attribute or {}).items()
        for each in _largest(parts, weakest[1] if weakest[0] == attribute else None)
    ]
    if not rows:
        return None
    colour = alt.condition("datum.weakest", alt.value(COLOURS["plan"]), alt.value(COLOURS["model"]))
    panels, attributes = [], list(dict.fromkeys(row["attribute"] for row in rows))
    for attribute in attributes:
        title = "AUC (orange: the weakest part; dashes: chance)" if attribute == attributes[-1] else None
        x = alt.X("estimate:Q", title=title, scale=alt.Scale(zero=False))
        part = [row for row in rows if row["attribute"] == attribute]
        base = chart_of(part).encode(
            alt.Y("slice:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False, labelLimit=170))
        )
        bars = base.mark_rule(strokeWidth=2).encode(alt.X("low:Q"), alt.X2("high:Q"), color=colour)
        dots = base.mark_circle(size=45, opacity=1).encode(x, color=colour)
        chance = chart_of([{"x": 0.5}]).mark_rule(color=COLOURS["chance"], strokeDash=[4, 3]).encode(alt.X("x:Q"))
        heading = alt.TitleParams(attribute, fontSize=11, fontWeight=600, offset=2)
        panels.append((chance + bars + dots).properties(width=240, height=17 * len(part), title=heading))
    stacked = alt.vconcat(*panels, spacing=8).resolve_scale(x="shared")
    said = "; ".join(f"{row['slice']} {row['estimate']:.2f}" + (" (weakest)" if row["weakest"] else "") for row in rows)
    return finished(stacked, "Where it is strong and weak", f"AUC by part: {said}.", label, width=0)


def _largest(parts: Sequence[Row], weakest: Any) -> list[Row]:
    """The parts with a figure, the largest first, the weakest always among them."""
    known = [each for each in parts if measured(each.get("auc"))]
    ordered = sorted(known, key=lambda each: (-(each["rows"] if is_number(each.get("rows")) else 0), str(each["slice"])))
    kept = ordered[:MOST_SLICES]
    return kept + [each for each in ordered[MOST_SLICES:] if each["slice"] == weakest]
