"""The checks of method section 11, each figure printed against its bound; make evidence measures the same with more seeds.

What docs/evidence.md says does not hold may miss its bound here too; everything else may not.
"""

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.evidence_page import TITLES, at
from tests.truth.bounds import CHECKS, bound_shown, judge, shown
from tests.truth.units import UNITS

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
MOSTLY_LUCK = {"auc_gap", "temporal_minus_future", "sure_and_right", "mean_error", "calibration_slope"}
"""Figures that a single small population cannot decide."""


def measured(folder: Path, unit: str, accounts: int, seeds: range) -> pd.DataFrame:
    """Grain: seed. The figures of the unit."""
    rows = {seed: UNITS[unit](folder / f"{unit}-{accounts}-{seed}", accounts, seed) for seed in seeds}
    return pd.DataFrame.from_dict(rows, orient="index")


def beyond(unit: str, accounts: int, found: pd.DataFrame) -> set[str]:
    """The figures that do not hold; every one is printed."""
    missed = set()
    for check in (check for check in CHECKS if at(check) == (unit, accounts)):
        verdict = judge(check, found)
        print(
            f"{check.what}: {shown(check, verdict.figure)}, bound {bound_shown(check)}, {verdict.seeds} seeds: {verdict.outcome}"
        )
        if not verdict.good:
            missed.add(check.figure)
    return missed


def said_not_to_hold(unit: str, accounts: int) -> set[str]:
    """The figures of these populations that the page marks as beyond their bound."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition(f"## {TITLES[unit, accounts]}\n")
    marked = re.findall(r"^\| ([^|]+) \|.*\*\*does not hold\*\* \|$", text.partition("\n## ")[0], re.M)
    return {check.figure for check in CHECKS if at(check) == (unit, accounts) and check.what in marked}


def test_one_small_population_is_within_the_bounds_that_it_can_decide(tmp_path):
    found = measured(tmp_path, "model", 700, range(1, 2))
    assert beyond("model", 700, found) <= MOSTLY_LUCK


def test_most_of_what_is_called_significant_is_real(tmp_path):
    found = measured(tmp_path, "indicators", 4000, range(1, 7))
    assert not beyond("indicators", 4000, found)
    assert found["false_by_lift"].mean() > 0.5


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("unit", "accounts", "seeds"),
    [("model", 700, 6), ("model", 1550, 6), ("model", 6300, 3), ("noise", 1550, 6), ("traps", 2000, 3), ("bytes", 700, 1)],
)
def test_what_the_page_says_holds_holds(unit, accounts, seeds, tmp_path):
    found = measured(tmp_path, unit, accounts, range(1, seeds + 1))
    assert beyond(unit, accounts, found) <= said_not_to_hold(unit, accounts)
