"""Capacity: what lastword.toml comes to, scenarios in the address beside it, tiers that changed."""

import html
import io
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from lastword import planning_results
from lastword.planning.capacity import capacity
from lastword.planning_settings import Capacity
from lastword.project import Project
from lastword.web.capacity_scenarios import read

CONFIGURED = """
[capacity]
roles = [
  { name = "strategic", tiers = [1], accounts_per_seller = 12, sellers = { EMEA = 2 } },
  { name = "field", tiers = [2], accounts_per_seller = 40.5 },
]
churn_budget = 0.0
"""


def text_of(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def fields(page: str) -> dict[str, Any]:
    """What the form of a scenario would send as it stands."""
    form = re.search(r'<form class="card stack" id="scenario".*?</form>', page)[0]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{each}="([^"]*)"', tag) for each in ("name", "value"))
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        sent.setdefault(name[1], []).append(value[1] if value else "")
    return sent


def scenario_of(client: Any, **changes: str) -> Any:
    page = text_of(client.get("/planning/capacity?new=yes"))
    sent = {name: value for name, value in fields(page).items() if name != "csrfmiddlewaretoken"}
    return client.post(
        "/planning/capacity/scenario", {**sent, **{name.replace("_", "-"): value for name, value in changes.items()}}
    )


def test_needed_there_gap_and_what_fits_by_region_and_role(client_of: Callable[[str], Any], site_with: Callable[[str], Project]):
    project = site_with(CONFIGURED)
    page = text_of(client_of("vera").get("/planning/capacity"))
    found = planning_results.staffing(project)
    emea = found.roles.set_index(["region", "role"]).loc[("EMEA", "strategic")]
    assert f"EMEA, strategic: {emea['gap']:.0f} missing" in page
    assert f"24: down to tier 1, {emea['value_cut']:,.0f} USD expected" in page
    assert found.unassigned > 0
    assert f"{found.unassigned} accounts go to no role" in page
    href = "/accounts?region=EMEA&final_grade=A&final_grade=B&final_grade=C&final_grade=D&final_grade=F&tier=1"
    assert f'<a href="{href}">{emea["accounts"]:.0f}</a>' in page.replace("&amp;", "&")


def test_without_sellers_the_picture_is_of_those_needed(client_of: Callable[[str], Any]):
    page = text_of(client_of("vera").get("/planning/capacity"))
    assert "lastword.toml doesn’t say who there is" in page
    assert re.search(r"lastword\.toml: \d+ sellers needed", page)


def test_a_scenario_is_seen_beside_lastword_toml_and_lives_in_the_address(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    answer = scenario_of(vera, name="More pooled", role_0_per_seller="30", role_0_sellers_0="2", role_0_sellers_1="1.5")
    assert answer.status_code == 302
    page = text_of(vera.get(answer["Location"]))
    word = re.search(r"scenario=([\w-]+)", answer["Location"])[1]
    expected = capacity(planning_results.staffed(site), read(word).roles)
    needed = expected["sellers_needed"].sum()
    assert re.search(rf"More pooled: {needed} sellers needed", page)
    assert 'aria-label="Remove More pooled"' in page
    lines = re.search(r"<code>(\[capacity\].*?)</code>", html.unescape(vera.get(answer["Location"]).content.decode()), re.DOTALL)[
        1
    ]
    assert Capacity.model_validate(tomllib.loads(lines)["capacity"]).roles == read(word).roles
    rolf = text_of(client_of("rolf").get(answer["Location"]))
    assert "More pooled" in rolf, "whoever has the link sees it"


def test_three_side_by_side_and_no_fourth(client_of: Callable[[str], Any]):
    vera = client_of("vera")
    words = [re.search(r"scenario=([\w-]+)", scenario_of(vera, name=f"S{n}")["Location"])[1] for n in range(3)]
    query = "&".join(f"scenario={word}" for word in words)
    page = text_of(vera.get(f"/planning/capacity?{query}"))
    assert all(f'aria-label="Change S{n}"' in page for n in range(3))
    assert "Another scenario" not in page
    assert vera.get(f"/planning/capacity?{query}&scenario={words[0]}").status_code == 400
    edited = text_of(vera.get(f"/planning/capacity?{query}&edit=1"))
    sent = {name: value for name, value in fields(edited).items() if name != "csrfmiddlewaretoken"}
    changed = vera.post("/planning/capacity/scenario", {**sent, "name": "S9"})["Location"]
    assert [read(word).name for word in re.findall(r"scenario=([\w-]+)", changed)] == ["S0", "S9", "S2"]
    assert vera.post("/planning/capacity/scenario", {**sent, "edit": "", "name": "S9"}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "at", "said"),
    [
        ({"role_0_per_seller": "many"}, "role-0-per-seller", "'many' accounts per seller can't be: write a number above 0"),
        ({"role_0_sellers_1": "-3"}, "role-0-sellers-1", "'-3' sellers in"),
        ({"name": ""}, "name", "The scenario has no name"),
    ],
)
def test_a_field_that_can_t_be_keeps_what_was_typed_and_says_why(client_of: Callable[[str], Any], changes, at, said):
    answer = scenario_of(client_of("vera"), **changes)
    assert answer.status_code == 400
    page = text_of(answer)
    assert said in re.search(rf'id="{at}-error" role="alert">(.*?)</span>', page)[1]
    assert f'aria-describedby="{at}-error"' in page
    assert f'value="{next(iter(changes.values()))}"' in page


def test_a_link_that_was_cut_off_is_said_to_be_so(client_of: Callable[[str], Any]):
    answer = client_of("vera").get("/planning/capacity?scenario=eNp1jr0KgzAU")
    assert answer.status_code == 400
    assert "cut off or changed" in text_of(answer)


def test_a_region_that_lastword_toml_misspells_is_named_with_its_line(
    client_of: Callable[[str], Any], site_with: Callable[[str], Project]
):
    site_with(CONFIGURED.replace("EMEA", "EMAE"))
    answer = client_of("vera").get("/planning/capacity")
    assert answer.status_code == 400
    assert 'did you mean "EMEA"?' in text_of(answer)


def test_tiers_that_changed_are_counted_listed_and_exported(client_of: Callable[[str], Any], site_with: Callable[[str], Project]):
    project, vera = site_with(CONFIGURED), client_of("vera")
    now = planning_results.staffed(project).set_index("account_id")["tier"].dropna()
    first = now.index[now == 1][:3]
    pretend_before(project, now.where(~now.index.isin(first), 3))
    page = text_of(vera.get("/planning/capacity"))
    assert f"3 of {len(now)} accounts change tier: 3 up, 0 down, over the budget of 0 %" in page
    for account in first:
        assert f">{account}</a>" in page
    table = pd.read_csv(io.BytesIO(vera.get("/planning/capacity/file?of=changes").getvalue()), dtype={"account_id": "str"})
    assert table[["before", "now", "steps"]].values.tolist() == [[3, 1, 2]] * 3


def pretend_before(project: Project, tiers: pd.Series) -> None:
    """Let the publication before the current one have had these tiers."""
    from lastword.runner import run_stages
    from overrides.publications import publications

    run_stages(project, "score", datetime.now(UTC))
    path = project.run_folder(publications(limit=2)[1].run_id) / "final_scores.parquet"
    tiers.rename("tier").rename_axis("account_id").reset_index().to_parquet(path)


def test_who_goes_to_whom_as_a_file(client_of: Callable[[str], Any], site_with: Callable[[str], Project]):
    project = site_with(CONFIGURED)
    table = pd.read_csv(io.BytesIO(client_of("vera").get("/planning/capacity/file").getvalue()), dtype={"account_id": "str"})
    found = planning_results.staffing(project)
    counts = found.roles.groupby("role")["accounts"].sum()
    assert table["role"].value_counts().to_dict() == counts.to_dict()
    assert table["role"].isna().sum() == found.unassigned
    assert table["fits"].sum() == found.roles["accounts_that_fit"].sum()
