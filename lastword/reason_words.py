"""Reasons as people say them: intent in cloud storage 42, annual revenue 8,220,000, no Salesforce. Display only.

The tables of a run keep the names and values that programs read; the pages and the review workbook show these.
"""

import re
from typing import TYPE_CHECKING, Any

from lastword.card_words import readable
from lastword.plan import TECHNOLOGY
from lastword.plan_words import value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_SIDES = re.compile(r"(?:^|; )(model|plan): ")
_REASON = re.compile(r"(.+?) ([+-]\d+(?:\.\d+)?)(?:, |$)")
_HYPHEN = re.compile(r"(?<![\w.,-])-(?=\d)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def attribute_words(attribute: str) -> str:
    """An attribute's or a feature's name: Kubernetes, intent in cloud storage, annual revenue."""
    return attribute.removeprefix(TECHNOLOGY) if attribute.startswith(TECHNOLOGY) else readable(attribute)


def trait_words(trait: str) -> str:
    """An attribute with its value, "no technology:X" or "annual_revenue 8220000": no X, annual revenue 8,220,000."""
    if trait.startswith("no "):
        return f"no {attribute_words(trait[3:])}"
    name, value = _name_and_value(trait)
    said = attribute_words(name)
    return {"": said, "yes": said, "no": f"no {said}"}.get(value, f"{said} {value_text(value)}")


def why_words(why: str) -> str:
    """The column `why` in these words: "model: intent in storage 12 +5; plan: annual revenue 8,220,000 −6"."""
    parts = _SIDES.split(why)
    if len(parts) < 3:
        return why
    return "; ".join(f"{side}: {_side_words(said)}" for side, said in zip(parts[1::2], parts[2::2], strict=True))


def why_of(row: "Mapping[str, Any]") -> str:
    """Why an account is in the queue: what its triggers say, then what drives the opinions apart, in words.

    `row` has why, and trigger_said (null where no trigger is why it is under review).
    """
    said = row["trigger_said"] if row["queue_reason"] else None
    return "; ".join(filter(None, (said, why_words(row["why"]))))


def with_words(reasons: "pd.DataFrame") -> "pd.DataFrame":
    """The same reasons with attribute and value in words; an unknown value stays null."""
    names = {name: attribute_words(name) for name in set(reasons["attribute"])}
    values = reasons["value"].astype(object)
    said = [value_text(value) if isinstance(value, str) else None for value in values]
    return reasons.assign(attribute=reasons["attribute"].map(names), value=said)


def sentences_of(reasons: "pd.DataFrame", plan_points: float | None, model_points: float | None) -> tuple[str, ...]:
    """Both opinions of one account in words, the plan's first; then what drives them apart, cause by cause.

    Parameters
    ----------
    reasons : its rows of models.explain.COLUMNS, both sources, with `cause`.
    plan_points, model_points : 0–100; None where there is no such opinion, and then no sentence on it.
    """
    from models.explain import sentences
    from models.gap import gap_parts, gap_sentences

    plan, model = (float("nan") if points is None else points for points in (plan_points, model_points))
    said = (*sentences(with_words(reasons), plan, model), *gap_sentences(with_words(gap_parts(reasons))))
    return tuple(_HYPHEN.sub("−", sentence) for sentence in said)


def _side_words(said: str) -> str:
    reasons = ((trait, points) for trait, points in _REASON.findall(said))
    return ", ".join(f"{trait_words(trait)} {points.replace('-', '−')}" for trait, points in reasons) or said


def _name_and_value(trait: str) -> tuple[str, str]:
    """A name may have spaces after its prefix, as in intent:cloud storage 42; without one it ends at the first space."""
    if ":" not in trait.split(" ")[0]:
        name, _, value = trait.partition(" ")
        return name, value
    name, _, value = trait.rpartition(" ")
    is_value = value in ("yes", "no", "none", "unknown") or (not trait.startswith(TECHNOLOGY) and _NUMBER.fullmatch(value))
    return (name, value) if is_value else (trait, "")
