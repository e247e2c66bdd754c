"""`lastword user` and `lastword token`: the same people and tokens as on the pages."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from lastword.cli import app
from lastword.errors import LastwordError
from lastword.project import Project


def run(site: Project, *arguments: str, typed: str = "") -> Any:
    done = CliRunner().invoke(app, [*arguments, "--project", str(site.folder), "--json"], input=typed)
    if isinstance(done.exception, LastwordError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_people_are_added_listed_and_removed(site: Project, quick_passwords: None):
    from lastword.web.models import User

    added = run(site, "user", "add", "nina", "--role", "approver", typed="three unrelated words here\n")
    assert added == {"name": "nina", "role": "approver"}
    assert User.objects.get(username="nina").check_password("three unrelated words here")
    row = {"name": "nina", "role": "approver", "access": "open", "password": True, "last_sign_in": None}
    assert row in run(site, "user", "list")["users"]
    assert run(site, "user", "remove", "nina") == {"removed": "nina"}
    assert "nina" not in str(run(site, "user", "list"))
    with pytest.raises(LastwordError, match="adam is the last admin"):
        run(site, "user", "remove", "adam")


def test_tokens_are_made_listed_and_revoked(site: Project):
    made = run(site, "token", "add", "nightly export", "--role", "reviewer", "--days", "10")
    assert made["token"].startswith("lw_")
    listed = run(site, "token", "list")["tokens"]
    assert [(token["name"], token["role"], token["state"]) for token in listed] == [("nightly export", "reviewer", "in force")]
    assert made["token"] not in str(listed)
    assert run(site, "token", "revoke", "nightly export") == {"revoked": "nightly export"}
    assert run(site, "token", "list")["tokens"][0]["state"] == "revoked"
