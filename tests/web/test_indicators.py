"""What sets winners apart, and the recommended changes of the plan, worked out when somebody asks."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lastword.web import recommender
from lastword.web.background import Progress
from lastword.web.plan_changes import changes_of, opening_of, together_of
from lastword.web.recommender import RECOMMENDING
from overrides.publish import current_run

FAMILIES = ("firmographic", "technographic", "intent")
FIGURE = {"estimate": 0.25, "low": -0.01, "high": None}
EFFECT = {
    **dict.fromkeys(("capture_before", "capture_after", "capture_gain", "auc_gain"), FIGURE),
    "moved": 3,
    "moved_up": 2,
    "moved_down": 1,
    "moved_at_equal_sizes": 2,
    "p_value": 0.00001,
}


def shown(answer: Any) -> list[str]:
    """The indicators of a page, in its order."""
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<th scope="row">(.*?)</th>', answer.content.decode())]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_its_table_and_the_same_as_a_picture(client_of: Callable[[str], Any], family):
    answer = client_of("vera").get(f"/indicators?family={family}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert len(shown(answer)) > 20
    assert '<svg role="img" aria-label="What winners had.' in page
    assert page.count("style=") == 0


def test_the_table_is_sorted_searched_and_narrowed_by_the_address(client_of: Callable[[str], Any]):
    vera = client_of("vera")
    names = shown(vera.get("/indicators?family=technographic&sort=indicator"))
    assert shown(vera.get("/indicators?family=technographic&sort=-indicator")) == names[::-1]
    assert shown(vera.get("/indicators?family=technographic&search=kubern")) == ["Kubernetes"]
    assert "No indicator fits" in vera.get("/indicators?search=nothing-like-it").content.decode()
    assert 'aria-sort="descending"' in vera.get("/indicators?sort=-lift").content.decode()
    assert vera.get("/indicators?sort=size").status_code == 400


def test_without_the_table_the_page_says_what_to_do(client_of: Callable[[str], Any], site: Any):
    vera = client_of("vera")
    (site.run_folder(current_run().run_id) / "indicators.parquet").unlink()
    answer = vera.get("/indicators")
    assert answer.status_code == 200
    assert "run `lastword score`" in answer.content.decode()


def test_look_alikes_are_labelled(client_of: Callable[[str], Any], site: Any):
    path = site.run_folder(current_run().run_id) / "metrics.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"landmarks"', '"look-alike"', 1), encoding="utf-8")
    page = client_of("vera").get("/indicators").content.decode()
    assert "Look-alike: wins have no dates" in page.partition("<svg")[0]
    assert "Look-alike: wins have no dates" in page.partition("<svg")[2]


def test_recommendations_are_worked_out_on_request_alone(client_of: Callable[[str], Any], site: Any):
    rita, vera = client_of("rita"), client_of("vera")
    assert "Not worked out yet" in vera.get("/indicators?family=plan").content.decode()
    assert RECOMMENDING.progress(site, datetime.now(UTC)) is None
    assert vera.post("/indicators/recommend").status_code == 403
    assert rita.post("/indicators/recommend").status_code == 302
    assert 'id="working"' in vera.get("/indicators?family=plan").content.decode()
    while (answer := vera.get("/indicators/working")).status_code == 200:
        assert "begun by rita" in answer.content.decode()
        time.sleep(0.2)
    assert answer["HX-Refresh"] == "true"
    assert RECOMMENDING.progress(site, datetime.now(UTC)).state == "done"
    page = rita.get("/indicators?family=plan").content.decode()
    assert "changes tried as of 2026-06-01 on plan 2026" in page
    assert "[[attributes]]" in page
    site.plan_path.write_text(site.plan_path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "plan.toml has changed since" in rita.get("/indicators?family=plan").content.decode()


def test_work_that_died_is_said_and_can_begin_again(site: Any, client_of: Callable[[str], Any]):
    long_ago = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    RECOMMENDING.write(site, Progress("running", "Trying changes of the plan", "rita", long_ago, 2, 2))
    assert RECOMMENDING.progress(site, datetime.now(UTC)).state == "failed"
    page = client_of("rita").get("/indicators?family=plan").content.decode()
    assert "ended before it was done" in page
    assert "Work them out" in page


def test_what_is_refused_is_said_on_the_page(site: Any, client_of: Callable[[str], Any]):
    from filelock import FileLock

    with FileLock(site.lock_path):
        recommender.main(str(site.folder))
    found = RECOMMENDING.progress(site, datetime.now(UTC))
    assert found.state == "failed"
    assert found.said in client_of("rita").get("/indicators?family=plan").content.decode()


def test_changes_are_said_in_words():
    common = {"attribute": "industry", "information_value": 0.331, "toml": "[[attributes]]\n", "effect": EFFECT}
    weights = {"current_weight": 10.0, "recommended_weight": 24.5}
    report = {
        "tried": 21,
        "as_of": "2026-06-01",
        "plan_version": "2026",
        "learnt_on": {"landmarks": ["2024-01-01", "2024-02-01"], "wins": 375, "rows": 7342},
        "measured_on": {"landmarks": ["2025-01-01"], "wins": 83, "rows": 1913},
        "changes": [common | weights | {"kind": kind} for kind in ("add", "reweight", "rebands")],
        "together": None,
    }
    assert opening_of(report)[0] == (
        "Of 21 changes tried as of 2026-06-01 on plan 2026, 3 make the plan rank later wins better beyond chance."
    )
    changes = changes_of(report)
    assert [change.title for change in changes] == [
        "Add industry with a weight of 24.5",
        "Raise the weight of industry from 10 to 24.5",
        "Other bands for industry",
    ]
    assert changes[1].why == "Beside the other weights, industry tells more about winning than its weight says."
    assert changes[0].effect.figures == (
        ("Wins in the best 15 %", "25.0 % → 25.0 %", "+25.0 points, 95 % −1.0 to –"),
        ("Gain in area under the curve", "+0.250", "95 % −0.010 to –"),
        ("Accounts that move", "3", "2 up, 1 down"),
    )
    assert together_of(report) is None
