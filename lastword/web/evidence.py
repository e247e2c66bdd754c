"""What the panel of the queue shows of one account: two opinions, why they part, what is read up on. Figures, not drawings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword.explanation import CAUSES, CLOSING, gap_of, reasons_of, strongest
from lastword.reason_words import sentences_of, trait_words
from lastword.run_rows import rows_where

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from lastword.project import Project

TOPICS = 5
REASONS = 5
BAR_WIDTH = 100
STARTS = "where each starts"
LIFT = ("lift", "lift_low", "lift_high", "coverage_won")
PERIODS = (("31–90 days ago", 60), ("8–30 days ago", 23), ("last 7 days", 7))
"""Stretches of time that the features tell apart, and their days."""


@dataclass(frozen=True)
class Bar:
    """A family's part of the gap in points, with the cause that weighs most; x and width in units of BAR_WIDTH."""

    family: str
    points: float
    cause: str
    x: float
    width: float


@dataclass(frozen=True)
class Topic:
    """An intent that the account shows: its part of the model's points, and how much more often winners had it."""

    name: str
    strength: str
    points: float
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    coverage_won: float | None


@dataclass(frozen=True)
class Rate:
    """Signals a week in a stretch of time; `height` of 24."""

    period: str
    weekly: float
    height: float


@dataclass(frozen=True)
class Evidence:
    """All of it. There are no bars where there is one opinion."""

    bars: tuple[Bar, ...]
    sentences: tuple[str, ...]
    plan: tuple[tuple[str, str], ...]
    model: tuple[tuple[str, str], ...]
    topics: tuple[Topic, ...]
    signals: tuple[Rate, ...]


def evidence_of(project: "Project", account: Mapping[str, Any]) -> Evidence:
    """Everything the panel needs of what the run kept that scored an account; it stays as it is.

    Parameters
    ----------
    account : account_id, run_id, plan_points and model_points (None where there is no such opinion).
    """
    reasons, folder = reasons_of(project, account), project.run_folder(str(account["run_id"]))
    plan, model = (_reasons(reasons, source) for source in ("plan", "model"))
    topics, signals = topics_of(folder, reasons), signals_of(folder, str(account["account_id"]))
    said = sentences_of(reasons, account["plan_points"], account["model_points"])
    return Evidence(bars_of(gap_of(reasons)), said, plan, model, topics, signals)


def bars_of(gap: "pd.DataFrame") -> tuple[Bar, ...]:
    """The gap by family, widest first; where accounts start and the change of scale are one bar, the last."""
    if gap.empty:
        return ()
    parts: dict[str, dict[str, float]] = {}
    for row in gap.to_dict("records"):
        part = parts.setdefault(STARTS if row["family"] in CLOSING else row["family"], dict.fromkeys(CAUSES, 0.0))
        for cause in CAUSES:
            part[cause] += row[cause]
    shown = {family: sum(part.values()) for family, part in sorted(parts.items()) if abs(sum(part.values())) >= 0.05}
    largest = max((1.0, *map(abs, shown.values())))
    ordered = sorted(shown.items(), key=lambda bar: (bar[0] == STARTS, -abs(bar[1])))
    return tuple(_bar(family, points, _cause(parts[family]), largest) for family, points in ordered)


def topics_of(folder: "Path", reasons: "pd.DataFrame") -> tuple[Topic, ...]:
    """The intents that the account shows, those that move the model most first, with their lift where it was measured."""
    columns = (reasons[name].to_list() for name in ("source", "attribute", "value", "contribution"))
    intents = [row[1:] for row in zip(*columns, strict=True) if row[0] == "model" and row[1].startswith("intent:")]
    shown = [row for row in intents if isinstance(row[1], str) and row[1] != "0"]
    strongest = sorted(shown, key=lambda row: -abs(row[2]))[:TOPICS]
    lifts = _rows(folder / "indicators.parquet", "indicator", [name for name, *_ in strongest], ("indicator", *LIFT))
    by_name = {row["indicator"]: row for row in lifts}
    return tuple(_topic(name, value, points, by_name.get(name, {})) for name, value, points in strongest)


def signals_of(folder: "Path", account_id: str) -> tuple[Rate, ...]:
    """Signals a week, oldest stretch first; nothing where the run kept no counts of signals."""
    names = ("signals_90_days", "signals_30_days", "signals_7_days")
    rows = _rows(folder / "features.parquet", "account_id", [account_id], names)
    if not rows or any(not isinstance(rows[0].get(name), int | float) for name in names):
        return ()
    longest, middle, newest = (float(rows[0][name]) for name in names)
    weekly = [7 * count / days for count, (_, days) in zip((longest - middle, middle - newest, newest), PERIODS, strict=True)]
    most = max(*weekly, 1.0)
    return tuple(Rate(period, each, 24 * each / most) for (period, _), each in zip(PERIODS, weekly, strict=True))


def _reasons(reasons: "pd.DataFrame", source: str) -> tuple[tuple[str, str], ...]:
    lines = strongest(reasons, source)[:REASONS]
    return tuple((trait_words(name), points.replace("-", "−")) for name, points in lines)


def _bar(family: str, points: float, cause: str, largest: float) -> Bar:
    half = BAR_WIDTH / 2
    width = half * abs(points) / largest
    return Bar(family, points, cause, round(half if points > 0 else half - width, 1), round(width, 1))


def _cause(part: Mapping[str, float]) -> str:
    return CAUSES[max(part, key=lambda cause: abs(part[cause]))]


def _topic(name: str, value: str, points: float, lift: Mapping[str, Any]) -> Topic:
    figures = (lift.get(name) for name in LIFT)
    known = [None if value is None or value != value else float(value) for value in figures]
    return Topic(name.removeprefix("intent:"), value, points, *known)


def _rows(path: "Path", column: str, values: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of a table of a run; none where there is no such file any more."""
    if not values or not path.exists():
        return []
    rows: list[dict[str, Any]] = rows_where(path, column, values, columns).to_pylist()
    return rows
