"""A benchmark that has become worse is seen: ratios of medians, compared with those that were kept."""

import json

import pytest

from benchmarks import run
from benchmarks.run import Measured, check, keep, ratios, regressions


def rounds(*processor_seconds: float) -> list[Measured]:
    return [Measured(9.0, seconds, 100.0) for seconds in processor_seconds]


@pytest.fixture
def measured() -> dict[str, list[Measured]]:
    return {
        "plain script": rounds(100, 200, 50),
        "lastword run": rounds(110, 240, 55),
        "lastword score": rounds(20, 60, 10),
        "lastword override add": rounds(0.5, 0.6, 0.5),
        "lastword --help": rounds(0.2, 0.2, 0.3),
        "python -c pass": rounds(0.02, 0.02, 0.02),
    }


def test_each_round_is_compared_with_itself(measured):
    assert ratios(measured) == pytest.approx(
        {"lastword run": 1.1, "lastword score": 0.2, "lastword override add": 25, "lastword --help": 10}
    )


def test_a_quarter_more_is_a_regression_and_less_is_none(measured):
    kept = {"lastword run": 0.87, "lastword score": 0.25}
    (sentence,) = regressions(ratios(measured), kept)
    assert sentence == "lastword run takes 1.10 × plain script, kept are 0.87: 1.26 times as much"
    assert regressions(ratios(measured), {"lastword run": 0.9, "lastword score": 0.17}) == []


def test_what_is_kept_passes_and_what_got_slower_does_not(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "KEPT", tmp_path / "ratios.json")
    keep(measured, 4000)
    assert list(json.loads(run.KEPT.read_text())) == ["4000"]
    assert check(measured, 4000) == 0
    slower = measured | {"lastword --help": rounds(0.3, 0.3, 0.4)}
    assert check(slower, 4000) == 1
    assert "lastword --help takes 15.00 × python -c pass" in capsys.readouterr().err
    assert check(measured, 700) == 2
