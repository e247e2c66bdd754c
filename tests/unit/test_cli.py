"""The command line: exit codes, one line for every error, results on standard output alone."""

import errno
import json
import sqlite3
import subprocess
import sys

import pandas as pd
import pytest
import typer

from lastword import cli, endings, errors, explanation, results, summary, terminal
from lastword.environment import DEFAULTS, set_quiet_defaults
from lastword.runner import Outcome, StageOutcome


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs the program in an empty folder; gives exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lastword", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run


def _id(value):
    return " ".join(value) if isinstance(value, tuple) else "says"


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trian",), "Did you mean 'train'"),
        (("override", "ad"), "Did you mean 'add'"),
        (("score", "--projekt", "x"), "--project"),
        (("score", "surplus"), "surplus"),
        (("rescore", "--since", "2026-02-30"), "YYYY-MM-DD"),
        (("override", "add", "1", "--grade", "E", "--reason", "other"), "A, B, C, D, F"),
        (("demo", "--accounts", "many"), "--accounts"),
        (("queue", "--by", "value"), "gain, disparity"),
        (("score",), "lastword.toml"),
        (("score", "--project", "nowhere"), "nowhere"),
    ],
    ids=_id,
)
def test_wrong_usage_ends_with_2_and_one_line(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("lastword: ")
    assert said in err


def test_help_and_version(run):
    assert run("--version")[:2] == (0, "lastword 0.1.0\n")
    code, out, _ = run("--help")
    assert code == 0
    for command in (
        "init",
        "demo",
        "validate",
        "train",
        "score",
        "run",
        "rescore",
        "override",
        "queue",
        "explain",
        "export",
        "indicators",
    ):
        assert command in out


def test_init_writes_a_project_once(run, tmp_path):
    code, out, _ = run("init", "mine", "--json")
    assert (code, json.loads(out)) == (0, {"project": str(tmp_path / "mine")})
    assert (tmp_path / "mine" / "lastword.toml").is_file()
    code, out, err = run("init", "mine")
    assert (code, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("arguments", [("queue",), ("explain", "1"), ("export", "x.csv"), ("indicators",)], ids=_id)
def test_a_project_without_a_run_says_what_to_do(run, monkeypatch, tmp_path, arguments):
    run("init", "mine")
    monkeypatch.chdir(tmp_path / "mine")
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "lastword run" in err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (errors.Refusal("no"), 1, "no"),
        (errors.ConfigurationError("no"), 2, "no"),
        (errors.InputError("line one\nline two"), 3, "line one line two"),
        (typer.BadParameter("no"), 2, "no"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(errno.EACCES, "Permission denied", "/locked"), 1, "/locked cannot be written (Permission denied)"),
        (OSError(errno.ENOSPC, "No space left on device", "/full/x"), 1, "no space left"),
        (OSError(errno.EROFS, "Read-only file system", "/ro"), 1, "Read-only"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/file/x"), 1, "/file/x cannot be written (Not a directory)"),
        (sqlite3.OperationalError("database or disk is full"), 1, "no space left"),
        (sqlite3.OperationalError("attempt to write a readonly database"), 1, "read-only"),
        (RuntimeError("IO Error: Could not write: No space left on device"), 1, "no space left"),
    ],
    ids=repr,
)
def test_an_error_is_one_line_with_its_code(capsys, error, code, said):
    assert endings.end_code(raising(error), []) == code
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("lastword: ")
    assert output.err.count("\n") == 1
    assert said in output.err


def test_an_interrupt_that_typer_turned_into_its_code_is_said(capsys):
    assert endings.end_code(lambda: 130, []) == 130
    assert capsys.readouterr().err == "lastword: interrupted\n"


def test_the_cause_of_an_error_counts():
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "/full")
        except OSError as cause:
            raise RuntimeError("the writer failed") from cause
    except RuntimeError as error:
        assert "no space left" in endings.storage_reason(error)
    assert endings.storage_reason(RuntimeError("index out of range")) is None


def test_an_unforeseen_error_is_called_a_bug_and_logged_in_the_project(capsys, tmp_path):
    (tmp_path / "lastword.toml").write_text("")
    assert endings.end_code(raising(ZeroDivisionError("division by zero")), ["score", "--project", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    (log,) = (tmp_path / ".lastword" / "logs").glob("*.log")
    assert said.count("\n") == 1
    assert "bug" in said
    assert str(log) in said
    assert "Traceback" in log.read_text()
    assert "Traceback" not in said


def test_a_closed_pipe_is_no_error():
    script = "import sys; from lastword.endings import end_code; sys.exit(end_code(lambda: print('x' * 10**6), []))"
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    writer.stdout.read(10)
    writer.stdout.close()
    assert writer.stderr.read() == b""


def test_switches_that_the_user_set_stay():
    environ = {"OMP_WAIT_POLICY": "active"}
    set_quiet_defaults(environ)
    assert environ == DEFAULTS | {"OMP_WAIT_POLICY": "active"}


def test_a_stage_line_shows_as_many_counts_as_fit():
    stage = StageOutcome("train", "Training", {"rows": 12345, "auc": 0.74321, "mode": "landmarks", "promoted": True}, 3.21)
    assert terminal.stage_line(stage, 200) == "   3.2 s  Training  12,345 rows · auc 0.743 · mode: landmarks · promoted: yes"
    assert terminal.stage_line(stage, 40) == "   3.2 s  Training  12,345 rows"


def test_stages_are_reported_without_a_bar_where_nobody_watches(capsys):
    with terminal.StageLines() as listener:
        listener.started("Scoring", 0, 1)
        listener.finished(StageOutcome("score", "Scoring", {"accounts": 3}, 0.25), 0, 1)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "   0.2 s  Scoring  3 accounts\n"


FINAL = pd.DataFrame(
    {
        "account_id": ["1", "2", "3", "4"],
        "name": ["Acme", "Globex", "Initech", "Umbrella"],
        "plan_points": [90.0, 40.0, 20.0, 5.0],
        "plan_segment": ["Key accounts", "B", "B", None],
        "model_points": [10.0, 99.0, 80.0, None],
        "model_grade": ["F", "A", "B", None],
        "final_grade": ["A", "A", "B", None],
        "disparity": [-80.0, 59.0, 60.0, None],
        "expected_value": [None, 3.0, None, None],
        "under_review": [True, True, False, False],
        "queue_reason": ["disparity", "disparity", None, None],
        "trigger_said": [None, None, None, None],
        "run_id": ["r"] * 4,
    }
)


def test_accounts_per_grade_counts_each_opinion():
    counts = results.accounts_per_grade(FINAL, {"Key accounts": "A", "B": "B"})
    assert counts["A"] == {"plan": 1, "model": 1, "final": 2}
    assert counts["B"] == {"plan": 2, "model": 1, "final": 1}
    assert counts["none"] == {"plan": 1, "model": 1, "final": 1}
    assert sum(count["model"] for count in counts.values()) == len(FINAL)


def test_the_queue_goes_by_gain_or_by_the_gap_and_says_how_far_the_cut_is():
    factors = {"log_odds": [-2.0, -3.0], "cut_log_odds": -2.5, "log_odds_sd": 0.4, "cut_propensity": 0.08, "review_value": 1.0}
    queue = FINAL.head(2).assign(**factors, propensity=0.1, review_gain=[0.1, 0.2])
    assert list(results.in_order(queue, "value_of_information")["account_id"]) == ["2", "1"]
    widest = results.in_order(queue, "disparity")
    assert list(widest["account_id"]) == ["1", "2"]
    assert list(widest["cut_distance"]) == [0.5, -0.5]


def test_what_moved_is_a_line_each():
    moved = {"accounts": 9, "up": 2, "down": 1, "changed": 3 / 9}
    drifted = {"feature": "log_revenue", "psi": 0.3, "drifted": True, "said": "40 % empty, was 5 %: check the source"}
    assert summary.figure_lines({"drift": [drifted, drifted | {"drifted": False}], "transitions": {"final": moved}}) == [
        "Drift       1 of 1 features moved since training: log_revenue 40 % empty, was 5 %: check the source",
        "Grades      67 % as before; 2 up, 1 down",
    ]
    assert summary.figure_lines({"drift": [], "transitions": {"final": moved | {"changed": None}}}) == []


def test_a_gain_is_whole_money_or_two_figures():
    assert [summary.gain_text(gain) for gain in (12345.6, 3.456, 0.0123, 0.0, None, float("nan"))] == [
        "12,346",
        "3.5",
        "0.012",
        "0",
        "",
        "",
    ]


def test_records_are_plain_dates_are_dates_and_empty_is_null():
    frame = pd.DataFrame(
        {
            "id": ["007", "é"],
            "points": [None, 0.1],
            "on": pd.to_datetime(["2026-11-23", None]),
            "at": pd.to_datetime(["2026-11-23T05:00:00Z", None]),
        }
    )
    assert results.records(frame) == [
        {"id": "007", "points": None, "on": "2026-11-23", "at": "2026-11-23T05:00:00Z"},
        {"id": "é", "points": 0.1, "on": None, "at": None},
    ]


def reason(source, attribute, contribution, value=None, family="firmographic"):
    return ("1", source, attribute, family, contribution, value)


REASONS = pd.DataFrame(
    [
        reason("plan", "(base)", 50.0, family="(base)"),
        reason("plan", "region", -12.0, "EMEA"),
        reason("model", "(base)", 40.0, family="(base)"),
        reason("model", "log_employees", 30.0, "8.1"),
        reason("model", "(other)", -2.0),
        reason("model", "intent", 20.0, "77", family="intent"),
    ],
    columns=["account_id", "source", "attribute", "family", "contribution", "value"],
)


def test_both_opinions_stand_side_by_side_and_add_up():
    account = {"plan_points": 38.0, "plan_segment": "C", "model_points": 88.0, "model_grade": "A"}
    table = explanation.side_by_side(explanation.Explanation(account, REASONS, pd.DataFrame(), (), ()))
    cells = [list(column.cells) for column in table.columns]
    assert [column.header for column in table.columns] == ["plan 38 C", "points", "", "model 88 A", "points"]
    assert cells[0] == ["where accounts start", "region EMEA", "sum", "", ""]
    assert cells[1] == ["+50.0", "-12.0", "38.0", "", ""]
    assert cells[3] == ["where accounts start", "log_employees 8.1", "intent 77", "everything else", "sum"]
    assert cells[4] == ["+40.0", "+30.0", "+20.0", "-2.0", "88.0"]


def test_why_is_said_only_where_there_are_two_opinions():
    alone = REASONS[REASONS["source"] == "plan"].assign(account_id="2")
    said = results.why(pd.concat([REASONS, alone]))
    assert set(said) == {"1"}
    assert "log_employees" in said["1"]
    assert results.why(alone) == {}


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        (None, []),
        (
            {"mode": "plan-only", "model": {"version": None, "refused_because": "too few wins"}},
            "none serves; the plan decides: too few wins",
        ),
        (
            {"mode": "landmarks", "model": {"name": "propensity", "version": "3", "promoted": True}, "figures": {}},
            "propensity version 3 promoted (landmarks)",
        ),
    ],
)
def test_the_model_in_a_line(metrics, line):
    lines = summary.model_lines(metrics)
    assert lines == [] if metrics is None else line in lines[0]


def test_figures_are_labelled_by_where_they_were_measured():
    def measured(auc, captured):
        return {"auc": {"estimate": auc, "low": auc - 0.02, "high": auc + 0.02}, "capture_at_15": {"estimate": captured}}

    both = {"model": measured(0.8, 0.52), "plan": measured(0.63, 0.25)}
    (line,) = summary.figure_lines({"temporal": both, "windows": {}})
    assert "on wins that came later: AUC 0.80 (0.78–0.82), the plan's 0.63" in line
    assert "its top 15 % hold 52 % of the wins, the plan's 25 %" in line
    (line,) = summary.figure_lines({"look_alike": both})
    assert "look-alike, not a forecast" in line
    assert summary.figure_lines({}) == []
    prior = {"class_prior_said": "give it", "prior_warnings": ["α is too high"]}
    assert summary.figure_lines({"look_alike": both} | prior)[1:] == ["Prior       give it", "Warning     α is too high"]
    worst = {"said": "the model ranks worse in region South beyond chance", "beyond_chance": True}
    assert summary.figure_lines({"temporal": both, "worst_slice": worst})[1:] == [f"Slices      {worst['said']}"]
    assert len(summary.figure_lines({"temporal": both, "worst_slice": worst | {"beyond_chance": False}})) == 1


def test_the_decision_says_who_had_the_last_word():
    account = {
        "final_grade": "A",
        "decided_by": "override",
        "override_reason": "strategic",
        "override_by": "jane",
        "override_expires_on": "2027-05-22",
        "coverage": True,
        "under_review": False,
        "queue_reason": None,
    }
    assert explanation.decision(account) == "Final grade A, decided by override: strategic, jane, until 2027-05-22."
    alone = account | {"decided_by": "model", "under_review": True, "queue_reason": "audit"}
    assert explanation.decision(alone) == "Final grade A, decided by model; under review (audit)."
    assert explanation.decision(account | {"final_grade": None, "decided_by": "plan", "coverage": False}).startswith(
        "Final grade none, decided by plan; a rule"
    )


def test_an_outcome_as_json(tmp_path):
    outcome = Outcome("r1", tmp_path, (StageOutcome("score", "Scoring", {"accounts": 3}, 0.12345),))
    assert outcome.as_json() == {
        "run_id": "r1",
        "folder": str(tmp_path),
        "stages": [{"name": "score", "counts": {"accounts": 3}, "seconds": 0.123}],
    }
