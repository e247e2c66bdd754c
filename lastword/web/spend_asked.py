"""What the page of potential spend is asked to try: a scope, a method and its parameters; what is wrong, field by field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from lastword.errors import ConfigurationError
from lastword.mistakes import did_you_mean
from lastword.planning.correlation import SPEND
from lastword.planning_settings import SpendChoice, SpendMethod
from lastword.web.typed_numbers import typed_number

METHODS: Mapping[str, str] = {
    "industry average": "average of the industry",
    "assumption": "an assumption",
    "growth": "growth of what was spent",
    "correlation": "correlation with a metric",
    "quantile": "80th percentile of comparable accounts",
}
ALL, ACCOUNT = "all", "account"
MOST = 1e15
_FIELDS = ("scope", "account_id", "method", "amount", "growth", "metric")
_TAKEN: Mapping[str, tuple[str, ...]] = {"assumption": ("amount",), "growth": ("growth", "amount"), "correlation": ("metric",)}
assert set(METHODS) == set(get_args(SpendMethod))


@dataclass(frozen=True)
class Scope:
    """Accounts that a rule can be for: `value` for the form, `said`, the rule's condition (empty: the method of all others)."""

    value: str
    said: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What is typed in, field by field; the scope and choice where they can be read, and what is wrong with which field."""

    texts: Mapping[str, str]
    scope: Scope | None
    choice: SpendChoice | None
    errors: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether it can be tried."""
        return self.scope is not None and self.choice is not None and not self.errors


def asked_of(get: Callable[[str, str], str], scopes: Sequence[Scope], metrics: Sequence[str]) -> Asked | None:
    """Read the form; None where nothing is asked. What the method doesn't take is left out, whatever is typed there."""
    if not get("method", "") and not get("scope", ""):
        return None
    texts = {name: get(name, "").strip() for name in _FIELDS}
    errors: dict[str, str] = {}
    scope = _noting(errors, "account_id" if texts["scope"] == ACCOUNT else "scope", lambda: _scope(texts, scopes))
    values: dict[str, Any] = {}
    method = texts["method"]
    if method not in METHODS:
        errors["method"] = f"method {method[:40]!r} is unknown: choose one of {', '.join(METHODS)}"
    for name in _TAKEN.get(method, ()):
        found = _noting(errors, name, lambda name=name: _READ[name](texts[name], method, metrics))  # type: ignore[misc]
        values |= {} if found is None else {name: found}
    choice = None if errors else SpendChoice.model_validate({"method": method, **values})
    return Asked(texts, scope, choice, errors)


def _noting[T](errors: dict[str, str], name: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ConfigurationError as error:
        errors[name] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return None


def _scope(texts: Mapping[str, str], scopes: Sequence[Scope]) -> Scope:
    if texts["scope"] == ACCOUNT:
        if not texts["account_id"]:
            raise ConfigurationError("the account is empty: expected its id")
        return Scope(ACCOUNT, f"account {texts['account_id']}", {"account_id": (texts["account_id"],)})
    found = next((scope for scope in scopes if scope.value == (texts["scope"] or ALL)), None)
    if found is None:
        raise ConfigurationError(f"{texts['scope'][:60]!r} is no part of the accounts: choose one from the list")
    return found


def _amount(text: str, method: str, metrics: Sequence[str]) -> float | None:
    if method == "growth" and not text:
        return None
    return typed_number(text, "an amount", 0, MOST, "25,000 a year")


def _growth(text: str, method: str, metrics: Sequence[str]) -> float:
    return typed_number(text, "a growth in %", -100, 10_000, "10 for a tenth more", unit="%") / 100


def _metric(text: str, method: str, metrics: Sequence[str]) -> str:
    if not text:
        raise ConfigurationError("no metric is chosen: choose one from the list")
    if text not in (*metrics, SPEND):
        raise ConfigurationError(f"{text[:40]!r} is no column of numbers{did_you_mean(text, metrics, quote=True)}")
    return text


_READ: Mapping[str, Callable[[str, str, Sequence[str]], Any]] = {"amount": _amount, "growth": _growth, "metric": _metric}
