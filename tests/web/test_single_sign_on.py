"""The whole dance with an OpenID Connect provider, which answers on loopback: who comes in, as what, and who doesn't."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from lastword.errors import ConfigurationError
from lastword.project import Project
from lastword.web.people import save_person, set_active
from tests.web.openid_provider import SECRET, Provider, serving

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROLES = 'roles = { "sales-ops" = "reviewer", "leads" = "approver" }'


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def asked(site_with: Callable[[str], Project], provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """The site with single sign-on; further lines of its section and of [web] can be given."""
    monkeypatch.setenv("LASTWORD_OIDC_SECRET", SECRET)

    def with_lines(more: str = ROLES, web: str = "") -> Project:
        section = f'name = "Acme"\nissuer = "{provider.issuer}"\nclient_id = "lastword"\n{more}'
        return site_with(f"[web]\n{web}\n[web.single_sign_on]\n{section}")

    return with_lines


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def sent_back_to(address: str) -> str:
    """What the provider answers a browser that follows this link: an address of ours."""
    try:
        urllib.request.build_opener(NoRedirect).open(address)
    except urllib.error.HTTPError as answer:
        assert answer.code == 302
        back = urlsplit(answer.headers["Location"])
        assert back.netloc == "localhost"
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider didn't send the browser back")


def sign_in(client: Client, start: str = "/sign-in/single-sign-on") -> Any:
    """The dance as a browser dances it; what our site answers at the end."""
    return client.get(sent_back_to(client.get(start)["Location"]))


def person(name: str = "nina") -> Any:
    from lastword.web.models import User

    return User.objects.filter(username=name).first()


def said(answer: Any) -> str:
    return answer.content.decode()


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_whoever_comes_for_the_first_time_is_added_with_the_role_of_their_group(asked, provider, client_of):
    from overrides.models import Event

    asked()
    client = client_of("")
    assert "Sign in with Acme" in said(client.get("/sign-in"))
    answer = sign_in(client, "/sign-in/single-sign-on?next=/password")
    assert (answer.status_code, answer["Location"]) == (302, "/password")
    assert (person().role, person().has_usable_password(), is_signed_in(client)) == ("reviewer", False, True)
    events = Event.objects.filter(subject="nina").order_by("event_id").values_list("kind", "by", "said")
    assert list(events) == [
        ("user", "single sign-on", "added as reviewer"),
        ("sign_in", "nina", "signed in by single sign-on from 127.0.0.1"),
    ]
    assert "have no password here" in said(client.get("/password"))


def test_the_provider_is_asked_for_nothing_before_somebody_wants_it(asked, provider, client_of):
    asked()
    client_of("").get("/sign-in")
    client_of("rita").get("/password")
    assert provider.calls == []


def test_the_request_carries_pkce_a_state_and_a_nonce_of_its_own(asked, provider, client_of):
    asked()
    client = client_of("")
    first, second = (parse_qs(urlsplit(client.get("/sign-in/single-sign-on")["Location"]).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 16
        assert first[name] != second[name]


def test_the_role_is_read_anew_at_each_sign_in(asked, provider, client_of):
    from overrides.models import Event

    asked()
    sign_in(client_of(""))
    provider.claims["groups"] = ["sales-ops", "leads", "unknown"]
    sign_in(client_of(""))
    assert person().role == "approver"
    assert Event.objects.filter(kind="user", said="reviewer became approver").count() == 1
    provider.claims["groups"] = []
    refused = sign_in(client_of(""))
    assert refused.status_code == 403


def test_a_group_that_is_not_in_the_settings_is_refused_in_a_sentence(asked, provider, client_of):
    from overrides.models import Event

    asked()
    provider.claims["groups"] = ["marketing"]
    client = client_of("")
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "none of your groups may use this" in said(answer)
    assert person() is None
    assert not is_signed_in(client)
    assert Event.objects.get(kind="sign_in_failed").by == "nina"


def test_the_default_role_takes_whom_no_group_fits(asked, provider, client_of):
    asked(f'{ROLES}\ndefault_role = "viewer"')
    provider.claims["groups"] = ["marketing"]
    sign_in(client_of(""))
    assert person().role == "viewer"


def test_a_claim_may_be_further_in_and_one_text(asked, provider, client_of):
    asked(f'{ROLES}\nrole_claim = "realm_access.roles"')
    provider.claims = {"sub": "u-1", "preferred_username": "nina", "realm_access": {"roles": "leads"}}
    sign_in(client_of(""))
    assert person().role == "approver"


def test_groups_may_come_from_userinfo_but_never_against_the_signed_token(asked, provider, client_of):
    asked()
    provider.claims = {"sub": "u-1", "preferred_username": "nina"}
    provider.userinfo = {"sub": "u-1", "groups": ["leads"]}
    sign_in(client_of(""))
    assert person().role == "approver"
    provider.claims["groups"] = ["sales-ops"]
    sign_in(client_of(""))
    assert person().role == "reviewer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": {"nonce": "another"}},
        {"changes": {"nonce": None}},
        {"changes": {"iss": "https://evil.example"}},
        {"changes": {"aud": "another client"}},
        {"changes": {"exp": 1_700_000_000}},
        {"signs_with": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"signs_with": "a secret that both would have to know", "algorithm": "HS256"},
        {"signs_with": None, "algorithm": "none"},
        {"userinfo": {"sub": "somebody else", "groups": ["leads"]}},
    ],
    ids=["nonce", "no nonce", "issuer", "audience", "expired", "key", "symmetric", "unsigned", "userinfo"],
)
def test_an_answer_with_anything_amiss_lets_nobody_in(asked, provider, client_of, wrong):
    asked()
    client = client_of("")
    back = sent_back_to(client.get("/sign-in/single-sign-on")["Location"])
    for name, value in wrong.items():
        setattr(provider, name, value)
    answer = client.get(back)
    assert answer.status_code == 401
    assert "confirm who you are" in said(answer)
    assert person() is None
    assert not is_signed_in(client)


def test_another_browser_cannot_use_the_link_back_nor_the_same_one_twice(asked, provider, client_of):
    asked()
    client = client_of("")
    back = sent_back_to(client.get("/sign-in/single-sign-on")["Location"])
    other = client_of("")
    assert other.get(back).status_code == 401
    assert client.get(back.replace("state=", "state=x")).status_code == 401
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 401
    assert client_of("").get("/sign-in/single-sign-on/callback").status_code == 401


def test_whoever_says_no_at_the_provider_is_back_at_the_form(asked, provider, client_of):
    asked()
    client = client_of("")
    state = parse_qs(urlsplit(client.get("/sign-in/single-sign-on")["Location"]).query)["state"][0]
    answer = client.get(f"/sign-in/single-sign-on/callback?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "Sign in with Acme" in said(answer)


def test_whose_access_has_ended_stays_out(asked, provider, client_of):
    asked()
    sign_in(client_of(""))
    set_active("nina", False, "adam", NOW)
    client = client_of("")
    answer = sign_in(client)
    assert (answer.status_code, is_signed_in(client)) == (403, False)
    assert "Your access has ended" in said(answer)


def test_nobody_becomes_somebody_who_is_there_already(asked, provider, client_of):
    asked()
    provider.claims |= {"preferred_username": "adam", "email": "adam@example.com", "email_verified": True}
    client = client_of("")
    answer = sign_in(client)
    assert (answer.status_code, is_signed_in(client)) == (403, False)
    assert "Somebody called adam signs in here in another way" in said(answer)
    assert person("adam").role == "admin"


def test_two_people_with_one_address_are_two(asked, provider, client_of):
    asked()
    provider.claims["email"] = "team@example.com"
    sign_in(client_of(""))
    provider.claims |= {"sub": "u-2", "preferred_username": "olga"}
    sign_in(client_of(""))
    assert [person(name).email for name in ("nina", "olga")] == ["team@example.com", "team@example.com"]


def test_a_name_that_cannot_be_one_gives_way_to_the_address(asked, provider, client_of):
    asked()
    provider.claims |= {"preferred_username": "ACME\\nina", "email": "nina@example.com"}
    sign_in(client_of(""))
    assert person("nina@example.com").role == "reviewer"


def test_an_unreachable_provider_is_said_so(site_with, client_of, monkeypatch):
    monkeypatch.setenv("LASTWORD_OIDC_SECRET", SECRET)
    site_with(f'[web.single_sign_on]\nissuer = "http://127.0.0.1:9"\nclient_id = "lastword"\n{ROLES}')
    answer = client_of("").get("/sign-in/single-sign-on")
    assert answer.status_code == 502
    assert "can&#x27;t be reached" in said(answer)


def test_a_provider_that_calls_itself_otherwise_is_not_asked(asked, provider, client_of):
    asked()
    client = client_of("")
    back = sent_back_to(client.get("/sign-in/single-sign-on")["Location"])
    provider.says_issuer = "https://evil.example"
    for address in ("/sign-in/single-sign-on", back):
        assert client.get(address).status_code == 502
    assert "/token" not in provider.calls


def test_a_wrong_secret_lets_nobody_in(asked, provider, client_of, monkeypatch):
    from lastword.web.site import configure

    project = asked()
    monkeypatch.setenv("LASTWORD_OIDC_SECRET", "wrong")
    configure(project)
    assert sign_in(client_of("")).status_code == 401


def test_the_way_back_leads_to_no_other_site(asked, provider, client_of):
    asked()
    assert sign_in(client_of(""), "/sign-in/single-sign-on?next=https://evil.example/")["Location"] == "/"


def test_passwords_can_be_closed(asked, provider, client_of):
    asked(web="password_sign_in = false")
    page = client_of("").get("/sign-in")
    assert 'name="password"' not in said(page)
    answer = client_of("").post("/sign-in", {"username": "adam", "password": "correct horse battery staple"})
    assert answer.status_code == 403
    assert "Use single sign-on" in said(answer)


def test_without_it_there_is_no_such_page(client_of):
    assert "single-sign-on" not in said(client_of("").get("/sign-in"))
    assert client_of("").get("/sign-in/single-sign-on").status_code == 404
    assert client_of("").get("/sign-in/single-sign-on/callback?code=x&state=y").status_code == 404


def test_a_missing_secret_is_said_before_anybody_signs_in(asked, monkeypatch):
    from lastword.web.site import application

    project = asked()
    monkeypatch.delenv("LASTWORD_OIDC_SECRET")
    with pytest.raises(ConfigurationError, match="put it into the environment variable LASTWORD_OIDC_SECRET"):
        application(project)


def test_somebody_with_a_password_is_removed_and_comes_in_by_the_provider(asked, provider, client_of, quick_passwords):
    from lastword.web.people import remove_person

    asked()
    save_person("nina", "viewer", "correct horse battery staple", "adam", NOW)
    assert sign_in(client_of("")).status_code == 403
    remove_person("nina", "adam", NOW)
    assert sign_in(client_of("")).status_code == 302
