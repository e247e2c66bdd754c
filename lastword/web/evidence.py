"""What the panel of the queue shows of one account: two opinions, why they part, what is read up on. Figures, not drawings."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.explanation import CAUSES, CLOSING, Explanation, explained, strongest

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

TOPICS = 5
REASONS = 5
BAR_WIDTH = 100
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
    """All of it. `account` is the account's row of the final table; there are no bars where there is one opinion."""

    account: dict[str, Any]
    bars: tuple[Bar, ...]
    sentences: tuple[str, ...]
    plan: tuple[tuple[str, str], ...]
    model: tuple[tuple[str, str], ...]
    topics: tuple[Topic, ...]
    signals: tuple[Rate, ...]
    history: tuple[dict[str, str | None], ...]


def evidence_of(project: "Project", account_id: str, now: datetime) -> Evidence:
    """Everything the panel needs of an account.

    Raises
    ------
    Refusal : nothing is published, or the account is unknown.
    """
    found = explained(project, account_id, now)
    plan, model = (_reasons(found, source) for source in ("plan", "model"))
    topics, signals = topics_of(project, found), signals_of(project, found)
    newest_first = tuple(reversed(found.history))
    return Evidence(found.account, bars_of(found.gap), found.sentences, plan, model, topics, signals, newest_first)


def bars_of(gap: "pd.DataFrame") -> tuple[Bar, ...]:
    """The gap by family, widest first; where accounts start and the change of scale are one bar, the last."""
    if gap.empty:
        return ()
    family = gap["family"].where(~gap["family"].isin(list(CLOSING)), "where each starts")
    parts = gap[list(CAUSES)].groupby(family).sum()
    points = parts.sum(axis=1)
    shown = points[points.abs() >= 0.05]
    largest = max(float(shown.abs().max()), 1.0) if len(shown) else 1.0
    ordered = sorted(shown.items(), key=lambda part: (part[0] == "where each starts", -abs(part[1])))
    return tuple(_bar(str(name), float(size), _cause(parts.loc[name]), largest) for name, size in ordered)


def topics_of(project: "Project", found: Explanation) -> tuple[Topic, ...]:
    """The intents that the account shows, those that move the model most first, with their lift where it was measured."""
    rows = found.reasons
    shown = rows[(rows["source"] == "model") & rows["attribute"].str.startswith("intent:") & rows["value"].notna()]
    shown = shown[shown["value"] != "0"].sort_values("contribution", key=abs, ascending=False, kind="stable").head(TOPICS)
    lifts = _rows(project, found, "indicators.parquet", [("indicator", "in", list(shown["attribute"]))] if len(shown) else None)
    by_name = {row["indicator"]: row for row in lifts}
    return tuple(_topic(row, by_name.get(row["attribute"], {})) for row in shown.to_dict("records"))


def signals_of(project: "Project", found: Explanation) -> tuple[Rate, ...]:
    """Signals a week, oldest stretch first; nothing where the run kept no counts of signals."""
    rows = _rows(project, found, "features.parquet", [("account_id", "==", found.account["account_id"])])
    names = ("signals_90_days", "signals_30_days", "signals_7_days")
    if not rows or any(not isinstance(rows[0].get(name), int | float) for name in names):
        return ()
    longest, middle, newest = (float(rows[0][name]) for name in names)
    weekly = [7 * count / days for count, (_, days) in zip((longest - middle, middle - newest, newest), PERIODS, strict=True)]
    most = max(*weekly, 1.0)
    return tuple(Rate(period, each, 24 * each / most) for (period, _), each in zip(PERIODS, weekly, strict=True))


def _reasons(found: Explanation, source: str) -> tuple[tuple[str, str], ...]:
    lines = strongest(found.reasons, source)[:REASONS]
    return tuple((name.replace("technology:", ""), points.replace("-", "−")) for name, points in lines)


def _bar(family: str, points: float, cause: str, largest: float) -> Bar:
    half = BAR_WIDTH / 2
    width = half * abs(points) / largest
    return Bar(family, points, cause, round(half if points > 0 else half - width, 1), round(width, 1))


def _cause(parts: "pd.Series") -> str:
    return CAUSES[str(parts.abs().idxmax())]


def _topic(row: dict[str, Any], lift: dict[str, Any]) -> Topic:
    figures = (lift.get(name) for name in ("lift", "lift_low", "lift_high", "coverage_won"))
    known = [None if value is None or value != value else float(value) for value in figures]
    return Topic(row["attribute"].removeprefix("intent:"), str(row["value"]), float(row["contribution"]), *known)


def _rows(project: "Project", found: Explanation, file: str, filters: list[Any] | None) -> list[dict[str, Any]]:
    """Rows of a table of the run that scored the account; none where there is no such file any more."""
    import pandas as pd

    path = project.run_folder(str(found.account["run_id"])) / file
    if filters is None or not path.is_file():
        return []
    rows: list[dict[str, Any]] = pd.read_parquet(path, filters=filters).to_dict("records")
    return rows
