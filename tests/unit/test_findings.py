"""`indicators` as people read it."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lastword import findings, recommendations
from models.indicators import indicators
from models.rank_lift import rank_lift_figures


@pytest.fixture
def project(tmp_path):
    (tmp_path / "plan.toml").write_text("plan")
    return SimpleNamespace(runs_folder=tmp_path / "runs", plan_path=tmp_path / "plan.toml")


def write(project, run, name, content):
    folder = project.runs_folder / run
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def metrics(version, promoted, rank_lift=None):
    return {"model": {"version": version, "promoted": promoted}, "figures": {"rank_lift": rank_lift} if rank_lift else {}}


def found(**changes):
    won = np.arange(2000) < 150
    table = pd.DataFrame({"technology:X": won & (np.arange(2000) % 2 == 0), "intent:dull": np.arange(2000) % 3 == 0}).astype(
        float
    )
    listed = indicators(won, ~won, table, {"technology:X": "technographic", "intent:dull": "intent"})
    rows = pd.DataFrame({"landmark": pd.Timestamp("2026-05-27"), "won": won[::10].astype(int), "plan_segment": "B"})
    lift = rank_lift_figures(rows, np.where(np.arange(200) < 20, "A", "F"), "a model that learnt earlier")
    return findings.Findings(
        **({"indicators": listed, "rank_lift": lift, "recommendations": None, "segments": ("A", "B")} | changes)
    )


EFFECT = {
    "moved": 1247,
    "moved_up": 676,
    "moved_down": 571,
    "moved_at_equal_sizes": 300,
    "capture_before": {"estimate": 0.21, "low": 0.15, "high": 0.28},
    "capture_after": {"estimate": 0.32, "low": 0.26, "high": 0.38},
    "capture_gain": {"estimate": 0.11, "low": 0.045, "high": 0.185},
    "p_value": 0.0004,
}


def report(plan=b"plan", **changes):
    windows = {"landmarks": ["2024-06-06", "2025-07-31"], "rows": 21075, "wins": 782}
    change = {
        "attribute": "technology:X",
        "kind": "add",
        "information_value": 0.23,
        "current_weight": None,
        "recommended_weight": 48.7,
        "toml": '[[attributes]]\nname = "technology:X"\n',
        "effect": EFFECT,
    }
    whole = {"weights": {"technology:X": {"current": None, "recommended": 10.0}}, "toml": "[[segments]]", "effect": EFFECT}
    return {
        "as_of": "2026-11-23",
        "plan_version": "2026",
        "plan": recommendations_print(plan),
        "tried": 16,
        "learnt_on": windows,
        "measured_on": windows | {"landmarks": ["2026-05-27"], "wins": 281},
        "changes": [change],
        "together": whole,
    } | changes


def recommendations_print(plan):
    from lastword.recommending import plan_print

    return plan_print(plan)


def test_significant_ones_are_shown_by_family_and_the_rest_counted(capsys):
    findings.print_findings(found(), every=False)
    out = capsys.readouterr().out
    assert "Technographic: 1 of 1 significant" in out and "technology:X" in out
    assert "intent:dull" not in out and "1 more, not significant: --all shows them." in out


def test_all_are_shown_when_asked_for(capsys):
    findings.print_findings(found(), every=True)
    out = capsys.readouterr().out
    assert "intent:dull" in out and "Intent: 0 of 1 significant" in out and "--all" not in out


def test_the_rank_lift_stands_beside_the_lift_with_what_presses_it(capsys):
    findings.print_findings(found(), every=False)
    out = capsys.readouterr().out
    assert "Rank lift of the model’s grades, 2026-05-27" in out and "Rank lift of the plan’s segments" in out
    assert "it can't exceed 13.3" in out and "L/(1 + 0.075·(L − 1))" in out and "a model that learnt earlier" in out


def test_without_a_measured_rank_lift_or_a_significant_indicator_it_says_so(capsys):
    nothing = found(indicators=found().indicators.assign(significant=False), rank_lift=None)
    findings.print_findings(nothing, every=False)
    out = capsys.readouterr().out
    assert "No indicator is significant" in out and "run `lastword train`" in out


def test_the_rank_lift_is_that_of_the_training_whose_model_serves(project):
    write(project, "1", "metrics.json", metrics("1", True, {"wins": 1}))
    write(project, "2", "metrics.json", metrics("1", False))
    write(project, "3", "metrics.json", metrics("2", False, {"wins": 3}))
    assert findings.rank_lift_of(project, "1") == {"wins": 1}
    assert findings.rank_lift_of(project, "2") is None is findings.rank_lift_of(project, None)


def test_the_newest_recommendations_count(project):
    assert findings.latest_recommendations(project) is None
    write(project, "1", "recommendations.json", {"tried": 1})
    write(project, "2", "recommendations.json", {"tried": 2})
    write(project, "3", "metrics.json", {})
    assert findings.latest_recommendations(project) == {"tried": 2}


def test_recommendations_read_as_a_table_and_text_to_paste(project, capsys):
    recommendations.print_recommendations(project, report())
    out = capsys.readouterr().out
    assert "1 of 16 changes tried make the plan rank later wins better, beyond chance" in out
    assert "21.0% → 32.0%" in out and "1,247 (↑676 ↓571)" in out and "+4.5% to +18.5%" in out
    assert '# add: technology:X\n[[attributes]]\nname = "technology:X"\n' in out
    assert "changed since" not in out


def test_recommendations_for_a_plan_that_changed_say_so(project, capsys):
    recommendations.print_recommendations(project, report(plan=b"another", changes=[], together=None))
    out = capsys.readouterr().out
    assert "plan.toml has changed since" in out and "0 of 16 changes" in out


def test_before_any_recommendation_it_says_how_to_get_them(project, capsys):
    recommendations.print_recommendations(project, None)
    assert "lastword indicators --recommend" in capsys.readouterr().out
