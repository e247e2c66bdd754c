"""A new attribute for a draft: bands or points that the run's past wins suggest, to be shaped further by people."""

from dataclasses import replace
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError
from lastword.mistakes import did_you_mean, shown
from lastword.planning.plan_draft import Draft, DraftAttribute, DraftBand, DraftValue, amount, draft_attribute, shown_number

if TYPE_CHECKING:
    import pandas as pd

    from lastword.web.plan_ground import Ground

MOST_VALUES = 8
FIRST_WEIGHT = 10.0


def with_new_attribute(ground: "Ground", draft: Draft, name: str) -> Draft:
    """The draft with one more attribute; its weight is the middle one of the others.

    Raises
    ------
    ConfigurationError
        The run knows nothing of that name, or the draft has it.
    """
    known = {each.name: each for each in ground.known()}
    if name not in known:
        raise ConfigurationError(f"the run knows no {shown(name)}{did_you_mean(name, known) or ': choose from the list'}")
    if name in {each.name for each in draft.attributes}:
        raise ConfigurationError(f"{shown(name)} is an attribute already: change its bands or points")
    weights = sorted(weight for each in draft.attributes if (weight := amount(each.weight)))
    weight = weights[len(weights) // 2] if weights else FIRST_WEIGHT
    added = replace(suggested(ground, name, known[name].kind), weight=shown_number(weight))
    return replace(draft, attributes=(*draft.attributes, added))


def suggested(ground: "Ground", name: str, kind: str) -> DraftAttribute:
    """What past wins suggest (planning.binning); where they tell nothing apart, thirds of accounts or the commonest values."""
    from lastword.planning.binning import shape_of

    values, past = ground.value_of(name)
    shape = None if past is None else shape_of(name, kind, past[name], past["won"])
    if shape is not None:
        return draft_attribute(shape.attribute)
    return _thirds(name, values) if kind == "quantitative" else _commonest(name, values)


def _thirds(name: str, values: "pd.Series") -> DraftAttribute:
    import numpy as np

    from models.scorecard import numbers_of

    numbers = numbers_of(values)
    known = numbers[np.isfinite(numbers)]
    cuts = [float(f"{cut:.2g}") for cut in np.quantile(known, [1 / 3, 2 / 3])] if len(known) else [1.0]
    inside = [cut for cut in dict.fromkeys(cuts) if not len(known) or known.min() < cut <= known.max()]
    borders = inside or [float(known.max()) if len(known) and known.max() > 0 else 1.0]
    points = [shown_number(round(100 * step / len(borders))) for step in range(len(borders) + 1)]
    bands = tuple(DraftBand(start, each) for start, each in zip(["", *map(shown_number, borders)], points, strict=True))
    return DraftAttribute(name, "quantitative", bands=bands)


def _commonest(name: str, values: "pd.Series") -> DraftAttribute:
    if name.startswith("technology:"):
        return DraftAttribute(name, "qualitative", values=(DraftValue("yes", "100"), DraftValue("no", "0")))
    from lastword.planning.spread import value_figures

    _, others = value_figures([], values, None, None, None)
    listed = tuple(DraftValue(value, "50") for value, _ in others[:MOST_VALUES])
    return DraftAttribute(name, "qualitative", values=listed or (DraftValue("", "50"),))
