"""E-mail and webhook against servers of this computer; what goes wrong tells no secret."""

import json
from datetime import UTC, datetime

import pytest

from lastword.errors import Refusal
from lastword.notify_settings import Email, Webhook
from lastword.sending import DELIVERY, SIGNATURE, TIMESTAMP, mail_of, post, send_mail, signature
from tests.mail_server import mail_server, receiver

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
VARIABLE = "LASTWORD_TEST_SECRET"
SECRET = {VARIABLE: "hunter2"}


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


@pytest.fixture
def hook():
    with receiver() as server:
        yield server


def email(port, **changed):
    given = {
        "host": "127.0.0.1",
        "port": port,
        "starttls": False,
        "sender": "lw@example.com",
        "to": ("ann@example.com", "bob@example.com"),
    }
    return Email(**given | changed)


def message(settings, text="Grüße\n.\nend\n"):
    return mail_of(settings, "Acme: 1 account", text, "<p>Gr&uuml;ße</p>", "r1", NOW)


def test_a_mail_has_a_text_and_an_html_part_and_an_id_of_its_run(mails):
    settings = email(mails.port)
    assert send_mail(settings, message(settings), {}) == ()
    (got,) = mails.messages
    assert (got["Subject"], got["From"], got["To"]) == ("Acme: 1 account", "lw@example.com", "ann@example.com, bob@example.com")
    assert got["Message-ID"] == "<r1.lastword@example.com>"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    assert got.get_body(("plain",)).get_content().splitlines() == ["Grüße", ".", "end"]
    assert mails.recipients == [["ann@example.com", "bob@example.com"]]


def test_a_user_signs_in_with_the_password_of_the_environment(mails):
    mails.password = "hunter2"
    settings = email(mails.port, user="u", password_variable=VARIABLE)
    send_mail(settings, message(settings), SECRET)
    assert len(mails.messages) == 1
    with pytest.raises(Refusal, match=f"names {VARIABLE}, and that environment variable isn't set"):
        send_mail(settings, message(settings), {})
    with pytest.raises(Refusal) as caught:
        send_mail(settings, message(settings), {VARIABLE: "wrong-secret"})
    assert "535" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)


def test_nothing_is_sent_in_the_clear_where_starttls_is_asked_for(mails):
    settings = email(mails.port, starttls=True)
    with pytest.raises(Refusal, match="didn't take the digest"):
        send_mail(settings, message(settings), {})
    assert mails.messages == []


def test_who_is_refused_is_named(mails):
    settings, mails.refused = email(mails.port), ("bob@example.com",)
    assert send_mail(settings, message(settings), {}) == ("bob@example.com",)
    mails.refused = ("ann@example.com", "bob@example.com")
    with pytest.raises(Refusal, match=r"refuses ann@example.com, bob@example.com"):
        send_mail(settings, message(settings), {})


def test_a_server_that_is_down_or_gone_is_a_refusal(mails):
    mails.down = True
    with pytest.raises(Refusal, match=r"127.0.0.1:\d+ didn't take the digest \(answer 421\)"):
        send_mail(email(mails.port), message(email(mails.port)), {})
    with pytest.raises(Refusal, match="Connection refused"):
        send_mail(email(1), message(email(1)), {})


def test_a_webhook_gets_json_with_a_signature_over_time_and_body(hook):
    post(Webhook(url=hook.url, secret_variable=VARIABLE), {"text": "Grüße", "new": 2}, "r1", SECRET, NOW)
    ((headers, body),) = hook.posts
    assert json.loads(body) == {"text": "Grüße", "new": 2}
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert (headers[TIMESTAMP], headers[DELIVERY]) == (str(int(NOW.timestamp())), "r1")
    assert headers[SIGNATURE] == signature("hunter2", headers[TIMESTAMP], body)
    assert signature("hunter2", headers[TIMESTAMP], body + b" ") != headers[SIGNATURE]
    assert signature("key", "1", b"{}") == "sha256=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"


def test_without_a_secret_nothing_is_signed(hook):
    post(Webhook(url=hook.url), {}, "r1", {}, NOW)
    assert {SIGNATURE, TIMESTAMP}.isdisjoint(hook.posts[0][0])


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_any_other_answer_is_a_refusal_that_names_the_host_alone(hook, status):
    hook.status, hook.location = status, f"http://127.0.0.1:{hook.port}/elsewhere"
    with pytest.raises(Refusal, match=rf"127.0.0.1 answered {status}") as caught:
        post(Webhook(url=hook.url), {}, "r1", {}, NOW)
    assert len(hook.posts) == 1
    assert "s3cret-path" not in str(caught.value)


def test_an_address_where_nobody_listens_is_a_refusal(hook):
    with pytest.raises(Refusal, match="can't be reached"):
        post(Webhook(url="http://127.0.0.1:1/s3cret-path"), {}, "r1", {}, NOW)
