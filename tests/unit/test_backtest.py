"""`lastword backtest` as a person runs it: past landmarks with the ledger as it stood then."""

import json
import sys
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from lastword import backtest_summary, cli
from lastword.runner import Outcome
from overrides import ledger
from tests.past_project import AS_OF, past_project
from tests.stores import Project, scores_of

EVER = AS_OF + timedelta(days=3650)


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the program; gives exit code, standard output, standard error."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lastword", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run


def decide(project, account, grade="A", days_before=400, expires_on=EVER, by="ann", reason="other", settings=None):
    now = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC) - timedelta(days=days_before)
    return ledger.add(account, grade, reason, "", by, expires_on, now, settings or project.settings)


def published(project, **columns):
    """The store of the project with scores of every account: the policy gives all of them C."""
    from overrides.store import open_store

    open_store(project.store_url)
    ids = pd.read_csv(project.folder / "data" / "accounts.csv", dtype="str")["account_id"]
    store = Project(project.store_url, project.runs_folder, project.settings)
    store.publish(scores_of(ids, policy_grade="C", model_grade="C", **columns))
    return list(ids)


def test_the_ledger_is_replayed_as_it_stood(run, tmp_path, capsys):
    project = past_project(tmp_path / "past")
    ids = published(project)
    won = pd.read_csv(project.folder / "data" / "won.csv", parse_dates=["won_on"]).set_index("account_id")["won_on"]
    late = [account for account in ids if won.get(account, pd.Timestamp.max) > pd.Timestamp(AS_OF) - timedelta(days=62)]
    for account in late[:40]:
        decide(project, account, by="ann" if account < late[35] else "bob")
    decide(project, late[40], days_before=400, expires_on=AS_OF - timedelta(days=300))
    decide(project, late[41], days_before=400)
    ledger.revoke(late[41], "", "ann", datetime(2025, 8, 1, tzinfo=UTC))
    held_out = project.settings.model_copy(update={"overrides": project.settings.overrides.model_copy(update={"holdout": 1.0})})
    assert decide(project, late[42], settings=held_out).action == "hold_out"
    decide(project, late[43], days_before=10)

    code, out, err = run("backtest", "--project", project.folder, "--json")
    assert code == 0, err
    done = json.loads(out)
    report, folder = done["backtest"], project.run_folder(done["run_id"])
    past = pd.read_parquet(folder / "backtest.parquet")

    assert report == json.loads((folder / "backtest.json").read_text())
    assert 1 < len(report["landmarks"]) <= 6
    newest = date.fromisoformat(report["landmarks"][-1]["landmark"])
    assert newest == AS_OF - timedelta(days=60)
    assert not past.duplicated(["account_id", "landmark"]).any()
    for record in report["landmarks"]:
        then = past[past["landmark"] == record["landmark"]]
        assert record["fitted_winners"] >= 30
        assert (record["rows"], record["wins"]) == (len(then), then["won"].sum())
        in_force = set(then.loc[then["override_grade"].notna(), "account_id"])
        landmark = date.fromisoformat(record["landmark"])
        expected = set(late[:40])
        expected |= {late[40]} if landmark <= AS_OF - timedelta(days=300) else set()
        expected |= {late[41]} if landmark <= date(2025, 8, 1) - timedelta(days=1) else set()
        assert in_force == expected
        assert record["overrides"] == len(expected)
        assert then["final_grade"].eq(then["override_grade"].fillna(then["policy_grade"])).all()
        assert record["model"]["capture"]["estimate"] == pytest.approx(record["model"]["captured"] / record["wins"])
    assert report["pooled"]["model"]["capture"]["estimate"] > report["pooled"]["plan"]["capture"]["estimate"]
    assert "today's plan" in report["caveats"][0]

    value = report["override_value"]
    assert value["older_than_horizon"] == 42
    assert value["said"] is None
    assert {record["name"]: record["said"] for record in value["groups"]["author"]}["bob"] == "n = 5: too few, 30 needed"
    pooled = report["pooled"]
    gained = (pooled["final"]["captured"] - pooled["model"]["captured"]) / pooled["wins"]
    assert value["value"]["estimate"] == pytest.approx(gained)
    assert value["holdout"]["said"] is not None

    backtest_summary.print_backtest(Outcome(done["run_id"], folder, ()))
    out = capsys.readouterr().out
    assert "At the top 15 %: plan " in out
    assert "n = 5: too few, 30 needed" in out
    assert "more attention" in out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dated": False}, "look-alike mode: give won_on dates"),
        ({"accounts": 40}, "by no past landmark had 30 accounts won"),
    ],
    ids=["undated", "few wins"],
)
def test_what_cannot_be_replayed_is_refused_in_one_line(run, tmp_path, given, said):
    project = past_project(tmp_path / "past", **given)
    code, out, err = run("backtest", "--project", project.folder)
    assert (code, out) == (1, "")
    assert said in err.splitlines()[-1]
