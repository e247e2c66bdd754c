"""Which indicator of the lift table a value falls under: `technology:X`, `industry: Software`, `employee_count 10 to 50`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FLAGS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Lift:
    """How much more often winners had it than the house list.

    Attributes
    ----------
    lift : share of the wins ÷ share of the house list.
    low, high : its interval of 95 %.
    coverage : share of the house list that has it, 0–1.
    coverage_won : share of the wins that had it, 0–1.
    significant : unlikely to be chance, allowing for how many were tried.
    has : whether the account has it; False for a technology or topic that it lacks.
    """

    indicator: str
    lift: float
    low: float
    high: float
    coverage: float
    coverage_won: float
    significant: bool
    has: bool = True


class LiftTable:
    """The lift table of a run, asked by attribute and value."""

    def __init__(self, indicators: "pd.DataFrame") -> None:
        """`indicators`: indicators.parquet (see models.indicators.indicators)."""
        self._by_name: Mapping[str, dict[str, Any]] = {row["indicator"]: row for row in indicators.to_dict("records")}
        self._bands: dict[str, list[tuple[float, float, str]]] = {}
        for name in self._by_name:
            if (band := _band(name)) is not None:
                attribute, low, high = band
                self._bands.setdefault(attribute, []).append((low, high, name))

    def of(self, attribute: str, value: str | None) -> Lift | None:
        """The lift of what this value means; None where the value is unknown or no indicator covers it."""
        if value is None:
            return None
        if attribute in self._by_name:
            return self._lift(attribute, _is_present(value))
        if (name := f"{attribute}: {value}") in self._by_name:
            return self._lift(name, True)
        number = _number(value)
        bands: Iterable[tuple[float, float, str]] = () if number is None else self._bands.get(attribute, ())
        fitting = [name for low, high, name in bands if number is not None and low <= number < high]
        return self._lift(fitting[0], True) if fitting else None

    def _lift(self, name: str, has: bool) -> Lift | None:
        row = self._by_name[name]
        if row["lift"] != row["lift"]:
            return None
        return Lift(
            name,
            lift=float(row["lift"]),
            low=float(row["lift_low"]),
            high=float(row["lift_high"]),
            coverage=float(row["coverage_house"]),
            coverage_won=float(row["coverage_won"]),
            significant=bool(row["significant"]),
            has=has,
        )


def _is_present(value: str) -> bool:
    if value in _FLAGS:
        return _FLAGS[value]
    number = _number(value)
    return value != "none" if number is None else number > 0


def _band(name: str) -> tuple[str, float, float] | None:
    """(attribute, from, to) of "NAME under 10", "NAME 10 to 50", "NAME from 50"; None of any other name."""
    parts = name.rsplit(" ", 3)
    if len(parts) >= 3 and parts[-2] in ("under", "from") and (limit := _number(parts[-1])) is not None:
        attribute = name.rsplit(" ", 2)[0]
        return (attribute, -inf, limit) if parts[-2] == "under" else (attribute, limit, inf)
    if len(parts) == 4 and parts[2] == "to":
        low, high = _number(parts[1]), _number(parts[3])
        return None if low is None or high is None else (parts[0], low, high)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
