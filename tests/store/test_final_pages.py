"""The final table by pages is the final table: live and of any instant, filtered, counted and crossed as pandas would."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import ConfigurationError, Refusal
from overrides import ledger
from overrides.filters import Filters, Range
from overrides.final import final_as_of, final_table, typed
from overrides.final_pages import cross_table, final_batches, final_count, final_page
from tests.stores import scores_of, settings_of

DAY = timedelta(days=1)
SETTINGS = settings_of()
IDS = [f"a{number:02}" for number in range(40)]
COLUMNS = {
    "open_reason": ["disparity", None, "audit", None] * 10,
    "override_review": [None, "stale", None, "redundant", None] * 8,
    "high_value": [True, False, None, True, False] * 8,
    "policy_grade": ["A", "B", "C", None] * 10,
    "region": ["EMEA", "APAC", None, "EMEA"] * 10,
    "country": ["DE", "JP", None, "FR", "DE"] * 8,
    "plan_points": [float(number) for number in range(40)],
    "disparity": [float(number - 20) for number in range(40)],
    "model_points": [None, 10.0, 20.0, 30.0] * 10,
    "key_account": [True, False] * 20,
    "account_status": ["prospect", "prospect", "customer", "other"] * 10,
}


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def ledgered(project, now):
    """Two publications and a ledger with everything in it: overrides, later ones, revocations, lapses, hold-outs."""
    project.publish(scores_of(IDS, scored_at=now - 20 * DAY, **COLUMNS), "r1", now=now - 20 * DAY)
    for place, account in enumerate(IDS[:30]):
        made = now - (1 + place % 6) * DAY
        decide(account, "ABCDF"[place % 5], made, expires_on=(made + place % 4 * 2 * DAY).date())
        if place % 5 == 0:
            decide(account, "F", made + DAY / 2)
        if place % 7 == 0 and place % 4:
            ledger.revoke(account, "", "bob", made + DAY)
        if place % 3 == 0:
            ledger.add(account, "A", "other", "", "eve", None, made + DAY * 3 / 4, settings_of(holdout=1.0))
    columns = COLUMNS | {"policy_grade": ["D", None, "B", "A"] * 10}
    project.publish(scores_of(IDS, scored_at=now - 3 * DAY, **columns), "r2", now=now - 3 * DAY)
    return project


def decide(account, grade, made, **given):
    given = {"reason": "other", "note": "", "by": "ann", "expires_on": None} | given
    return ledger.add(account, grade, now=made, settings=SETTINGS, **given)


def walked(filters=None, instant=None, limit=7):
    """All pages as one table, and how many there were."""
    pages, after = [], None
    while True:
        page = final_page(filters or Filters(), after, limit, instant)
        pages.append(page.rows)
        after = page.after
        if after is None:
            return pages


def table_of(parts):
    rows = [row for part in parts for row in part]
    return typed(pd.DataFrame(rows, columns=list(FINAL_COLUMNS)))


def test_the_pages_are_the_final_table(ledgered):
    pages = walked()
    assert [len(rows) for rows in pages] == [7, 7, 7, 7, 7, 5]
    assert all(tuple(row) == FINAL_COLUMNS for rows in pages for row in rows)
    table = final_table()
    assert set(table["decided_by"]) == {"model", "override"}
    assert set(table["queue_reason"].dropna()) == {"disparity", "audit", "stale", "redundant"}
    pd.testing.assert_frame_equal(table_of(pages), table)
    for size in (1, 8, 40, 41):
        batches = list(final_batches(Filters(), size=size))
        assert [len(rows) for rows in batches[:-1]] == [size] * (len(batches) - 1)
        pd.testing.assert_frame_equal(table_of(batches), table)


@pytest.mark.parametrize("days", [0, 0.3, 1, 2.2, 2.5, 3, 4, 5.5, 7, 20])
def test_the_pages_of_an_instant_are_the_table_of_that_instant(ledgered, now, days):
    instant = now - days * DAY
    pd.testing.assert_frame_equal(table_of(walked(instant=instant)), final_as_of(instant))
    pd.testing.assert_frame_equal(table_of(final_batches(Filters(), instant, 9)), final_as_of(instant))
    assert final_count(Filters(decided_by=("override",)), instant=instant) == (
        int((final_as_of(instant)["decided_by"] == "override").sum()),
        True,
    )


def test_before_anything_was_published(project, now):
    assert final_page(Filters()).rows == [] and final_page(Filters()).after is None
    assert list(final_batches(Filters())) == []
    assert final_count(Filters()) == (0, True)
    assert cross_table(Filters(), "region").empty
    project.publish(scores_of(["a"]), now=now)
    for asked in (final_page, final_count):
        with pytest.raises(Refusal, match="nothing had been published by"):
            asked(Filters(), instant=now - DAY)
    with pytest.raises(Refusal, match="nothing had been published by"):
        list(final_batches(Filters(), now - DAY))


def test_cells_are_plain_values(project, now):
    project.publish(scores_of(["007"], scored_at=now, region=[None], high_value=[True]), now=now)
    decide("007", "B", now)
    row = final_page(Filters()).rows[0]
    assert (row["account_id"], row["region"], row["coverage"], row["under_review"], row["tier"]) == ("007", None, True, False, 1)
    assert row["scored_at"] == now and row["override_at"] == now and row["scored_at"].tzinfo is not None
    assert row["override_expires_on"] == (now + 180 * DAY).date() and type(row["as_of"]) is type(now.date())
    assert row["propensity"] == 0.25 and row["grade_confidence"] is None


def some(frame, **columns):
    """The account_ids for which all conditions hold."""
    return sorted(frame["account_id"][pd.DataFrame(columns, index=frame.index).all(axis=1)])


def test_every_filter_is_what_pandas_would_keep(ledgered):
    table = final_table()
    grade = pd.Series(["D"] * 40)
    model = table["model_grade"]
    cases = [
        (Filters(region=("EMEA",)), table["region"] == "EMEA"),
        (Filters(region=("EMEA", "none")), table["region"].isna() | (table["region"] == "EMEA")),
        (Filters(country=("none",)), table["country"].isna()),
        (Filters(region=("EMEA",), country=("DE",)), (table["region"] == "EMEA") & (table["country"] == "DE")),
        (Filters(account_status=("customer", "other")), table["account_status"].isin(["customer", "other"])),
        (Filters(plan_segment=("Bronze",)), table["plan_segment"] == "Bronze"),
        (Filters(plan_grade=("D",)), grade == "D"),
        (Filters(model_grade=("A", "F")), model.isin(["A", "F"])),
        (Filters(final_grade=("none",)), table["final_grade"].isna()),
        (Filters(final_grade=("A", "none")), table["final_grade"].isna() | (table["final_grade"] == "A")),
        (Filters(decided_by=("override",)), table["decided_by"] == "override"),
        (Filters(queue_reason=("stale", "audit")), table["queue_reason"].isin(["stale", "audit"])),
        (Filters(queue_reason=("none",)), table["queue_reason"].isna()),
        (Filters(tier=("1", "3")), table["tier"].isin([1, 3]).fillna(False)),
        (Filters(tier=("none",)), table["tier"].isna()),
        (Filters(run_id=("r2",)), table["run_id"] == "r2"),
        (Filters(run_id=("r1",)), table["run_id"] == "r1"),
        (Filters(plan_points=Range(10, 20)), table["plan_points"].between(10, 20)),
        (Filters(model_points=Range(None, 20)), table["model_points"] <= 20),
        (Filters(disparity=Range(-5, None)), table["disparity"] >= -5),
        (Filters(gap=Range(15, None)), table["disparity"].abs() >= 15),
        (Filters(expected_value=Range(0, None)), table["expected_value"] >= 0),
        (Filters(key_account=True), table["key_account"]),
        (Filters(key_account=False), ~table["key_account"]),
        (Filters(queued_days=Range(3, None)), table["under_review"]),
        (Filters(queued_days=Range(None, 2)), table["under_review"] & False),
        (Filters(queued_days=Range(4, None)), table["under_review"] & False),
        (Filters(search="A3"), table["account_id"].str.startswith("a3")),
        (Filters(search="OF a1"), table["account_id"].str.startswith("a1")),
    ]
    for filters, kept in cases:
        expected = sorted(table["account_id"][kept.fillna(False)])
        assert [row["account_id"] for rows in walked(filters) for row in rows] == expected, filters
        assert final_count(filters) == (len(expected), True), filters


def test_a_search_is_for_text_and_in_any_case(project):
    names = ["Ökonom 50% AG", "ÖKO_GMBH", "Größe ökologisch", "50 AG", "!50"]
    project.publish(scores_of(["Ab-1", "ab_2", "x%", "É1", "5"], name=names))

    def found(search):
        return {row["name"] for row in final_page(Filters(search=search)).rows}

    assert found("öko") == found("ÖKO") == found("Öko") == set(names[:3])
    assert found("50%") == {names[0]}
    assert found("ko_g") == {names[1]}
    assert found("!5") == {names[4]}
    assert found("ab-") == {names[0]} and found("AB_") == {names[1]} and found("x%") == {names[2]}
    assert found("b-1") == set()
    assert found("é") == {names[3]}
    assert found("5") == {names[0], names[3], names[4]}


def test_accounts_by_their_owner(project, now):
    from overrides.models import Ownership

    project.publish(scores_of(["a", "b", "c"]))
    for account, owner in [("a", "ann"), ("b", "bob")]:
        Ownership.objects.create(account_id=account, owner=owner, assigned_by="eve", assigned_at=now)
    owned = {
        owner: [row["account_id"] for row in final_page(Filters(owner=owner)).rows]
        for owner in [("ann",), ("",), ("", "bob"), ("x",)]
    }
    assert owned == {("ann",): ["a"], ("",): ["c"], ("", "bob"): ["b", "c"], ("x",): []}


def test_a_count_is_bounded(ledgered):
    assert [final_count(Filters(), at_most) for at_most in (39, 40, 41)] == [(39, False), (40, True), (40, True)]


@pytest.mark.parametrize("attribute", [None, "region", "country", "industry", "account_status"])
@pytest.mark.parametrize("filters", [Filters(), Filters(key_account=True, gap=Range(5, None))])
def test_the_cross_table_is_pandas_own(ledgered, attribute, filters):
    table = table_of(walked(filters)).assign(plan_grade="D").astype({"plan_grade": "str"})
    groups = [*([attribute] if attribute else []), "plan_segment", "plan_grade", "model_grade", "final_grade", "decided_by"]
    sums = ["plan_points", "model_points", "potential_spend", "expected_value"]
    grouped = table.groupby(groups, dropna=False)
    expected = grouped[sums].sum(min_count=1).assign(accounts=grouped.size())
    found = cross_table(filters, attribute)
    assert list(found.columns) == [*groups, "accounts", *sums]
    assert found["accounts"].sum() == len(table) > 0
    pd.testing.assert_frame_equal(
        found.sort_values(groups, ignore_index=True), expected.reset_index().sort_values(groups, ignore_index=True)[found.columns]
    )


@pytest.mark.parametrize("field", ["name", "region; DROP TABLE lastword_score", "final_grade"])
def test_accounts_are_not_counted_by_anything(ledgered, field):
    with pytest.raises(ConfigurationError, match="accounts can't be counted by"):
        cross_table(Filters(), field)


@pytest.mark.parametrize(
    "after", ["", "x", "ä", "WyJhY2NvdW50X2lkIl0", "WyJhY2NvdW50X2lkIiwgMV0", "WyJhY2NvdW50X2lkIiwgIlx1MDAwMCJd", "bnVsbA"]
)
def test_a_broken_cursor_is_refused(ledgered, after):
    with pytest.raises(ConfigurationError, match="in the pages can't be read"):
        final_page(Filters(), after)
