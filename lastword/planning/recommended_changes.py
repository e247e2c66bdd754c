"""Recommended changes (recommendations.json) in the text of a plan: one of them, or all together."""

from typing import Any

from lastword.errors import Refusal
from lastword.plan import Attribute, Plan, parse_plan
from lastword.planning.plan_edits import with_attribute, with_starts, without_attribute


def with_change(text: str, change: dict[str, Any]) -> str:
    """The plan's text with one recommended change: an attribute added, another weight, or other bands.

    Parameters
    ----------
    text
        A plan.toml, which need not be the one that the recommendation was worked out on.
    change
        One of `changes` of recommendations.json.

    Raises
    ------
    Refusal
        The change no longer applies: the plan has what would be added, lacks what would be changed, or says so already.
    """
    plan, recommended = parse_plan(text), _attributes(change["toml"])[0]
    name = recommended.name
    now = next((each for each in plan.attributes if each.name == name), None)
    if change["kind"] == "add":
        if now is not None:
            raise Refusal(f"plan {plan.version} looks at {name} by now, with a weight of {now.weight:g}: nothing to add")
        return with_attribute(text, recommended)
    if now is None:
        raise Refusal(f"plan {plan.version} no longer looks at {name}, so its weight and bands can't change")
    then = _reweighted(now, recommended) if change["kind"] == "reweight" else _banded(now, recommended)
    if then == now:
        raise Refusal(f"plan {plan.version} says so already: {name} has this weight and these bands")
    return with_attribute(text, then)


def with_all(text: str, together: dict[str, Any]) -> str:
    """The plan's text with all changes at once: attributes, their weights and bands, and where segments start.

    Parameters
    ----------
    together
        Of recommendations.json.

    Raises
    ------
    Refusal
        The plan has other attributes or segments than the one that this was worked out on, or says so already.
    """
    plan = parse_plan(text)
    wanted = parse_plan(f'version = "recommended"\n{together["toml"]}')
    _refuse_other(plan, wanted, together)
    made = with_starts(text, wanted.segments)
    for attribute in wanted.attributes:
        made = with_attribute(made, attribute)
    kept = {each.name for each in wanted.attributes}
    for name in [each.name for each in plan.attributes if each.name not in kept]:
        made = without_attribute(made, name)
    if made == text:
        raise Refusal(f"plan {plan.version} says so already")
    return made


def _refuse_other(plan: Plan, wanted: Plan, together: dict[str, Any]) -> None:
    names = [each.name for each in plan.segments]
    if names != [each.name for each in wanted.segments]:
        there = ", ".join(each.name for each in wanted.segments)
        raise Refusal(f"plan {plan.version} has the segments {', '.join(names)}, and this was worked out for {there}: try again")
    known = together["weights"]
    have = {each.name for each in plan.attributes}
    new = sorted(name for name in have if known.get(name, {"current": None})["current"] is None)
    gone = sorted(name for name, pair in known.items() if pair["current"] is not None and name not in have)
    if new or gone:
        said = f"looks at {new[0]}, which" if new else f"no longer looks at {gone[0]}, which"
        raise Refusal(f"plan {plan.version} {said} wasn't so when this was worked out: work the recommendations out again")


def _reweighted(now: Attribute, recommended: Attribute) -> Attribute:
    return now.model_copy(update={"weight": recommended.weight})


def _banded(now: Attribute, recommended: Attribute) -> Attribute:
    return recommended.model_copy(update={"weight": now.weight})


def _attributes(toml: str) -> tuple[Attribute, ...]:
    whole = f'version = "recommended"\n[[segments]]\nname = "A"\nmin_points = 0\n{toml}'
    return parse_plan(whole).attributes
