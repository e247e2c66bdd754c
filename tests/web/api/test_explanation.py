"""An explanation through the API, on a demo that was really scored."""

import json

from typer.testing import CliRunner

from lastword.cli import app
from tests.sites import published_demo, site  # noqa: F401
from tests.web.api.callers import Caller


def test_an_explanation_is_what_the_command_prints(site):  # noqa: F811
    caller = Caller("planner", "viewer")
    account = caller.get("/final-scores?queue_reason=disparity&limit=1").json()["rows"][0]["account_id"]
    printed = CliRunner().invoke(app, ["explain", account, "--json", "--project", str(site.folder)])
    assert caller.get(f"/accounts/{account}/explanation").json() == json.loads(printed.stdout)
    assert caller.get("/accounts/nobody/explanation").status_code == 404


def test_a_run_comes_with_its_figures(site):  # noqa: F811
    caller = Caller("planner", "viewer")
    run_id = caller.get("/final-scores?limit=1").json()["run_id"]
    run = caller.get(f"/runs/{run_id}").json()
    assert run["current"]
    assert run["metrics"]["figures"]
    assert run["validation"]["ok"]
