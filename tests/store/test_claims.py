"""Who has an account open, and who looks after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Refusal
from overrides import claims, events, ownership
from tests.stores import scores_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def published(project):
    project.publish(scores_of(["a", "b", "c"]))
    return project


def test_whoever_comes_first_holds_it_and_the_second_is_told(published):
    assert claims.claim("a", "ann", NOW).by == "ann"
    holder = claims.claim("a", "bob", NOW + MINUTE)
    assert (holder.by, holder.claimed_at, holder.until) == ("ann", NOW, NOW + 5 * MINUTE)
    assert claims.claim("b", "bob", NOW).by == "bob"


def test_renewing_keeps_since_when_and_a_lapsed_claim_goes_to_the_next(published):
    claims.claim("a", "ann", NOW)
    renewed = claims.claim("a", "ann", NOW + 4 * MINUTE)
    assert (renewed.claimed_at, renewed.until) == (NOW, NOW + 9 * MINUTE)
    assert claims.claim("a", "bob", NOW + 8 * MINUTE).by == "ann"
    taken = claims.claim("a", "bob", NOW + 9 * MINUTE)
    assert (taken.by, taken.claimed_at) == ("bob", NOW + 9 * MINUTE)
    back = claims.claim("a", "bob", NOW + 60 * MINUTE)
    assert back.claimed_at == NOW + 60 * MINUTE, "a claim that had lapsed begins anew"


def test_releasing_ends_ones_own_alone(published):
    claims.claim("a", "ann", NOW)
    assert not claims.release("a", "bob", NOW)
    assert list(claims.holders(["a", "b"], NOW)) == ["a"]
    assert claims.release("a", "ann", NOW + MINUTE)
    assert not claims.release("a", "ann", NOW + MINUTE)
    assert claims.holders(["a"], NOW + MINUTE) == {}


def test_holders_leave_out_what_lapsed_and_what_was_not_asked_for(published):
    for account in ("a", "b"):
        claims.claim(account, "ann", NOW)
    claims.claim("b", "ann", NOW + 3 * MINUTE)
    assert claims.holders(["a", "b", "c"], NOW + 6 * MINUTE) == {"b": claims.Holder("b", "ann", NOW, NOW + 8 * MINUTE)}
    assert claims.holders(["c"], NOW) == {}
    assert claims.holders([], NOW) == {}


def test_a_claim_needs_an_account_and_a_name(published):
    with pytest.raises(Refusal, match="account 'aa' is unknown"):
        claims.claim("aa", "ann", NOW)
    with pytest.raises(ConfigurationError, match="the author is empty"):
        claims.claim("a", " ", NOW)
    assert claims.holders(["aa", "a"], NOW) == {}


def test_of_many_who_open_it_at_once_one_holds_it(published):
    def claim(name):
        from django.db import connection

        from overrides.store import open_store

        open_store(published.store_url)
        try:
            return claims.claim("a", name, NOW).by
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(claim, ["ann", "bob", "cleo", "dan"]))
    assert said == {claims.holders(["a"], NOW)["a"].by}


def test_owners_are_given_changed_and_taken_away(published):
    assert ownership.assign(["a", "b", "a"], "ann", "boss", NOW) == 2
    assert ownership.assign(["a", "b", "c"], "ann", "boss", NOW) == 1, "who has it already doesn't change"
    assert ownership.assign(["b"], " bob ", "boss", NOW + MINUTE) == 1
    assert ownership.owners(["a", "b", "c"]) == {"a": "ann", "b": "bob", "c": "ann"}
    assert ownership.assign(["a", "b"], None, "boss", NOW + 2 * MINUTE) == 2
    assert ownership.owners(["a", "b", "c"]) == {"c": "ann"}
    page = events.timeline(now=NOW + 2 * MINUTE, kinds=["assignment"], subject="b")
    assert [line.said for line in page.lines] == [
        "Nobody looks after it any more; bob did",
        "bob looks after it, as ann did before",
        "ann looks after it",
    ]
    assert page.lines[0].details == {"owner": None, "before": "bob"}


def test_an_unknown_account_keeps_all_from_being_assigned(published):
    with pytest.raises(Refusal, match="account 'aa' is unknown"):
        ownership.assign(["a", "aa"], "ann", "boss", NOW)
    with pytest.raises(Refusal, match="20,001 accounts are too many to assign at once"):
        ownership.assign([str(number) for number in range(20_001)], "ann", "boss", NOW)
    with pytest.raises(ConfigurationError, match="the author is empty"):
        ownership.assign(["a"], "ann", "", NOW)
    assert ownership.owners(["a"]) == {}
