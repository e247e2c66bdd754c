"""Plan against model by an attribute: the figures of the final table, whatever the attribute and the measure."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from lastword.project import Project
from lastword.results import final_scores, grade_of_segment
from lastword.web.attributes import attributes_of
from lastword.web.pages.filtering import filters_of
from lastword.web.pages.segments import Crossed, asked_of, crossed_of
from overrides.publish import current_run
from tests.requests import request_of


def crossed(site: Project, query: str = "") -> Crossed:
    """What the page counts."""
    request, run = request_of(site, f"/segments{query}"), current_run()
    known = attributes_of(site, run.run_id)
    return crossed_of(request, filters_of(request), asked_of(request, known), known, run.run_id)


def amount(found: Crossed, value: str, grade: str, place: int) -> float | None:
    (row,) = [row for row in found.rows if row.value == value]
    cell = row.grades[found.grades.index(grade)][place]
    return cell.amount


@pytest.fixture
def final(site: Project) -> pd.DataFrame:
    return final_scores(site).assign(plan_grade=lambda table: table["plan_segment"].map(grade_of_segment(site)))


@pytest.mark.parametrize("attribute", ["region", "sub_region", "country", "industry", "sub_industry", "account_status"])
def test_accounts_by_a_column_of_the_hierarchy(site: Project, final: pd.DataFrame, attribute: str):
    found = crossed(site, f"?attribute={attribute}")
    value = final[attribute].value_counts().index[0]
    part = final[final[attribute] == value]
    assert {row.value: row.accounts for row in found.rows} == final[attribute].fillna("not given").value_counts().to_dict()
    assert [amount(found, value, "A", place) for place in range(3)] == [
        (part[column] == "A").sum() for column in ("plan_grade", "model_grade", "final_grade")
    ]
    assert amount(found, value, "A", 3) == (part["model_grade"] == "A").sum() - (part["plan_grade"] == "A").sum()


def test_the_measures(site: Project, final: pd.DataFrame):
    value = final["region"].value_counts().index[0]
    part = final[final["region"] == value]
    of_model = part[part["model_grade"] == "B"]
    assert amount(crossed(site, "?measure=share"), value, "B", 1) == pytest.approx(len(of_model) / len(part))
    assert amount(crossed(site, "?measure=total_points"), value, "B", 1) == pytest.approx(of_model["model_points"].sum())
    assert amount(crossed(site, "?measure=average_points"), value, "B", 1) == pytest.approx(of_model["model_points"].mean())
    assert amount(crossed(site, "?measure=potential_spend"), value, "B", 1) == pytest.approx(of_model["potential_spend"].sum())
    assert crossed(site, "?measure=average_points").opinions == ("plan", "model")


def test_attributes_that_only_the_run_knows(final: pd.DataFrame, site: Project):
    (run_id,) = final["run_id"].unique()
    features = pd.read_parquet(site.run_folder(run_id) / "features.parquet").set_index("account_id")
    known = final.set_index("account_id").join(features[["ownership", "technology:Salesforce"]])
    found = crossed(site, "?attribute=ownership")
    assert {row.value: row.accounts for row in found.rows} == known["ownership"].fillna("not given").value_counts().to_dict()
    assert [row.href for row in found.rows] == [""] * len(found.rows)
    with_it = known[known["technology:Salesforce"] == 1]
    found = crossed(site, "?attribute=technology:Salesforce")
    assert amount(found, "yes", "A", 1) == (with_it["model_grade"] == "A").sum()


def test_rows_lead_to_their_accounts_under_the_same_filters(client_of: Callable[[str], Any], final: pd.DataFrame):
    page = client_of().get("/segments?attribute=country&region=EMEA").content.decode()
    country = final[final["region"] == "EMEA"]["country"].value_counts().index[0]
    assert f'href="/accounts?region=EMEA&amp;country={country}"' in page
    assert f'href="/accounts?region=EMEA&amp;country={country}&amp;plan_grade=A"' in page


def test_the_attribute_and_the_measure_stay_when_a_filter_changes_and_the_other_way_round(client_of: Callable[[str], Any]):
    page = client_of().get("/segments?attribute=country&measure=share&region=EMEA").content.decode()
    assert '<input type="hidden" name="attribute" value="country">' in page
    assert '<input type="hidden" name="measure" value="share">' in page
    assert '<input type="hidden" name="region" value="EMEA">' in page
    assert 'href="/segments?attribute=country&amp;measure=share"' in page


def test_many_values_have_twelve_panels_and_a_row_each(site: Project, final: pd.DataFrame):
    found = crossed(site, "?attribute=country")
    values = final["country"].nunique(dropna=False)
    assert values > 12
    assert len(found.rows) == values
    assert found.undrawn == values - 12
    assert found.undrawn_accounts == sum(row.accounts for row in found.rows[12:])


def test_what_cannot_be_asked_for_is_said(client_of: Callable[[str], Any]):
    answer = client_of().get("/segments?attribute=shoe_size")
    assert answer.status_code == 400
    assert "shoe_size" in answer.content.decode()
    assert client_of().get("/segments?measure=fame").status_code == 400
