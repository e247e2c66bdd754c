"""The runs: published and blocked, their reports, pictures and documents; what is missing is said."""

import json
from dataclasses import replace

import pytest

from lastword.web.experiments import experiments
from lastword.web.run_figures import moves
from lastword.web.run_folder import read_folder, run_ids, why_unpublished
from tests.web.contexts import rendered_contexts  # noqa: F401


def _run_id(project):  # type: ignore[no-untyped-def]
    return run_ids(project)[0]


def _report(project, run_id, **reports):  # type: ignore[no-untyped-def]
    folder = project.run_folder(run_id)
    folder.mkdir(exist_ok=True)
    for name, content in reports.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


TABLE = {"rows_in": 100, "rows_used": 60, "rows_not_yet_known": 0, "rows_quarantined": 40, "reasons": {"blank_account_id": 40}}
BLOCKED = {
    "ok": False,
    "tables": {"accounts": TABLE},
    "expectations": [{"table": "accounts", "name": "few quarantined", "ok": False}],
}


def test_runs_are_listed_with_those_that_the_gate_blocked_and_why(site, client_of):
    published = _run_id(site)
    _report(site, "20991231T000000Z-aaaa", validation=BLOCKED)
    page = client_of("vera").get("/runs")
    found = [each["run"] for each in page.context["runs"]]
    assert [run.run_id for run in found] == ["20991231T000000Z-aaaa", published]
    assert found[0].published is None and found[0].outcome == "blocked" and found[0].quarantined == 40
    assert found[0].why == (
        "The gate blocked it: of accounts 40 of 100 rows are quarantined (40 %); "
        "an expectation is unmet: accounts: few quarantined."
    )
    assert found[1].quarantined == 56 and found[1].drifted[1] == 71 and found[1].promotion == "version 1 promoted"
    text = page.content.decode()
    assert "past date" in text and "current" in text and 'href="/runs/documents/validation"' in text


def test_the_list_goes_on_page_by_page(site, client_of, monkeypatch):
    from lastword.web.pages import runs

    for day in range(1, 5):
        _report(site, f"2026010{day}T000000Z-aaaa", validation={"ok": True})
    monkeypatch.setattr(runs, "RUNS", 2)
    client, seen, address = client_of("vera"), [], "/runs"
    while address:
        page = client.get(address)
        seen += [each["run"].run_id[:8] for each in page.context["runs"]]
        address = page.context["next_href"]
    assert seen == [_run_id(site)[:8], "20260104", "20260103", "20260102", "20260101"]
    assert client.get("/runs?after=nonsense").status_code == 400


def test_a_run_shows_what_the_gate_let_in_how_good_the_model_is_and_what_moved(site, client_of):
    page = client_of("vera").get(f"/runs/{_run_id(site)}")
    text = page.content.decode()
    for said in ("blank_account_id", "not known to it", "left out of the model", "AUC", "0.722 to 0.859", "population stability"):
        assert said in text
    assert sum(counts["policy"] for counts in page.context["graded"].values()) == 700
    assert [name for name, _ in page.context["pictures"]][:3] == ["gains", "lift", "calibration"]
    assert page.context["drifted"] == (0, 71)


def test_a_blocked_run_has_a_page_that_says_so(site, client_of):
    _report(site, "20991231T000000Z-aaaa", validation=BLOCKED)
    text = client_of("vera").get("/runs/20991231T000000Z-aaaa").content.decode()
    assert "Not published." in text and "few quarantined" in text


@pytest.mark.parametrize(
    "broken", ["", "[1, 2]", '{"figures": 3, "model": "x"}', '{"figures": {"temporal": [], "drift": {"a": 1}}}']
)
def test_reports_that_are_missing_or_of_another_shape_are_no_error(site, client_of, broken):
    run_id = _run_id(site)
    for name in ("validation", "leakage", "metrics"):
        path = site.run_folder(run_id) / f"{name}.json"
        path.write_text(broken, encoding="utf-8") if broken else path.unlink()
    client = client_of("vera")
    for address in ("/runs", f"/runs/{run_id}"):
        assert client.get(address).status_code == 200
    text = client.get(f"/runs/{run_id}").content.decode()
    assert "kept no report of its inputs" in text and "trained nothing" in text
    assert ("can’t be read" in text) == (broken == "[1, 2]")


def test_a_run_whose_folder_is_gone_says_so(site, client_of):
    import shutil

    run_id = _run_id(site)
    shutil.rmtree(site.run_folder(run_id))
    page = client_of("vera").get(f"/runs/{run_id}")
    assert page.status_code == 200 and "folder isn’t there any more" in page.content.decode()
    assert client_of("vera").get("/runs").status_code == 200


def test_pictures_are_drawn_by_known_names_alone(site, client_of):
    run_id, client = _run_id(site), client_of("vera")
    (site.run_folder(run_id) / "secret.svg").write_text("<svg/>", encoding="utf-8")
    picture = client.get(f"/runs/{run_id}/pictures/gains")
    assert picture["Content-Type"] == "image/svg+xml" and picture.content.startswith(b"<svg")
    assert "script-src" not in picture["Content-Security-Policy"] and "default-src 'none'" in picture["Content-Security-Policy"]
    part = client.get(f"/runs/{run_id}/pictures/gains", headers={"HX-Request": "true"})
    assert part["Content-Type"].startswith("text/html")
    for wrong in ("secret", "secret.svg", "..%2Fmetrics.json", "%2E%2E%2F%2E%2E%2Fweb_secret", "nonsense"):
        assert client.get(f"/runs/{run_id}/pictures/{wrong}").status_code == 404
    for wrong in ("..", "%2E%2E", ".", "..%2F..%2Fdata", "nonsense", "latest.json"):
        assert client.get(f"/runs/{wrong}/pictures/gains").status_code == 404
        assert read_folder(site, wrong) is None
    assert client.get("/runs/nonsense").status_code == 404


def test_documents_are_closed_pages_by_known_names_alone(site, client_of):
    client = client_of("vera")
    for name in ("validation", "model_card"):
        page = client.get(f"/runs/documents/{name}")
        assert page.status_code == 200 and page.content.startswith(b"<!doctype html>")
        assert page["Content-Security-Policy"].startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    for wrong in ("..%2F..%2Flastword", "..", "web_secret", "nonsense"):
        assert client.get(f"/runs/documents/{wrong}").status_code == 404
    (site.docs_folder / "validation.html").unlink()
    assert client.get("/runs/documents/validation").status_code == 404
    assert "/runs/documents/validation" not in client.get("/runs").content.decode()


def test_documents_and_pictures_ask_for_a_sign_in(site, client_of):
    run_id = _run_id(site)
    for address in (
        "/runs",
        f"/runs/{run_id}",
        f"/runs/{run_id}/pictures/gains",
        "/runs/documents/validation",
        "/audit",
        "/waiting",
    ):
        assert client_of("").get(address).status_code == 302


def test_mlflow_is_a_command_or_an_address_and_neither_holds_a_password(site):
    assert experiments(site, "propensity", "1").command.startswith("DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true ")

    def at(uri):  # type: ignore[no-untyped-def]
        mlflow = site.settings.mlflow.model_copy(update={"tracking_uri": uri})
        return experiments(replace(site, settings=site.settings.model_copy(update={"mlflow": mlflow})), "a b", "3")

    assert at("https://me:secret@mlflow.example:5000/").href == "https://mlflow.example:5000/#/models/a%20b/versions/3"
    assert "secret" not in at("postgresql://me:secret@db/mlflow").command


@pytest.mark.parametrize(
    ("reports", "outcome"),
    [
        ({}, "ended"),
        ({"validation": {"ok": True}}, "checked"),
        ({"validation": {"ok": True}, "metrics": {"model": {"version": "3", "promoted": True}}}, "trained"),
        ({"validation": {"ok": True}, "leakage": {"blocked": [{"message": "column x tells the future"}]}}, "blocked"),
        ({"validation": {"ok": True}, "backtest": {}}, "backtest"),
        ({"validation": {"ok": True}, "recommendations": {}}, "recommend"),
    ],
)
def test_how_far_an_unpublished_run_came(site, reports, outcome):
    _report(site, "20260101T000000Z-aaaa", **reports)
    folder = read_folder(site, "20260101T000000Z-aaaa")
    assert why_unpublished(folder)[0] == outcome


def test_moves_of_grades_become_a_matrix():
    (found,) = moves(
        {"transitions": {"model": {"counts": {"A": {"A": 3, "B": 1}, "B": {"A": 2}}, "changed": 0.5, "up": 2, "down": 1}}}
    )
    assert found.grades == ("A", "B", "C", "D", "F") and found.rows[0] == (
        "A",
        ((3, True), (1, False), (0, False), (0, False), (0, False)),
    )
    assert found.said == "50 % as before; 2 up, 1 down"
    assert moves({}) == ()
