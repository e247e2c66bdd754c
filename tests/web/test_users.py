"""The page of people: adding, roles, ended access, links to a new password; and that an admin always remains."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.test import Client

from lastword.errors import ConfigurationError, Refusal
from lastword.project import Project
from lastword.web.people import add_demo_person, people, remove_person, save_person, set_active, set_role
from tests.sites import PASSWORD

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEW = "three unrelated words here"


def person(name: str):
    from lastword.web.models import User

    return User.objects.filter(username=name).first()


def events_of(name: str) -> list[tuple[str, str]]:
    from overrides.models import Event

    return list(Event.objects.filter(subject=name, kind="user").order_by("event_id").values_list("by", "said"))


def link_in(answer) -> str:
    found = re.search(r'value="(http[^"]+/new-password/[^"]+)"', answer.content.decode())
    assert found
    return urlsplit(html.unescape(found[1])).path


def test_whoever_is_added_sets_a_password_by_a_link_that_works_once(client_of: Callable[[str], Client], quick_passwords: None):
    answer = client_of("adam").post("/users/add", {"name": "nina", "role": "approver"})
    link = link_in(answer)
    assert (person("nina").role, person("nina").has_usable_password()) == ("approver", False)
    nina = client_of("")
    form = nina.get(link, follow=True)
    assert "New password" in form.content.decode()
    done = nina.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "The password is set" in done.content.decode()
    assert nina.post("/sign-in", {"username": "nina", "password": NEW}).status_code == 302
    again = client_of("").get(link, follow=True)
    assert "This link has been used" in again.content.decode()
    assert events_of("nina") == [("adam", "added as approver"), ("adam", "given a link to a new password")]


def test_the_link_is_in_no_table(client_of: Callable[[str], Client]):
    from overrides.models import Event

    link = link_in(client_of("adam").post("/users/link", {"name": "rita"}))
    assert link.rpartition("/")[2] not in str(list(Event.objects.values()))
    assert link not in client_of("adam").get("/users").content.decode()


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012345"])
def test_a_weak_password_is_refused_with_what_is_wrong(client_of: Callable[[str], Client], password: str):
    nina = client_of("")
    form = nina.get(link_in(client_of("adam").post("/users/add", {"name": "nina", "role": "viewer"})), follow=True)
    answer = nina.post(form.request["PATH_INFO"], {"new_password1": password, "new_password2": password})
    assert answer.status_code == 200
    assert re.search("too short|too common|entirely numeric", answer.content.decode())
    assert not person("nina").has_usable_password()


def test_a_link_leads_nowhere_once_the_access_has_ended(client_of: Callable[[str], Client]):
    link = link_in(client_of("adam").post("/users/link", {"name": "rita"}))
    set_active("rita", False, "adam", NOW)
    assert "This link has been used" in client_of("").get(link, follow=True).content.decode()
    assert client_of("adam").post("/users/link", {"name": "rita"}).status_code == 409


def test_roles_and_access_are_changed_on_record(client_of: Callable[[str], Client]):
    adam = client_of("adam")
    adam.post("/users/role", {"name": "rita", "role": "approver"})
    adam.post("/users/access", {"name": "rita", "active": "no"})
    assert (person("rita").role, person("rita").is_active) == ("approver", False)
    adam.post("/users/access", {"name": "rita", "active": "yes"})
    assert person("rita").is_active
    by_adam = [("adam", "reviewer became approver"), ("adam", "access ended"), ("adam", "access given back")]
    assert events_of("rita")[-3:] == by_adam


def test_nobody_changes_their_own_access(client_of: Callable[[str], Client]):
    save_person("ada", "admin", None, "test", NOW)
    for address, form in (("role", {"role": "viewer"}), ("access", {"active": "no"}), ("link", {})):
        answer = client_of("adam").post(f"/users/{address}", {"name": "adam", **form})
        assert answer.status_code == 409
        assert "ask another admin" in answer.content.decode()
    assert (person("adam").role, person("adam").is_active) == ("admin", True)


def test_the_last_admin_remains(site: Project):
    changes = (
        lambda: set_role("adam", "viewer", "anna", NOW),
        lambda: set_active("adam", False, "anna", NOW),
        lambda: remove_person("adam", "root", NOW),
        lambda: save_person("adam", "viewer", NEW, "root", NOW),
    )
    for change in changes:
        with pytest.raises(Refusal, match="adam is the last admin: make somebody else admin first"):
            change()
    save_person("ada", "admin", None, "root", NOW)
    set_active("ada", False, "root", NOW)
    with pytest.raises(Refusal, match="last admin"):
        set_role("adam", "viewer", "anna", NOW)
    set_active("ada", True, "root", NOW)
    assert set_role("adam", "viewer", "ada", NOW).role == "viewer"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "", "role": "viewer"}, "can&#x27;t be added"),
        ({"name": "two words", "role": "viewer"}, "can&#x27;t be added"),
        ({"name": "rita", "role": "viewer"}, "rita is there already"),
        ({"name": "nina", "role": "owner"}, "&#x27;owner&#x27; is no role"),
        ({"name": "<b>x</b>", "role": "viewer"}, "&lt;b&gt;x&lt;/b&gt;"),
    ],
)
def test_what_cannot_be_added_is_said_beside_the_form(client_of: Callable[[str], Client], form: dict[str, str], said: str):
    before = len(people())
    answer = client_of("adam").post("/users/add", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert len(people()) == before
    assert person("rita").role == "reviewer"


def test_removing_somebody_keeps_what_they_decided(client_of: Callable[[str], Client]):
    from overrides.models import Event

    client_of("rita")
    remove_person("rita", "root", NOW)
    assert person("rita") is None
    assert Event.objects.filter(kind="sign_in", by="rita").exists()
    assert events_of("rita")[-1] == ("root", "removed")
    with pytest.raises(Refusal, match="nobody is called 'rita'"):
        remove_person("rita", "root", NOW)


def test_the_command_line_takes_no_weak_password(site: Project):
    with pytest.raises(ConfigurationError, match="too short"):
        save_person("nina", "viewer", "short", "root", NOW)
    assert person("nina") is None


def test_the_demo_has_an_admin_whose_password_is_kept_nowhere(site: Project):
    name, password = add_demo_person(NOW)
    assert (person(name).role, person(name).check_password(password)) == ("admin", True)
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", password)
    everything = b"".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert password.encode() not in everything
    assert PASSWORD.encode() not in everything
