"""The figures of a training as tables: an estimate with its interval per measure and opinion, moves of grades as a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword.contracts import GRADES
from lastword.web.run_folder import RunFolder, mapping, read_folder, records

if TYPE_CHECKING:
    from lastword.project import Project

SECTIONS = {"temporal": "on later time", "look_alike": "as look-alikes: not a forecast"}
OPINIONS = ("model", "plan", "blend", "chance")
MEASURES = {
    "auc": ("AUC", 3, ""),
    "average_precision": ("Average precision", 3, ""),
    "lift_at_5": ("Lift, first 5 %", 2, ""),
    "lift_at_15": ("Lift, first 15 %", 2, ""),
    "capture_at_15": ("Wins in the first 15 %", 0, " %"),
    "ece": ("ECE, said against happened", 3, ""),
    "log_loss": ("Log loss", 3, ""),
    "brier": ("Brier score", 3, ""),
    "calibration_slope": ("Calibration slope", 2, ""),
}
"""Measures with their title, decimals and unit."""

OTHER_TESTS = {"grouped": "on whole groups held out", "random": "on random accounts held out"}
NONE = "none"


@dataclass(frozen=True)
class Measured:
    """An estimate and its interval in words, "" where unknown."""

    estimate: str
    interval: str


@dataclass(frozen=True)
class Evaluation:
    """Measures (title, one cell per opinion) on one test; `tests` are the AUCs of the model on others; windows in words."""

    test: str
    opinions: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Measured, ...]], ...]
    others: tuple[tuple[str, Measured], ...]
    windows: tuple[str, ...]


@dataclass(frozen=True)
class Moves:
    """Accounts by grade before (rows) and after (columns); `same` marks the diagonal."""

    title: str
    grades: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, bool], ...]], ...]
    said: str


def evaluation(figures: Mapping[str, Any]) -> Evaluation | None:
    """What a training measured; None where the run didn't train."""
    section = next((name for name in SECTIONS if mapping(figures.get(name))), None)
    if section is None:
        return None
    measured = {name: mapping(found) for name, found in mapping(figures[section]).items() if name in OPINIONS}
    opinions = tuple(name for name in OPINIONS if name in measured)
    rows = tuple(
        (title, tuple(_measured(measured[opinion].get(name), digits, unit) for opinion in opinions))
        for name, (title, digits, unit) in MEASURES.items()
        if any(name in found for found in measured.values())
    )
    others = tuple((said, _measured(mapping(figures.get(name)).get("auc"), 3, "")) for name, said in OTHER_TESTS.items())
    return Evaluation(SECTIONS[section], opinions, rows, tuple(each for each in others if each[1].estimate), _windows(figures))


def moves(figures: Mapping[str, Any]) -> tuple[Moves, ...]:
    """How grades moved since the run before, by model and in the end; nothing where there was none before, or it wasn't kept."""
    transitions = mapping(figures.get("transitions"))
    titles = {"model": "Model grades", "final": "Grades by policy, overrides aside"}
    found = [_moves(title, mapping(transitions.get(name))) for name, title in titles.items()]
    return tuple(each for each in found if each is not None)


def trained_by(project: "Project", version: str | None, candidates: list[str]) -> str:
    """The run among these that trained a version and kept what it measured; "" where none of them did."""
    folders = (read_folder(project, run_id) for run_id in candidates if version)
    found = (each for each in folders if each and str(each.model.get("version")) == version and evaluation(each.figures))
    return next((each.run_id for each in found), "")


def leakage_findings(folder: RunFolder) -> list[tuple[str, str, str]]:
    """What the leakage gate found: outcome, message, advice."""
    return [
        (outcome, str(each.get("message", each.get("column", ""))), str(each.get("advice") or ""))
        for outcome in ("blocked", "warned", "waived", "excluded")
        for each in records(folder.leakage.get(outcome))
    ]


def _measured(value: Any, digits: int, unit: str) -> Measured:
    scale = 100 if unit else 1
    if isinstance(value, int | float):
        return Measured(f"{scale * value:.{digits}f}{unit}", "")
    found = mapping(value)
    estimate, low, high = (found.get(name) for name in ("estimate", "low", "high"))
    if not isinstance(estimate, int | float):
        return Measured("", "")
    known = isinstance(low, int | float) and isinstance(high, int | float)
    interval = f"{scale * low:.{digits}f} to {scale * high:.{digits}f}" if known else ""  # type: ignore[operator]
    return Measured(f"{scale * estimate:.{digits}f}{unit}", interval)


def _windows(figures: Mapping[str, Any]) -> tuple[str, ...]:
    said = []
    for name, title in (("training", "learnt from"), ("test", "tested on")):
        window = mapping(mapping(figures.get("windows")).get(name))
        landmarks = window.get("landmarks")
        if window and isinstance(landmarks, list) and landmarks:
            said.append(
                f"{title} {window.get('rows', 0):,} rows with {window.get('wins', 0):,} wins at {len(landmarks)} dates, "
                f"{landmarks[0]} to {landmarks[-1]}"
            )
    return tuple(said)


def _moves(title: str, found: Mapping[str, Any]) -> Moves | None:
    counts = mapping(found.get("counts"))
    if not counts:
        return None
    full = {(before, after): mapping(counts.get(before)).get(after, 0) for before in (*GRADES, NONE) for after in (*GRADES, NONE)}
    with_none = any(count for (before, after), count in full.items() if NONE in (before, after))
    grades = (*GRADES, NONE) if with_none else GRADES
    rows = tuple((before, tuple((full[before, after], before == after) for after in grades)) for before in grades)
    changed, up, down = (found.get(name) for name in ("changed", "up", "down"))
    said = f"{100 * (1 - changed):.0f} % as before; {up:,} up, {down:,} down" if isinstance(changed, int | float) else ""
    return Moves(title, tuple(grades), rows, said)
