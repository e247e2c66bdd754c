"""The hand-over package: made in a process of its own, offered file by file, older ones said to be so; Salesforce, read only."""

import hashlib
import html
import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from lastword.project import Project
from lastword.web.background import FAILED, Progress
from lastword.web.packager import PACKAGING, main, make, packages
from overrides.events import EXPORT, timeline
from overrides.publish import current_run
from overrides.salesforce_pushes import ACCEPTED, SENT, Row, add_rows, last_push
from overrides.salesforce_pushes import FAILED as REFUSED

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSTANCE = "https://acme.my.salesforce.com"


def text_of(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def test_the_package_is_made_on_request_and_offered_file_by_file(client_of: Callable[[str], Any], site: Project):
    rita, vera = client_of("rita"), client_of("vera")
    assert "There is no package of run" in text_of(vera.get("/planning/handover"))
    assert vera.post("/planning/handover/make").status_code == 403
    assert rita.post("/planning/handover/make").status_code == 302
    assert 'id="packaging"' in text_of(vera.get("/planning/handover"))
    while (answer := vera.get("/planning/handover/working")).status_code == 200:
        assert "begun by rita" in text_of(answer)
        time.sleep(0.2)
    assert answer["HX-Refresh"] == "true"
    (package,) = packages(site)
    page = text_of(vera.get("/planning/handover"))
    assert package.run_id == current_run().run_id
    for name, file in package.manifest["files"].items():
        assert f'title="{file["sha256"]}"' in page
        got = vera.get("/planning/handover/file", {"package": package.name, "name": name}).getvalue()
        assert hashlib.sha256(got).hexdigest() == file["sha256"]
    whole = vera.get("/planning/handover/file", {"package": package.name})
    with zipfile.ZipFile(io.BytesIO(whole.getvalue())) as archive:
        assert set(archive.namelist()) == {"manifest.json", *package.manifest["files"]}
    said = [line.said for line in timeline(kinds=(EXPORT,), limit=20, now=datetime.now(UTC)).lines]
    assert said[0] == f"Downloads the whole package of the hand-over of run {package.run_id}"
    assert any(each.startswith(f"Makes the hand-over package of run {package.run_id}: ") for each in said)


def test_decisions_since_and_older_runs_are_said(client_of: Callable[[str], Any], site: Project):
    package = make(site, NOW, "rita")
    rita = client_of("rita")
    assert "Decisions came since" not in text_of(rita.get("/planning/handover"))
    account = rita.get("/final-scores/export?format=csv").getvalue().decode().splitlines()[1].partition(",")[0]
    decided = {"account_id": account, "choice": "accept_plan", "reason": site.settings.overrides.reasons[0], "note": "n"}
    assert rita.post("/decide", decided).status_code in (200, 302)
    assert "Decisions came since" in text_of(rita.get("/planning/handover"))
    rename(package.path, "20200101T000000Z-0000")
    page = text_of(rita.get("/planning/handover"))
    assert "of an older run" in page
    assert "There is no package of run" in page


def rename(path: Any, run_id: str) -> None:
    """Make a package one of another run."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | {"run_id": run_id}).encode()
    path.unlink()
    with zipfile.ZipFile(path.with_name(f"handover-{run_id}.zip"), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_the_newest_five_packages_are_kept_and_nothing_else_is_offered(client_of: Callable[[str], Any], site: Project):
    first = make(site, NOW - timedelta(days=9), "rita")
    for number in range(6):
        rename(make(site, NOW - timedelta(days=8 - number), "rita").path, f"2020010{number}T000000Z-0000")
    kept = packages(site)
    assert len(kept) <= 6
    assert make(site, NOW, "rita").run_id == first.run_id
    assert len(packages(site)) == 5
    (site.state_folder / "handover" / "handover-x.zip").write_text("no archive")
    vera = client_of("vera")
    for query in (
        {"package": "handover-x.zip"},
        {"package": "../lastword.db"},
        {"package": first.name, "name": "../lastword.toml"},
    ):
        assert vera.get("/planning/handover/file", query).status_code == 404


def test_what_is_refused_and_work_that_died_are_said(client_of: Callable[[str], Any], site: Project):
    (site.state_folder / "handover").write_text("in the way")
    PACKAGING.write(site, Progress("running", "Starting", "rita", NOW.isoformat()))
    main(str(site.folder))
    found = PACKAGING.progress(site, datetime.now(UTC))
    assert found.state == FAILED
    (site.state_folder / "handover").unlink()
    assert "The package couldn’t be made." in text_of(client_of("rita").get("/planning/handover"))
    PACKAGING.write(site, Progress("running", "Making the workbook", "rita", NOW.isoformat(), 3, 5))
    assert "ended before it was done" in text_of(client_of("rita").get("/planning/handover"))


def test_salesforce_is_said_only_where_it_is_set_up(client_of: Callable[[str], Any], monkeypatch: Any):
    monkeypatch.delenv("SALESFORCE_INSTANCE_URL", raising=False)
    vera = client_of("vera")
    assert "Not set up." in text_of(vera.get("/planning/handover"))
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", INSTANCE)
    page = text_of(vera.get("/planning/handover"))
    assert "Nothing was ever pushed." in page
    assert "What would a push send now?" in page


def test_the_last_push_and_what_one_would_do_now(client_of: Callable[[str], Any], site: Project, monkeypatch: Any):
    from lastword.salesforce.push import rehearse

    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", INSTANCE)
    vera = client_of("vera")
    every = rehearse(site, INSTANCE, NOW)
    assert f"would send <strong>{every.accounts}</strong> of {every.accounts} accounts" in text_of(
        vera.get("/planning/handover?rehearsal=yes")
    )
    ids = [next(iter(row.values())) for row in every.first]
    add_rows("p1", every.target, {ids[0]: Row("d", SENT, "j"), ids[1]: Row("d", SENT, "j")}, "adam", NOW)
    add_rows(
        "p1", every.target, {ids[0]: Row("d", ACCEPTED, "j"), ids[1]: Row("d", REFUSED, "j", "No such <field>")}, "adam", NOW
    )
    assert last_push().outcomes == {ACCEPTED: 1, REFUSED: 1}
    page = vera.get("/planning/handover").content.decode()
    assert "1 taken, 1 refused" in page
    assert "No such &lt;field&gt;" in page
    before = timeline(kinds=(EXPORT,), limit=1, now=datetime.now(UTC)).lines
    assert vera.get("/planning/handover?rehearsal=yes").status_code == 200
    assert timeline(kinds=(EXPORT,), limit=1, now=datetime.now(UTC)).lines == before, "looking sends nothing"
