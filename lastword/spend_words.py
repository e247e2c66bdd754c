"""[spend] in sentences, and as text of lastword.toml."""

from collections.abc import Mapping, Sequence
from typing import Any

from lastword.bands import Between
from lastword.card_words import readable
from lastword.plan_words import short_number, value_text
from lastword.planning.plan_text import number, quoted
from lastword.planning_settings import Spend, SpendChoice, SpendRule

MOST_VALUES = 6


def choice_sentence(choice: SpendChoice) -> str:
    """What a method makes of an account, with its parameters: "the prior year's spend and 10 % more, plus 5,000"."""
    amount = f"{choice.amount:,.0f}" if choice.amount is not None else ""
    if choice.method == "assumption":
        return f"{amount} a year is assumed"
    if choice.method == "growth":
        growth = choice.growth or 0.0
        more = f"{abs(100 * growth):.3g} % {'less' if growth < 0 else 'more'}"
        return f"the prior year's spend and {more}" + (f", plus {amount}; without spend {amount} alone" if amount else "")
    if choice.method == "correlation":
        return f"as much for each unit of {readable(str(choice.metric))} as active accounts spend"
    if choice.method == "quantile":
        return "what four in five of comparable accounts stay below"
    return "what active accounts of its industry spend on average"


def when_sentence(when: Mapping[str, Any]) -> str:
    """Whom a rule is for: "industry is Energy or Retail, and employee count is from 1,000 to 5,000"."""
    return ", and ".join(f"{readable(name)} is {_condition_words(condition)}" for name, condition in when.items())


def spend_text(spend: Spend) -> str:
    """[spend] as text of lastword.toml, which reads back as the same."""
    tables = [["[spend]", *_choice_lines(spend)]]
    for rule in spend.rules:
        conditions = ", ".join(f"{_key(name)} = {_condition_text(condition)}" for name, condition in rule.when.items())
        tables.append(["[[spend.rules]]", f"when = {{ {conditions} }}", *_choice_lines(rule)])
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def with_choice(spend: Spend, when: Mapping[str, Any], choice: SpendChoice) -> Spend:
    """[spend] with a method for whom `when` fits, before every rule; with an empty `when` the method above the rules.

    A rule for the same accounts makes room for the new one.
    """
    parameters = choice.model_dump(include={"method", "amount", "growth", "metric"})
    if not when:
        return Spend(**parameters, rules=spend.rules)
    new = SpendRule(when=dict(when), **parameters)
    return spend.model_copy(update={"rules": (new, *(rule for rule in spend.rules if rule.when != new.when))})


def _choice_lines(choice: SpendChoice) -> list[str]:
    given = [(name, getattr(choice, name)) for name in ("amount", "growth", "metric")]
    lines = [
        f"{name} = {quoted(value) if isinstance(value, str) else number(value)}" for name, value in given if value is not None
    ]
    return [f"method = {quoted(choice.method)}", *lines]


def _condition_words(condition: "Sequence[Any] | Between") -> str:
    if isinstance(condition, Between):
        if condition.min is None:
            return f"under {short_number(condition.end)}"
        return (
            f"{short_number(condition.start)} or more"
            if condition.max is None
            else (f"from {short_number(condition.start)} to {short_number(condition.end)}")
        )
    said = [value_text(value) if not isinstance(value, bool) else ("yes" if value else "no") for value in condition]
    if len(said) > MOST_VALUES:
        said = [*said[:MOST_VALUES], f"{len(said) - MOST_VALUES} more"]
    return " or ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else said[0]


def _condition_text(condition: "Sequence[Any] | Between") -> str:
    if isinstance(condition, Between):
        limits = {"min": condition.min, "max": condition.max}
        return "{ " + ", ".join(f"{name} = {number(value)}" for name, value in limits.items() if value is not None) + " }"
    return "[" + ", ".join(_value_text(value) for value in condition) + "]"


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else number(value)


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else quoted(name)
