"""The overview: its numbers are those of the command line, follow the filters, and are never older than the last decision."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lastword.project import Project
from lastword.results import accounts_per_grade, final_scores, grade_of_segment, review_queue
from lastword.web.pages.filtering import filters_of
from lastword.web.pages.overview import Figures, figures_of
from overrides.ledger import add
from tests.requests import request_of
from tests.sites import published_demo  # noqa: F401


def figures(site: Project, query: str = "") -> Figures:
    """What the page counts."""
    request = request_of(site, f"/{query}")
    return figures_of(request, filters_of(request))


def counts(found: Figures) -> dict[str, list[int]]:
    return {row.grade: [cell.accounts for cell in row.cells] for row in found.grades}


def override(site: Project, account_id: str, grade: str, expires_on: date | None = None) -> None:
    add(account_id, grade, "other", "", "rita", expires_on, datetime.now(UTC), site.settings)


def test_a_viewer_sees_the_numbers_of_the_command_line(client_of: Callable[[str], Any], site: Project):
    assert client_of("vera").get("/").status_code == 200
    found = figures(site)
    final = final_scores(site)
    expected = accounts_per_grade(final, grade_of_segment(site))
    assert counts(found) == {
        grade: list(each.values()) for grade, each in expected.items() if grade != "none" or any(each.values())
    }
    assert found.accounts == len(final)
    assert found.waiting.accounts == len(review_queue(site))
    assert {part.name: part.accounts for part in found.deciders} == final["decided_by"].value_counts().to_dict()
    assert found.segments == final["plan_segment"].value_counts().to_dict()


def test_the_agreement_is_that_of_the_final_table(site: Project):
    from sklearn.metrics import cohen_kappa_score

    final = final_scores(site).assign(plan_grade=lambda table: table["plan_segment"].map(grade_of_segment(site)))
    both = final.dropna(subset=["plan_grade", "model_grade"])
    found = figures(site).agreement
    assert found.same == pytest.approx((both["plan_grade"] == both["model_grade"]).mean())
    assert found.kappa == pytest.approx(cohen_kappa_score(both["plan_grade"], both["model_grade"]))


def test_everything_follows_the_filters_and_the_links_carry_them(client_of: Callable[[str], Any], site: Project):
    client, final = client_of(), final_scores(site)
    region = final["region"].value_counts().index[0]
    part = final[final["region"] == region]
    found = figures(site, f"?region={region}")
    assert found.accounts == len(part)
    assert counts(found)["A"][1] == (part["model_grade"] == "A").sum()
    assert found.waiting.accounts == part["under_review"].sum()
    page = client.get(f"/?region={region}").content.decode()
    assert f'href="/accounts?region={region}&amp;model_grade=A"' in page
    assert f'href="/queue?region={region}&amp;queue_reason=disparity"' in page
    assert f'href="/accounts?region={region}&amp;plan_grade=A&amp;model_grade=B"' in page


def test_a_decision_of_a_moment_ago_shows(site: Project):
    before = figures(site)
    account = final_scores(site).query("final_grade != 'A' and under_review").iloc[0]
    override(site, account["account_id"], "A", datetime.now(UTC).date() + timedelta(days=10))
    after = figures(site)
    assert counts(after)["A"][2] == counts(before)["A"][2] + 1
    assert after.waiting.accounts == before.waiting.accounts - 1
    assert after.expiring == 1
    assert {part.name: part.accounts for part in after.deciders}["override"] == 1


def test_what_stands_is_not_computed_again(site: Project, django_queries: Callable[[], Any]):
    first, second = figures(site), figures(site)
    assert first == second
    with django_queries() as asked:
        figures(site)
    assert not [sql for sql in asked if "GROUP BY" in sql]


def test_filters_that_fit_nobody_say_what_to_do(client_of: Callable[[str], Any]):
    page = client_of().get("/?country=Atlantis").content.decode()
    assert "No account fits these filters" in page
    assert 'href="/"' in page


def test_a_filter_that_cannot_be_read_is_said_in_a_sentence(client_of: Callable[[str], Any]):
    answer = client_of().get("/?plan_points=many")
    assert answer.status_code == 400
    assert "plan_points" in answer.content.decode()


def test_text_of_the_data_and_of_the_address_is_never_markup(client_of: Callable[[str], Any], site: Project):
    from overrides.models import Score

    evil = '<script>alert("1")</script>&"\''
    Score.objects.filter(account_id=Score.objects.values_list("account_id", flat=True)[0]).update(region=evil, plan_segment=evil)
    client = client_of()
    for page in ("/", "/segments", "/segments?attribute=region", "/?search=%3Cscript%3E"):
        text = client.get(page).content.decode()
        assert "<script>alert" not in text
        assert not re.search(r"aria-label=\"[^\"]*<", text)


def test_a_plan_that_changed_since_the_run_is_told_and_shown_as_it_is(client_of: Callable[[str], Any], site: Project):
    site.plan_path.write_text(site.plan_path.read_text().replace('version = "2026"', 'version = "2027"'))
    page = client_of().get("/").content.decode()
    assert "plan.toml was changed since the run" in page
    assert "version 2027" in page


def test_a_plan_that_is_broken_leaves_the_figures(client_of: Callable[[str], Any], site: Project):
    site.plan_path.write_text("segments = 3")
    page = client_of().get("/").content.decode()
    assert "can&#x27;t be read" in page or "can’t be read" in page or "can't be read" in page
    assert figures(site).accounts == 700


def test_an_old_run_is_told(client_of: Callable[[str], Any]):
    from overrides.models import Publication

    Publication.objects.update(published_at=datetime.now(UTC) - timedelta(days=9))
    assert "9 days old" in client_of().get("/").content.decode()


def test_the_plan_alone_is_a_state_of_its_own(client_of: Callable[[str], Any]):
    from overrides.models import Publication, Score

    Publication.objects.update(model_name=None, model_version=None)
    Score.objects.update(model_grade=None, model_points=None, propensity=None, disparity=None, policy_decided_by="plan")
    client = client_of()
    page = client.get("/").content.decode()
    assert "No model serves" in page
    assert "There is one opinion alone" in page
    assert client.get("/segments").status_code == 200
    assert client.get("/segments?measure=average_points").status_code == 200


def test_nothing_is_published_yet(tmp_path: Path):
    from django.test import Client

    from lastword.project import find_project, init_project
    from lastword.web.models import User
    from lastword.web.people import add_person
    from lastword.web.site import close_store, configure

    close_store()
    init_project(tmp_path / "new")
    project = find_project(tmp_path / "new")
    configure(project)
    add_person(project, "vera", "viewer", "correct horse battery staple")
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="vera"))
    for page in ("/", "/segments"):
        text = client.get(page).content.decode()
        assert "Nothing is published yet" in text
        assert "lastword run" in text
    close_store()


@pytest.fixture
def django_queries() -> Callable[[], Any]:
    """What the database is asked within a block, as a list of texts."""
    from contextlib import contextmanager

    from django.db import connection

    @contextmanager
    def noted() -> Any:
        asked: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            yield asked

    return noted
