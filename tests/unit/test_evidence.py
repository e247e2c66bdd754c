"""How figures are judged against their bounds, and that docs/evidence.md has every check and no other."""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.evidence import Unit, read, seeds
from benchmarks.evidence_page import TITLES, Measured, at, render
from tests.truth.bounds import CHECKS, Check, bound_shown, judge, shown
from tests.truth.units import SIZES, UNITS

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
AT_MOST = Check("gap", "gap", "model", high=0.05, accounts=700)
AROUND = Check("difference", "gap", "model", low=-0.02, high=0.02)
ABOVE = Check("value", "gap", "model", low=0, strictly=True)


def of_seeds(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"gap": values}, index=range(1, len(values) + 1))


@pytest.mark.parametrize(
    ("check", "values", "outcome"),
    [
        (AT_MOST, (0.04, 0.06), "holds"),
        (AT_MOST, (0.05, 0.05), "holds"),
        (AT_MOST, (0.04, 0.08), "within two standard errors"),
        (AT_MOST, (0.069, 0.071), "does not hold"),
        (AT_MOST, (0.06,), "does not hold"),
        (AT_MOST, (0.04,), "holds"),
        (AT_MOST, (), "not measured"),
        (AT_MOST, (np.nan, np.nan), "not measured"),
        (AROUND, (-0.03, 0.01), "holds"),
        (AROUND, (-0.04, -0.038), "does not hold"),
        (AROUND, (0.04, 0.038), "does not hold"),
        (AROUND, (-0.05, -0.01), "within two standard errors"),
        (ABOVE, (0.0, 0.0), "does not hold"),
        (ABOVE, (0.1, 0.2), "holds"),
        (Check("beside", "gap", "model"), (9.0,), "for comparison"),
    ],
)
def test_a_figure_holds_as_the_mean_or_within_two_standard_errors_of_it(check, values, outcome):
    assert judge(check, of_seeds(*values)).outcome == outcome


def test_the_error_of_a_mean_is_the_usual_one():
    found = of_seeds(0.1, 0.4, 0.2, 0.7)
    assert judge(AT_MOST, found).error == pytest.approx(found["gap"].sem())
    assert judge(AT_MOST, found).figure == pytest.approx(0.35)


def test_a_ratio_is_of_sums_so_that_one_empty_seed_does_not_make_it_infinite():
    check = Check("advantage", "first", "model", low=2, over="second")
    found = pd.DataFrame({"first": [3.0, 3.0, 6.0], "second": [0.0, 1.0, 3.0]})
    assert judge(check, found).figure == 3.0
    assert judge(check, found.iloc[:1]).figure == np.inf
    assert np.isnan(judge(check, found.iloc[:1]).error)
    assert judge(check, found.assign(second=0.0, first=0.0)).outcome == "does not hold"


def test_a_seed_without_the_figure_is_no_seed():
    verdict = judge(AT_MOST, of_seeds(0.04, np.nan))
    assert (verdict.figure, verdict.seeds) == (0.04, 1)


def test_bounds_and_figures_as_text():
    assert [bound_shown(check) for check in (AT_MOST, AROUND, ABOVE)] == ["≤ 0.05", "−0.02 to 0.02", "> 0"]
    assert bound_shown(Check("right", "gap", "model", low=0.85, form="percent")) == "≥ 85 %"
    assert shown(AROUND, -0.0123456) == "−0.0123"
    assert shown(Check("queue", "gap", "model", form="times"), 4.21) == "4.2 ×"


def test_every_check_is_measured_by_a_unit_of_that_size_and_has_a_section():
    assert {at(check) for check in CHECKS} == set(TITLES)
    assert {(unit, size) for unit in UNITS for size in SIZES[unit]} == set(TITLES)
    assert len({(at(check), check.what) for check in CHECKS}) == len(CHECKS)


def rows_of(page: str) -> list[tuple[str, str, str]]:
    """(section, check, bound) of every row of every table."""
    found = []
    for title, text in re.findall(r"^## (.+?)$(.*?)(?=^## |\Z)", page, re.M | re.S):
        cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| \d+ \| [^|]*\|$", text, re.M)
        found += [(title, what, bound) for what, bound in cells]
    return found


def test_the_page_has_every_check_with_its_bound_and_no_other():
    expected = [(TITLES[at(check)], check.what, bound_shown(check)) for check in CHECKS]
    assert sorted(rows_of(PAGE.read_text(encoding="utf-8"))) == sorted(expected)


def test_the_page_says_what_does_not_hold_and_what_is_not_measured():
    models = pd.DataFrame({"auc_gap": [0.09, 0.091], "wins": 110, "base_rate": 0.044}, index=[1, 2])
    page = render(Measured({("model", 700): models}, ("2026-11-23",), (2,)))
    assert "0 of the 60 bounds hold." in page
    assert "**Beyond their bounds:**\n\n- About 110 wins: AUC behind p_observable\n" in page
    assert "| AUC behind p_observable | ≤ 0.05 | 0.0905 ± 0.0005 | 2 | **does not hold** |" in page
    assert "| AUC behind p_observable | ≤ 0.03 | – | 0 | not measured |" in page
    assert "Measured on 2026-11-23 with 2 cores." in page
    assert "Nothing is measured yet." in render(Measured({}, (), ()))


def test_what_was_measured_is_read_back(tmp_path):
    assert read(tmp_path) == Measured({}, (), ())
    for seed, gap in ((10, 0.2), (2, 0.1)):
        stored = {"figures": {"auc_gap": gap}, "measured_on": "2026-11-23", "cores": 2, "processor_seconds": 1.0}
        unit = Unit("model", 700, seed)
        unit.file(tmp_path).write_text(json.dumps({"unit": vars(unit)} | stored))
    found = read(tmp_path)
    assert list(found.figures) == [("model", 700)]
    assert found.figures["model", 700]["auc_gap"].to_dict() == {2: 0.1, 10: 0.2}
    assert (found.days, found.cores) == (("2026-11-23",), (2,))


def test_seeds_are_a_range_or_numbers():
    assert seeds("1-3") == [1, 2, 3]
    assert seeds("1,4,7-8") == [1, 4, 7, 8]
    for wrong in ("", "a", "3-1", "1-"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected a range"):
            seeds(wrong)


@pytest.mark.parametrize("content", ["{", "[]", '{"unit": {}}'])
def test_a_file_of_another_version_ends_the_command_with_a_sentence(content, tmp_path):
    (tmp_path / "model-700-1.json").write_text(content)
    with pytest.raises(SystemExit, match="not what this version measures: delete it"):
        read(tmp_path)
