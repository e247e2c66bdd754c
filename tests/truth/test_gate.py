"""The leakage gate on generated populations: every trap is blocked, and no clean column ever is."""

from collections import Counter

import pytest

from tests.truth.market import make_market
from tests.truth.traps import BLOCKED, POPULATIONS, WARNED, measure_seed, with_traps

ACCOUNTS = 2000
SEEDS = 20
CHANCE = {"identical", "null lift"}
"""Rules on a single column's shape that may remark on a clean one."""


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return make_market(tmp_path_factory.mktemp("market"), ACCOUNTS, 1)


def test_a_clean_market_has_nothing_blocked_and_no_warning_about_time(market):
    report = market.report()
    assert report.blocked == ()
    assert {finding.rule for finding in report.warned} <= CHANCE
    assert {finding.column for finding in report.excluded} == {"prior_year_spend", "tenure_years", "market_share"}


def test_every_trap_is_blocked_and_what_is_dated_at_the_sale_is_warned_of(market):
    report = with_traps(market, 1).report()
    assert {finding.column for finding in report.blocked} == set(BLOCKED)
    lost = {finding.column: finding for finding in report.warned if finding.rule == "loses when lagged"}
    assert set(lost) == set(WARNED)
    assert lost[WARNED[0]].figure > 0.3


def test_a_provider_that_sends_more_since_the_newest_landmark_is_named(tmp_path):
    report = make_market(tmp_path, ACCOUNTS, 1, POPULATIONS["drift after training"]).report()
    assert report.blocked == ()
    drifted = [finding for finding in report.warned if finding.rule == "training against scoring"]
    assert drifted[0].column == "all features" and drifted[0].figure > 0.8
    assert '"intent_surge"' in drifted[0].message
    assert {"intent", "signals_90_days"} <= {finding.column for finding in drifted}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in POPULATIONS if name != "drift after training"])
def test_no_column_of_another_process_is_blocked_or_warned_of_without_cause(name, tmp_path):
    report = make_market(tmp_path, ACCOUNTS, 2, POPULATIONS[name]).report()
    assert report.blocked == ()
    assert {finding.rule for finding in report.warned} <= CHANCE | {"landmark date"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_markets(tmp_path):
    found: Counter[str] = Counter()
    for seed in range(1, SEEDS + 1):
        found += measure_seed(tmp_path / str(seed), ACCOUNTS, seed)
    print("\n".join(f"{count:4} {what}" for what, count in sorted(found.items())))
    assert not [what for what in found if what.startswith("clean blocked")]
    assert {what: found[what] for what in found if what.startswith("trap")} == {
        **{f"trap blocked: {column}": SEEDS for column in BLOCKED},
        **{f"trap warned: {column}": SEEDS for column in WARNED},
    }
    assert {what.removeprefix("clean warned: ") for what in found if what.startswith("clean warned")} <= CHANCE
