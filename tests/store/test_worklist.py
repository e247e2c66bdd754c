"""The queue by pages: what final_scores calls under review, in the order of overrides.queue, each account once."""

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import ConfigurationError, Refusal
from overrides import ledger
from overrides.cursors import to_cursor
from overrides.disparity import MEASURES
from overrides.filters import Filters, Range
from overrides.final import current_scores, final_table, queue_table, typed
from overrides.queue import order, review
from overrides.queue_age import queued_since, waiting_since
from overrides.worklist import View, queue_accounts, queue_count, queue_page, queue_rows
from tests.stores import scores_of, settings_of

DAY = timedelta(days=1)
LEDGER = settings_of()
SETTINGS = SimpleNamespace(disparity=SimpleNamespace(measure="rank", threshold=40, customers=False))
N = 60
IDS = [f"{number:03}" for number in range(N)]
SEEN = {"seen_run_id": "r1", "seen_plan_points": 30.0, "seen_model_points": 62.5}
ORDERS = ("value_of_information", "disparity")


@pytest.fixture
def now():
    return datetime.now(UTC)


def scored(now, seed=3, **columns):
    """Accounts with ties in every sort value, some without gain, value or a second opinion, about half under review."""
    draw = np.random.default_rng(seed)
    gaps = {f"disparity_{measure}": draw.choice([-90.0, -55.5, -40.0, 10.0, 0.1 + 0.2, 62.5], N) for measure in MEASURES}
    gaps["disparity_grade"] = draw.choice([-75.0, -50.0, -25.0, 0.0, 25.0, 50.0, 100.0], N)
    frame = scores_of(
        IDS,
        scored_at=now,
        **gaps,
        disparity=gaps["disparity_rank"],
        review_gain=draw.choice([np.nan, 0.0, 1 / 3, 2.5, 1e300], N),
        review_value=draw.choice([np.nan, 1.0, 2.0, 1e6 / 7], N),
        account_status=draw.choice(["prospect", "other", "customer"], N, p=[0.6, 0.3, 0.1]),
        coverage=draw.random(N) < 0.9,
        open_reason=draw.choice(["disparity", "audit", None], N),
        override_review=draw.choice(["stale", None], N),
        region=draw.choice(["EMEA", "APAC"], N),
    )
    return frame.assign(**columns)


def decide(account, made, grade="A", **given):
    return ledger.add(account, grade, "other", given.get("note", ""), "ann", given.get("expires_on"), made, LEDGER)


def set_aside(account, action, made, until=None):
    from overrides.models import SettingAside

    SettingAside.objects.create(account_id=account, action=action, until=until, by="bob", made_at=made, **SEEN)


def walked(view, now, limit=7, meanwhile=lambda: None):
    accounts, after = [], None
    while True:
        page = queue_page(view, now, SETTINGS, after, limit)
        accounts += [row["account_id"] for row in page.rows]
        assert len(page.rows) == limit or page.after is None
        if page.after is None:
            return accounts
        after = page.after
        meanwhile()


@pytest.mark.parametrize("by", ORDERS)
def test_the_queue_as_configured_is_what_is_under_review_in_its_order(project, now, by):
    project.publish(scored(now - DAY), now=now - DAY)
    for place, account in enumerate(IDS[:20]):
        decide(account, now - (2 if place % 2 else 0.5) * DAY)
    expected = list(order(queue_table(), by)["account_id"])
    assert 20 < len(expected) < 40
    view = View(order=by)
    assert walked(view, now) == walked(view, now, limit=1) == walked(view, now, limit=100) == expected
    assert queue_accounts(view, now, SETTINGS, 100) == expected
    assert queue_accounts(view, now, SETTINGS, 5) == expected[:5]
    assert queue_count(view, now, SETTINGS) == (len(expected), True)
    assert queue_count(view, now, SETTINGS, at_most=5) == (5, False)


@pytest.mark.parametrize("by", ORDERS)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("threshold", "customers"), [(None, False), (55.5, True), (0.0, False), (95, False)])
def test_another_measure_or_threshold_is_the_queue_that_it_would_give(project, now, by, measure, threshold, customers):
    scores = scored(now - DAY)
    project.publish(scores, now=now - DAY)
    for account in IDS[:9]:
        decide(account, now - DAY / 2)
    set_aside("010", "snooze", now - DAY / 2, (now + 3 * DAY).date())
    given = {"measure": measure, "threshold": 40 if threshold is None else threshold, "customers": customers}
    settings = SimpleNamespace(disparity=SimpleNamespace(**given, capacity=0, order=by, audit_share=0.0))
    by_measure = scores.set_index("account_id").assign(gap=lambda frame: frame[f"disparity_{measure}"])
    measured = by_measure.assign(disparity=by_measure["gap"])
    found = review(measured, ledger.in_force(now), ledger.set_aside(now), settings.disparity, seed=1)
    queued = by_measure[found["open_reason"].notna() & ~by_measure.index.isin(IDS[:9])]
    keys = queued.assign(
        gain=queued["review_gain"].fillna(-1) if by == "value_of_information" else queued["gap"].abs(),
        worth=queued["disparity"].abs() * queued["review_value"].fillna(1),
        account=queued.index,
    )
    expected = list(keys.sort_values(["gain", "worth", "account"], ascending=[False, False, True]).index)
    view = View(order=by, measure=measure, threshold=threshold)
    page = queue_page(view, now, settings, limit=100)
    assert [row["account_id"] for row in page.rows] == expected
    assert len(expected) > 10 or threshold == 95
    assert queue_count(view, now, settings) == (len(expected), True)


def test_the_threshold_alone_goes_with_the_configured_measure(project, now):
    project.publish(scored(now), now=now)
    assert queue_accounts(View(threshold=60), now, SETTINGS, 100) == queue_accounts(
        View(measure="rank", threshold=60), now, SETTINGS, 100
    )


@pytest.mark.parametrize("view", [View(), View(order="disparity"), View(measure="points", threshold=10)], ids=str)
def test_who_decides_snoozes_or_dismisses_takes_the_account_out_at_once(project, now, view):
    project.publish(scored(now - DAY, open_reason="disparity", coverage=True, account_status="prospect"), now=now - DAY)
    before = queue_accounts(view, now, SETTINGS, 100)
    decided, snoozed, dismissed, returned = before[:4]
    decide(decided, now)
    set_aside(snoozed, "snooze", now, now.date())
    set_aside(dismissed, "dismiss", now)
    set_aside(returned, "dismiss", now)
    set_aside(returned, "return", now)
    assert queue_accounts(view, now, SETTINGS, 100) == before[3:]
    tomorrow = queue_accounts(view, now + DAY, SETTINGS, 100)
    assert snoozed in tomorrow and decided not in tomorrow and dismissed not in tomorrow
    ledger.revoke(decided, "", "ann", now + timedelta(seconds=2))
    assert decided in queue_accounts(view, now + DAY, SETTINGS, 100)


def test_who_was_set_aside_before_the_run_put_it_under_review_is_in_the_queue(project, now):
    project.publish(scored(now - 9 * DAY), "r1", now=now - 9 * DAY)
    set_aside("000", "dismiss", now - 5 * DAY)
    project.publish(scored(now, open_reason="disparity", model_points=99.0), "r2", now=now)
    assert "000" in queue_accounts(View(), now, SETTINGS, 100)
    parted = View(measure="rank", threshold=0)
    assert "000" in queue_accounts(parted, now, SETTINGS, 100)
    project.publish(scored(now, open_reason="disparity"), "r3", now=now)
    assert "000" not in queue_accounts(parted, now, SETTINGS, 100)


@pytest.mark.parametrize("by", ORDERS)
def test_a_walk_meets_every_account_once_while_others_decide(project, now, by):
    project.publish(scored(now - DAY, open_reason="disparity", override_review=None), now=now - DAY)
    draw = random.Random(5)
    everything = queue_accounts(View(order=by), now, SETTINGS, 100)
    gone, met = [], []

    def meanwhile():
        account = draw.choice([account for account in IDS if account not in gone])
        gone.append(account)
        draw.choice([lambda: decide(account, now), lambda: set_aside(account, "dismiss", now)])()

    met = walked(View(order=by), now, limit=5, meanwhile=meanwhile)
    assert len(gone) > 5
    assert len(set(met)) == len(met)
    assert met == [account for account in everything if account in set(met)]
    assert set(everything) - set(met) <= set(gone)


def test_filters_narrow_the_queue(project, now):
    project.publish(scored(now - DAY, why_family="intent"), now=now - DAY)
    table = queue_table().merge(current_scores()[["account_id", "review_gain"]], on="account_id", suffixes=("", "_"))
    for filters, kept in [
        (Filters(region=("EMEA",)), table["region"] == "EMEA"),
        (
            Filters(gap=Range(50, None), queue_reason=("audit",)),
            (table["disparity"].abs() >= 50) & (table["queue_reason"] == "audit"),
        ),
        (Filters(review_gain=Range(1, None)), table["review_gain"] >= 1),
        (Filters(search="Name OF 01"), table["account_id"].str.startswith("01")),
        (Filters(why_family=("technographic",)), table["account_id"] == ""),
    ]:
        found = walked(View(filters), now, limit=2)
        assert sorted(found) == sorted(table["account_id"][kept]), filters
        assert queue_count(View(filters), now, SETTINGS) == (int(kept.sum()), True)


def test_a_row_says_everything_of_its_account(project, now):
    columns = {"why": "model: surge +6", "why_family": "intent", "queued_since": now - 3 * DAY}
    project.publish(scored(now - DAY, **columns), now=now - DAY)
    rows = queue_rows(IDS, now, SETTINGS)
    scores = current_scores().set_index("account_id")
    assert set(rows) == set(IDS)
    shown = typed(pd.DataFrame([rows[account] for account in IDS])[list(FINAL_COLUMNS)])
    pd.testing.assert_frame_equal(shown, final_table())
    for account, row in rows.items():
        for name in ("plan_grade", "review_gain", "disparity_points", "log_odds", "policy_grade"):
            assert row[name] == scores.loc[account, name] or (row[name] is None and pd.isna(scores.loc[account, name]))
        assert row["queued_since"] == (now - 3 * DAY if row["under_review"] else None)
        assert (row["why"], row["why_family"]) == ("model: surge +6", "intent")
        nothing = ("entry_id", "override_note", "aside", "owner", "claimed_by", "claimed_at", "proposal_id")
        assert [row[name] for name in nothing] == [None] * len(nothing)
    page = queue_page(View(), now, SETTINGS, limit=3)
    assert page.rows == [rows[row["account_id"]] for row in page.rows]
    assert queue_rows(["nobody"], now, SETTINGS) == {} == queue_rows([], now, SETTINGS)


def test_a_row_says_what_people_do_with_its_account(project, now):
    from overrides.models import Claim, Ownership, Proposal

    project.publish(scored(now - DAY, open_reason="disparity"), now=now - DAY)
    entry = decide("000", now - DAY / 2, note="said so")
    set_aside("001", "snooze", now, (now + DAY).date())
    set_aside("002", "dismiss", now)
    set_aside("003", "snooze", now - 2 * DAY, (now - DAY).date())
    Ownership.objects.create(account_id="004", owner="ann", assigned_by="eve", assigned_at=now)
    for account, until in [("005", now + DAY), ("006", now)]:
        Claim.objects.create(account_id=account, by="ann", claimed_at=now - DAY, until=until)
    move = {"grade": "A", "kind": "other", "reason": "other", "by": "ann", "made_at": now, "expires_on": now.date(), "steps": 2}
    declined = Proposal.objects.create(account_id="007", state="declined", **move)
    waiting = Proposal.objects.create(account_id="007", **move)
    assert waiting.proposal_id != declined.proposal_id
    rows = queue_rows(IDS, now, SETTINGS)
    assert (rows["000"]["entry_id"], rows["000"]["override_note"]) == (int(entry.entry_id), "said so")
    assert rows["001"]["aside"] == {"action": "snooze", "until": (now + DAY).date(), "by": "bob"}
    assert rows["002"]["aside"] == {"action": "dismiss", "until": None, "by": "bob"}
    assert rows["003"]["aside"] is None
    assert [rows[account]["owner"] for account in ("004", "005")] == ["ann", None]
    assert (rows["005"]["claimed_by"], rows["005"]["claimed_at"]) == ("ann", now - DAY)
    assert (rows["006"]["claimed_by"], rows["006"]["claimed_at"]) == (None, None)
    assert [rows[account]["proposal_id"] for account in ("007", "008")] == [waiting.proposal_id, None]


def test_what_was_published_before_the_measures_were_kept_is_a_queue_too(project, now):
    old = {f"disparity_{measure}": None for measure in MEASURES} | {"why": None, "why_family": None, "queued_since": None}
    project.publish(scored(now - DAY, **old), now=now - DAY)
    assert len(queue_accounts(View(), now, SETTINGS, 100)) > 20
    row = queue_page(View(), now, SETTINGS).rows[0]
    assert (row["why"], row["why_family"], row["disparity_rank"], row["queued_since"]) == ("", None, None, now - DAY)
    scores = current_scores()
    wide = scores["coverage"] & (scores["account_status"] != "customer") & (scores["disparity"].abs() >= 60)
    assert sorted(queue_accounts(View(threshold=60), now, SETTINGS, 100)) == sorted(scores["account_id"][wide])
    with pytest.raises(Refusal, match="no disparity by points, only by rank: run `lastword score`"):
        queue_page(View(measure="points"), now, SETTINGS)


def test_before_anything_is_published_nobody_waits(project, now):
    page = queue_page(View(), now, SETTINGS)
    assert (page.rows, page.after) == ([], None)
    assert queue_count(View(threshold=3), now, SETTINGS) == (0, True)
    assert queue_accounts(View(), now, SETTINGS, 5) == []
    assert queue_rows(["a"], now, SETTINGS) == {}


@pytest.mark.parametrize(
    "after",
    [
        "",
        "nonsense",
        to_cursor("disparity", 1.0, 1.0, "000"),
        to_cursor("value_of_information", 1.0, "000"),
        to_cursor("value_of_information", 1, 1.0, "000"),
        to_cursor("value_of_information", float("nan"), 1.0, "000"),
        to_cursor("value_of_information", 1.0, 1.0, "a\0"),
    ],
)
def test_a_place_that_is_none_of_this_order_is_refused(project, now, after):
    project.publish(scored(now), now=now)
    with pytest.raises(ConfigurationError, match="expected `after` of a page in the same order"):
        queue_page(View(), now, SETTINGS, after)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"order": "name"}, "order 'name' is unknown: expected value_of_information or disparity"),
        ({"measure": "z"}, "measure 'z' is unknown: expected one of rank, points, grade"),
        ({"threshold": 101.0}, "threshold 101.0 is out of reach: expected 0 to 100 points"),
        ({"threshold": float("nan")}, "threshold nan is out of reach"),
    ],
)
def test_a_view_that_cannot_be_is_refused(given, said):
    with pytest.raises(ConfigurationError, match=said):
        View(**given)


def test_since_when_an_account_is_queued_survives_publications(project, now):
    def publish(run_id, ago, **columns):
        then = now - ago * DAY
        scores = scored(then, override_review=None, **columns).set_index("account_id")
        since = queued_since(scores, ledger.in_force(then), waiting_since(then), then)
        project.publish(scores.assign(queued_since=since).reset_index(), run_id, now=then)
        return since

    first = publish("r1", 9, open_reason="disparity")
    assert (first == pd.Timestamp(now - 9 * DAY)).all()
    decide("000", now - 8 * DAY, expires_on=(now - 8 * DAY).date())
    decide("001", now - 8 * DAY)
    set_aside("002", "snooze", now - 8 * DAY, (now - 8 * DAY).date())
    second = publish("r2", 5, open_reason=["disparity"] * 4 + [None] + ["disparity"] * (N - 5))
    expected = dict.fromkeys(["000", "002"], pd.Timestamp(now - 5 * DAY)) | dict.fromkeys(["001", "004"], pd.NaT)
    for account in IDS:
        wanted = expected.get(account, pd.Timestamp(now - 9 * DAY))
        assert second[account] == wanted or (pd.isna(wanted) and pd.isna(second[account])), account
    third = publish("r3", 1, open_reason="disparity")
    assert [third[account] for account in ("000", "003", "004")] == [pd.Timestamp(now - days * DAY) for days in (5, 9, 1)]
    assert pd.isna(third["001"])


def test_what_was_under_review_before_this_was_kept_counts_from_its_publication(project, now):
    project.publish(scored(now - 4 * DAY, queued_since=None), "r1", now=now - 4 * DAY)
    waiting = queue_accounts(View(), now, SETTINGS, 100)
    scores = scored(now, open_reason="disparity").set_index("account_id")
    since = queued_since(scores, ledger.in_force(now), waiting_since(now), now)
    assert {account: since[account] == pd.Timestamp(now - 4 * DAY) for account in IDS} == {
        account: account in waiting for account in IDS
    }
