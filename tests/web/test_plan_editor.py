"""The plan editor: what it shows, what it tries, what it keeps, and who may do which."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from lastword.plan import parse_plan
from lastword.planning.draft_text import plan_toml
from lastword.planning.plan_draft import draft_of, to_json
from overrides import scenarios
from overrides.events import EXPORT
from overrides.timeline import timeline

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


@pytest.fixture
def scenario(site: Any) -> scenarios.Scenario:
    return scenarios.create("Other weights", site.plan_path.read_text(encoding="utf-8"), "2026", "rita", "", NOW)


def sent(scenario: scenarios.Scenario, **fields: str) -> dict[str, str]:
    """What the form of the editor sends; __ in a name stands for a dot."""
    draft = to_json(draft_of(parse_plan(scenario.text), scenario.text))
    form = {"scenario": str(scenario.scenario_id), "revision": str(scenario.revision), "chosen": "0", "draft": draft}
    opened = plan_toml(parse_plan(scenario.text))
    return form | {"opened": opened} | {name.replace("__", "."): value for name, value in fields.items()}


def page_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_it_opens_with_attributes_bands_and_what_is_known_of_them(client_of: Callable[[str], Any], scenario: Any):
    answer = client_of("vera").get(f"/plans/edit?scenario={scenario.scenario_id}&attribute=employee_count")
    page = page_of(answer)
    assert answer.status_code == 200
    assert "style=" not in page
    assert "You may look; a reviewer can change it" in page
    assert 'name="attributes.1.bands.2.min"' in page
    assert page.count('class="handle"') == 3
    rates = re.findall(r'id="part-\d-wins">\s*([\d.]+) %', page)
    assert rates
    assert any(float(rate) > 0 for rate in rates)
    assert 'id="plan-form"' in page
    assert "Save</button>" not in page
    assert "Save</button>" in page_of(client_of("rita").get(f"/plans/edit?scenario={scenario.scenario_id}"))


def test_addresses_that_lead_nowhere(client_of: Callable[[str], Any], site: Any):
    rita = client_of("rita")
    assert rita.get("/plans/edit")["Location"] == "/plans"
    assert rita.get("/plans/edit?scenario=77").status_code == 409
    assert rita.get("/plans/edit?scenario=x").status_code == 400
    assert rita.post("/plans/try", {"draft": "nothing"}).status_code == 400


def test_a_try_says_who_moves_and_what_it_takes(client_of: Callable[[str], Any], scenario: Any):
    vera = client_of("vera")
    same = vera.post("/plans/try", sent(scenario))
    assert "None of 700 accounts would move" in page_of(same)
    answer = vera.post("/plans/try", sent(scenario, attributes__0__weight="90"))
    page = page_of(answer)
    assert re.search(r"[\d,]+ of 700 accounts would move", page)
    assert "would move" in json.loads(answer["HX-Trigger"])["say"]
    for part in (
        "Past wins in the best 15 %",
        "Sellers needed",
        "Accounts by segment",
        "By region",
        "weight of annual_revenue 25 → 90",
    ):
        assert part in page
    assert page.count('hx-swap-oob="innerHTML"') == 11  # the finding, and two figures of each of four bands and the unknown
    assert "style=" not in page


def test_mistakes_come_with_their_fields_instead(client_of: Callable[[str], Any], scenario: Any):
    answer = client_of("rita").post("/plans/try", sent(scenario, attributes__2__weight="-1", segments__1__min_points="99"))
    page = page_of(answer)
    assert re.findall(r'data-field="([^"]+)"', page) == ["segments.1.min_points", "attributes.2.weight"]
    assert "-1 is out of range; write a number from 0 up" in page
    assert "2 mistakes to correct" in json.loads(answer["HX-Trigger"])["say"]


def test_a_later_try_of_the_same_page_overtakes_an_earlier_one(client_of: Callable[[str], Any], scenario: Any):
    rita = client_of("rita")
    assert rita.post("/plans/try", sent(scenario, page="p", **{"try": "7"})).status_code == 200
    assert rita.post("/plans/try", sent(scenario, page="p", **{"try": "6"})).status_code == 204
    assert rita.post("/plans/try", sent(scenario, page="q", **{"try": "1"})).status_code == 200


@pytest.mark.parametrize("search", ["technology:", "intent:", "sub_"])
def test_whatever_the_run_knows_can_become_an_attribute(client_of: Callable[[str], Any], scenario: Any, search):
    rita = client_of("rita")
    found = re.findall(r'data-do="attribute:([^"]+)"', page_of(rita.get(f"/plans/known?search={search}")))
    assert found
    name = next(each for each in found if each not in parse_plan(scenario.text).names)
    answer = rita.post("/plans/edit/change", sent(scenario, do=f"attribute:{name}"))
    draft = json.loads(
        re.search(r'name="draft" value="([^"]*)"', answer.content.decode())[1].replace("&quot;", '"').replace("&#x27;", "'")
    )
    assert draft["attributes"][-1]["name"] == name
    assert draft["attributes"][-1]["bands"] or draft["attributes"][-1]["values"]
    tried = rita.post("/plans/try", sent(scenario) | {"draft": json.dumps(draft)})
    assert "accounts would move" in page_of(tried)


def test_what_the_run_does_not_know_cannot(client_of: Callable[[str], Any], scenario: Any):
    rita = client_of("rita")
    answer = rita.post("/plans/edit/change", sent(scenario, do="attribute:industri"))
    assert answer.status_code == 400
    assert "industry" in page_of(answer)
    assert "Nothing that the run knows" in page_of(rita.get("/plans/known?search=nothing-like-it"))


def test_steps_redraw_the_form(client_of: Callable[[str], Any], scenario: Any):
    answer = client_of("rita").post("/plans/edit/change", sent(scenario, do="split:attributes.0.bands.1"))
    assert 'name="attributes.0.bands.4.min"' in page_of(answer)


def test_saving_keeps_a_revision_and_its_header(client_of: Callable[[str], Any], scenario: Any):
    answer = client_of("rita").post("/plans/save", sent(scenario, attributes__0__weight="40"))
    assert answer.status_code == 200
    assert 'value="2"' in page_of(answer)
    kept = scenarios.find(scenario.scenario_id)
    assert (kept.revision, kept.changed_by, parse_plan(kept.text).attributes[0].weight) == (2, "rita", 40.0)
    assert kept.text.startswith("# The scoring plan as the sales team set it by hand")


def test_viewers_save_nothing_and_mistakes_are_not_saved(client_of: Callable[[str], Any], scenario: Any):
    assert client_of("vera").post("/plans/save", sent(scenario, attributes__0__weight="40")).status_code == 403
    answer = client_of("rita").post("/plans/save", sent(scenario, attributes__0__weight="x"))
    assert "Not saved: 1 mistake" in page_of(answer)
    assert scenarios.find(scenario.scenario_id).revision == 1


def test_who_saved_since_is_told_and_nothing_is_lost(client_of: Callable[[str], Any], scenario: Any):
    rita, rolf = client_of("rita"), client_of("rolf")
    assert rolf.post("/plans/save", sent(scenario, attributes__1__weight="33")).status_code == 200
    page = page_of(rita.post("/plans/save", sent(scenario, attributes__0__weight="40")))
    assert "rolf saved this scenario since you opened it" in page
    assert "weight of employee_count 20 → 33" in page
    assert "weight of annual_revenue 25 → 40" in page
    answer = rita.post("/plans/save", sent(scenario, attributes__0__weight="40", new_name="Mine") | {"as": "new"})
    mine = scenarios.find(int(answer["HX-Redirect"].rpartition("=")[2]))
    assert (mine.name, parse_plan(mine.text).attributes[0].weight, mine.based_on) == ("Mine", 40.0, "2026")
    assert parse_plan(scenarios.find(scenario.scenario_id).text).attributes[1].weight == 33.0


def test_everyone_who_moves_goes_out_as_a_file_and_is_audited(client_of: Callable[[str], Any], scenario: Any):
    answer = client_of("vera").post("/plans/moves", sent(scenario, attributes__0__weight="90"))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("account_id,region,industry,points_before")
    told = next(line for line in timeline(kinds=(EXPORT,), limit=5, now=datetime.now(UTC)).lines if line.subject == "moves")
    assert told.said == f"Exports the accounts that scenario Other weights would move as .csv: {len(lines) - 1:,} rows"


def test_an_adopted_or_dropped_scenario_is_read_alone(client_of: Callable[[str], Any], scenario: Any):
    scenarios.drop(scenario.scenario_id, "rita", NOW)
    page = page_of(client_of("rita").get(f"/plans/edit?scenario={scenario.scenario_id}"))
    assert "Nothing changes in it any more" in page
    assert "Save</button>" not in page
