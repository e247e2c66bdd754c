"""Versions, scenarios, comparison and adoption of plans, and recommended changes into a scenario, on their pages."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lastword.plan import parse_plan
from lastword.planning.plan_text import attribute_text
from overrides import events, plan_versions, scenarios
from overrides.publish import current_run

NOW = datetime.now(UTC)


def page_of(client: Any, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:2000]
    page: str = answer.content.decode()
    assert "style=" not in page
    return page


def heavier(text: str) -> str:
    """The demo's plan with another weight."""
    assert "weight = 25\n" in text
    return text.replace("weight = 25\n", "weight = 60\n", 1)


@pytest.fixture
def bold(site: Any) -> scenarios.Scenario:
    """An open scenario that moves accounts."""
    text = site.plan_path.read_text(encoding="utf-8")
    return scenarios.create("Bold & new", heavier(text), "2026", "rita", "", NOW)


def posted(client: Any, address: str, **given: Any) -> Any:
    return client.post(address, given)


def test_the_list_says_what_is_adopted_and_how_plan_toml_differs(client_of: Callable[[str], Any], site: Any, bold: Any):
    page = page_of(client_of("vera"), "/plans")
    assert "No plan version is adopted yet" in page
    assert "plan.toml is version 2026" in page
    assert "Bold &amp; new" in page
    (version,) = plan_versions.versions()
    plan_versions.adopt(version.version_id, "anna", "the board", NOW)
    site.plan_path.write_text(heavier(site.plan_path.read_text(encoding="utf-8")), encoding="utf-8")
    page = page_of(client_of("vera"), "/plans")
    assert "Plan 2026 is adopted" in page
    assert "by anna: the board" in page
    assert "plan.toml differs from the adopted version" in page
    assert "weight of annual_revenue 25 → 60" in page
    assert "No version holds it as it stands" in page
    assert "Keep plan.toml as a version" not in page
    assert "Keep plan.toml as a version" in page_of(client_of("rita"), "/plans")


def test_a_mistake_in_plan_toml_is_told_and_the_rest_is_there(client_of: Callable[[str], Any], site: Any, bold: Any):
    site.plan_path.write_text("version = 1\n", encoding="utf-8")
    page = page_of(client_of("anna"), "/plans")
    assert "plan.toml has a mistake" in page
    assert "plan.toml:1:" in page
    assert "Bold &amp; new" in page
    assert "Put the mistake right" in page_of(client_of("anna"), f"/plans/scenario/adopt?scenario={bold.scenario_id}")


def test_a_version_is_readable_and_its_text_comes_as_a_file(client_of: Callable[[str], Any], site: Any):
    vera = client_of("vera")
    (version,) = plan_versions.versions()
    page = page_of(vera, f"/plans/version?id={version.version_id}")
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for said in ("annual revenue", "250,000,000 or more 100", "50 to under 65", "65 to 100", "excluded", "25.0 25 %"):
        assert said in shown
    answer = vera.get(f"/plans/text?plan=version:{version.version_id}")
    assert b"".join(answer).decode() == plan_versions.version_text(version.version_id)
    assert answer["Content-Disposition"] == 'attachment; filename="plan-2026.toml"'
    (line,) = events.timeline(now=datetime.now(UTC), kinds=["export"]).lines
    assert (line.by, line.said) == ("vera", "Exports plan 2026 as plan.toml")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/plans/version?id=99", 409),
        ("/plans/version?id=x", 400),
        ("/plans/version", 400),
        ("/plans/scenario?id=99", 409),
        ("/plans/text?plan=../../x", 400),
        ("/plans/compare?plan=version:1&plan=nothing", 400),
        ("/plans/compare?plan=version:99999999999999999999", 400),
        ("/plans/adopt?version=99", 409),
        ("/plans/scenario/adopt?scenario=99", 409),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(client_of: Callable[[str], Any], address, status):
    assert "This can" in page_of(client_of("adam"), address, status)


def test_who_may_do_what(client_of: Callable[[str], Any], bold: Any):
    scenario, vera, rita = str(bold.scenario_id), client_of("vera"), client_of("rita")
    for address in ("new", "rename", "drop", "revive", "recommended"):
        assert vera.post(f"/plans/scenario/{address}", {"scenario": scenario}).status_code == 403
    assert vera.post("/plans/keep", {"version": "x"}).status_code == 403
    for address in (f"/plans/scenario/adopt?scenario={scenario}", "/plans/adopt?version=1"):
        assert rita.get(address).status_code == 403
        assert rita.post(address, {"note": "x", "name": "2027"}).status_code == 403
    assert scenarios.find(bold.scenario_id).state == "open"


@pytest.mark.parametrize("source", ["version:1", "file", "scenario", "upload", "file chosen"])
def test_a_scenario_begins_with_any_plan(client_of: Callable[[str], Any], site: Any, bold: Any, source):
    text = site.plan_path.read_text(encoding="utf-8")
    uploads = source in ("upload", "file chosen")
    begun = heavier(text) if uploads or source == "scenario" else text
    given = {"name": "Mine", "note": "try", "from": f"scenario:{bold.scenario_id}" if source == "scenario" else source}
    if source == "file chosen":
        given["from"] = "file"  # the list was left as it was
    if uploads:
        given["file"] = SimpleUploadedFile("other.toml", heavier(text).replace("\n", "\r\n").encode())
    answer = client_of("rita").post("/plans/scenario/new", given)
    assert answer.status_code == 302
    made = scenarios.scenarios("open")[0]
    assert answer["Location"].endswith(f"={made.scenario_id}")
    assert (made.name, made.note, made.made_by) == ("Mine", "try", "rita")
    assert made.based_on == ("other.toml" if uploads else "2026")
    assert scenarios.find(made.scenario_id).text == begun


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": " ", "from": "file"}, "name", "expected 1 to 120 characters"),
        ({"name": "Bold & new", "from": "file"}, "name", "open scenario has the name"),
        ({"name": "x", "from": "upload"}, "from", "no file was chosen"),
        ({"name": "x", "from": "version:99"}, "from", "no plan version with the id 99"),
        ({"name": "x", "from": "upload", "file": b"version = \n"}, "from", "plan.toml:1:"),
        ({"name": "x", "from": "upload", "file": b"\xff\xfe"}, "from", "isn&#x27;t text in UTF-8"),
        ({"name": "x", "from": "upload", "file": b"#" * 1_000_001}, "from", "1,000,001 bytes"),
    ],
)
def test_what_is_wrong_with_a_new_scenario_stands_at_its_field(client_of: Callable[[str], Any], bold: Any, given, field, said):
    if "file" in given:
        given = {**given, "file": SimpleUploadedFile("other.toml", given["file"])}
    answer = client_of("rita").post("/plans/scenario/new", given)
    assert answer.status_code == 400
    (error,) = re.findall(rf'id="{field}-error" role="alert">(.*?)</p>', answer.content.decode())
    assert said in error
    assert len(scenarios.scenarios()) == 1


def test_a_scenario_is_renamed_dropped_and_revived(client_of: Callable[[str], Any], bold: Any):
    rita, number = client_of("rita"), str(bold.scenario_id)
    page = page_of(rita, f"/plans/scenario?id={number}")
    assert "1 difference from 2026" in page
    assert "weight of annual_revenue 25 → 60" in page
    assert posted(rita, "/plans/scenario/rename", scenario=number, name="Braver", next="scenario").status_code == 302
    assert posted(rita, "/plans/scenario/rename", scenario=number, name="").status_code == 400
    assert posted(rita, "/plans/scenario/drop", scenario=number).status_code == 302
    page = page_of(rita, "/plans")
    assert "No scenario in work" in page
    assert "1 adopted or dropped" in page
    assert posted(rita, "/plans/scenario/drop", scenario=number).status_code == 409
    assert posted(rita, "/plans/scenario/revive", scenario=number).status_code == 302
    assert scenarios.find(bold.scenario_id).name == "Braver"
    assert [line.said for line in events.timeline(now=datetime.now(UTC), kinds=["scenario"], by="rita").lines][:2] == [
        "Revives scenario Braver",
        "Drops scenario Braver",
    ]


def test_plans_stand_side_by_side_with_what_each_would_do(client_of: Callable[[str], Any], site: Any, bold: Any):
    from lastword.plan_trial import current_plan, trial_of

    vera, run = client_of("vera"), current_run()
    page = page_of(vera, f"/plans/compare?plan=scenario:{bold.scenario_id}&plan=version:1")
    found = trial_of(site, run.run_id, current_plan(site.run_folder(run.run_id)), parse_plan(bold.text), NOW).found
    assert found.moved > 0
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f"{found.moved:,} {100 * found.moved / found.accounts:.1f} %: {found.up:,} up, {found.down:,} down" in shown
    assert f"{100 * found.agreement_after.same:.1f} % now {100 * found.agreement_before.same:.1f} %" in shown
    assert f"{100 * found.capture.after:.1f} % now {100 * found.capture.before:.1f} %" in shown
    assert "weight of annual_revenue 25 → 60" in shown  # the version first, although the scenario was ticked first
    assert found.moves["account_id"].iloc[0] in shown
    turned = page_of(vera, f"/plans/compare?first=scenario:{bold.scenario_id}&second=version:1")
    assert "weight of annual_revenue 60 → 25" in turned


def test_a_plan_that_cannot_be_tried_says_why_beside_the_others(client_of: Callable[[str], Any], bold: Any):
    text = bold.text.replace('name = "annual_revenue"', 'name = "no_such_column"', 1)
    odd = scenarios.create("Odd", text, "2026", "rita", "", NOW)
    page = page_of(client_of("anna"), f"/plans/compare?plan=scenario:{bold.scenario_id}&plan=scenario:{odd.scenario_id}")
    assert "no_such_column" in page.partition("be tried")[2].partition("</tr>")[0]
    assert "be tried on the accounts" in page_of(client_of("anna"), f"/plans/scenario/adopt?scenario={odd.scenario_id}")


def test_what_a_plan_would_do_is_worked_out_once(client_of: Callable[[str], Any], bold: Any, monkeypatch):
    from lastword.web.plan_ground import Ground

    tried = []
    real = Ground.what_if
    monkeypatch.setattr(Ground, "what_if", lambda ground, plan, *given: tried.append(plan.version) or real(ground, plan, *given))
    for _ in range(2):
        page_of(client_of("vera"), f"/plans/compare?plan=version:1&plan=scenario:{bold.scenario_id}")
    assert len(tried) == 2
    scenarios.save(bold.scenario_id, bold.text.replace("weight = 60", "weight = 61"), 1, "rita", NOW)
    page_of(client_of("vera"), f"/plans/compare?plan=version:1&plan=scenario:{bold.scenario_id}")
    assert len(tried) == 3


def test_an_approver_adopts_a_scenario(client_of: Callable[[str], Any], site: Any, bold: Any):
    anna, address = client_of("anna"), f"/plans/scenario/adopt?scenario={bold.scenario_id}"
    page = page_of(anna, address)
    assert "accounts (" in page
    assert 'value="2026 (2)"' in page
    answer = posted(anna, address, name=" ", note="", revision="1")
    assert answer.status_code == 400
    assert "the note is empty" in answer.content.decode()
    assert "the version is" in answer.content.decode()
    assert posted(anna, address, name="2026", note="why", revision="1").status_code == 400
    scenarios.save(bold.scenario_id, bold.text.replace("weight = 60", "weight = 61"), 1, "rolf", NOW)
    answer = posted(anna, address, name="2027", note="why", revision="1")
    assert "rolf saved scenario" in answer.content.decode()
    assert plan_versions.adopted(datetime.now(UTC)) is None
    assert posted(anna, address, name="2027", note="why", revision="2").status_code == 302
    made = plan_versions.adopted(datetime.now(UTC))
    assert (made.plan.version, made.by, made.note) == ("2027", "anna", "why")
    assert parse_plan(site.plan_path.read_text(encoding="utf-8")).version == "2027"
    assert anna.get(address).status_code == 409


def test_an_approver_adopts_a_version_again(client_of: Callable[[str], Any], site: Any, bold: Any):
    anna, (first,) = client_of("anna"), plan_versions.versions()
    plan_versions.adopt(first.version_id, "anna", "", NOW)
    posted(anna, f"/plans/scenario/adopt?scenario={bold.scenario_id}", name="2027", note="why", revision="1")
    page = page_of(anna, f"/plans/adopt?version={first.version_id}")
    assert "1 difference from 2027" in page
    assert posted(anna, f"/plans/adopt?version={first.version_id}", note="back").status_code == 302
    assert plan_versions.adopted(datetime.now(UTC)).plan == first
    assert site.plan_path.read_text(encoding="utf-8") == plan_versions.version_text(first.version_id)


def test_what_no_version_holds_is_kept_first(client_of: Callable[[str], Any], site: Any, bold: Any):
    anna, address = client_of("anna"), f"/plans/scenario/adopt?scenario={bold.scenario_id}"
    mine = site.plan_path.read_text(encoding="utf-8").replace("weight = 25\n", "weight = 26\n", 1)
    site.plan_path.write_text(mine, encoding="utf-8")
    page = page_of(anna, address)
    assert "has changes that no version holds" in page
    assert 'value="2026 (2)"' in page
    assert "Adopt the scenario" not in page
    answer = posted(anna, address, name="2027", note="why", revision="1")
    assert "has changes that no version holds" in answer.content.decode()
    assert site.plan_path.read_text(encoding="utf-8") == mine
    taken = anna.post("/plans/keep", {"version": "2026", "next": address}, follow=True)
    assert "is another plan" in taken.content.decode()
    kept = posted(anna, "/plans/keep", version="mine", note="", next=address)
    assert (kept.status_code, kept["Location"]) == (302, address)
    assert plan_versions.find("mine").author == "anna"
    assert site.plan_path.read_text(encoding="utf-8") == mine.replace('version = "2026"', 'version = "mine"')
    assert "Adopt the scenario" in page_of(anna, address)


def test_a_version_that_is_taken_is_told_where_plan_toml_is_kept(client_of: Callable[[str], Any], site: Any):
    site.plan_path.write_text(heavier(site.plan_path.read_text(encoding="utf-8")), encoding="utf-8")
    rita = client_of("rita")
    answer = posted(rita, "/plans/keep", version="2026", note="mine")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "is another plan" in re.findall(r'id="keep-error" role="alert">(.*?)</p>', page)[0]
    assert 'value="mine"' in page
    assert posted(rita, "/plans/keep", version="2026b", next="//elsewhere.example/").headers["Location"] == "/plans"


def recommend(site: Any) -> None:
    """recommendations.json of the current run, on plan.toml as it is, with one change of each kind."""
    plan = site.load_plan()
    revenue = next(each for each in plan.attributes if each.name == "annual_revenue")
    figure, sample = {"estimate": 0.2, "low": 0, "high": 1}, {"landmarks": ["2026-01-01"], "rows": 9, "wins": 3}
    effect = {
        **dict.fromkeys(("capture_before", "capture_after", "capture_gain", "auc_gain"), figure),
        **dict.fromkeys(("moved", "moved_up", "moved_down", "moved_at_equal_sizes"), 1),
        "p_value": 0.01,
    }
    added = revenue.model_copy(update={"name": "founded_year", "weight": 3.0})
    changes = [
        {"attribute": each.name, "kind": kind, "information_value": 0.3, "current_weight": 25, "toml": attribute_text(each)}
        | {"recommended_weight": each.weight, "effect": effect, "family": "firmographic"}
        for kind, each in (("reweight", revenue.model_copy(update={"weight": 40.0})), ("add", added))
    ]
    report = {
        "run_id": current_run().run_id,
        "as_of": "2026-06-01",
        "plan_version": "2026",
        "plan": "x",
        "tried": 9,
        "changes": changes,
        "together": None,
        "learnt_on": sample,
        "measured_on": sample,
    }
    path = site.run_folder(current_run().run_id) / "recommendations.json"
    path.write_text(json.dumps(report), encoding="utf-8")


def test_a_recommended_change_goes_into_a_new_scenario_or_an_open_one(client_of: Callable[[str], Any], site: Any, bold: Any):
    recommend(site)
    rita = client_of("rita")
    page = page_of(rita, "/indicators?family=plan")
    assert page.count("Into a scenario") == 2
    assert f'<option value="{bold.scenario_id}">Bold &amp; new</option>' in page
    assert "Into a scenario" not in page_of(client_of("vera"), "/indicators?family=plan")
    answer = posted(rita, "/plans/scenario/recommended", change="reweight:annual_revenue", scenario="new")
    assert answer.status_code == 302
    made = scenarios.find(scenarios.scenarios("open")[0].scenario_id)
    assert made.name == "Raise the weight of annual revenue from 25 to 40"
    assert made.text == site.plan_path.read_text(encoding="utf-8").replace("weight = 25\n", "weight = 40\n", 1)
    answer = posted(rita, "/plans/scenario/recommended", change="add:founded_year", scenario=str(bold.scenario_id))
    assert answer["Location"].endswith(f"={bold.scenario_id}")
    found = scenarios.find(bold.scenario_id)
    assert (found.revision, found.text.startswith(bold.text.partition("[[rules]]")[0].rstrip())) == (2, True)
    assert [each.name for each in parse_plan(found.text).attributes][-1] == "founded_year"


def test_a_recommended_change_that_no_longer_applies_is_refused(client_of: Callable[[str], Any], site: Any, bold: Any):
    recommend(site)
    rita, number = client_of("rita"), str(bold.scenario_id)
    assert posted(rita, "/plans/scenario/recommended", change="add:founded_year", scenario=number).status_code == 302
    again = posted(rita, "/plans/scenario/recommended", change="add:founded_year", scenario=number)
    assert again.status_code == 409
    assert "looks at founded_year by now" in again.content.decode()
    gone = posted(rita, "/plans/scenario/recommended", change="together", scenario=number)
    assert "worked out anew since" in gone.content.decode()
    scenarios.drop(bold.scenario_id, "rita", NOW)
    dropped = posted(rita, "/plans/scenario/recommended", change="reweight:annual_revenue", scenario=number)
    assert "is dropped" in dropped.content.decode()


def test_without_a_publication_plans_are_still_there(client_of: Callable[[str], Any], bold: Any, monkeypatch):
    for module in ("plans", "plan_compare", "plan_adoption"):
        monkeypatch.setattr(f"lastword.web.pages.{module}.current_run", lambda: None)
    anna = client_of("anna")
    assert "Bold &amp; new" in page_of(anna, "/plans")
    assert "Nothing is published" in page_of(anna, f"/plans/compare?plan=version:1&plan=scenario:{bold.scenario_id}")
    assert "Nothing is published" in page_of(anna, f"/plans/scenario/adopt?scenario={bold.scenario_id}")
