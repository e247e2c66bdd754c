import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.findings import LeakageRefusal, refuse_blocked
from models.leakage import examine


def feature(name, kind="numeric", known="always", family="firmographic"):
    return SimpleNamespace(name=name, kind=kind, known=known, family=family)


@pytest.fixture
def panel() -> SimpleNamespace:
    """1,500 accounts at six landmarks, about 170 of which win; a trait drives them."""
    rng = np.random.default_rng(5)
    accounts = np.arange(1500)
    trait = rng.normal(size=1500)
    wins = rng.random(1500) < 1 / (1 + np.exp(2.4 - trait))
    seen = np.tile(accounts, 6)
    return SimpleNamespace(
        rng=rng, trait=trait[seen], customer=wins[seen], won=(wins[seen] & (rng.random(9000) < 0.8)), account=seen
    )


def findings(panel, column, kind="numeric", known="always", waivers=None, name="fact"):
    rows = pd.DataFrame({name: column})
    return examine(rows, panel.won, [feature(name, kind, known)], waivers or {}, [], panel.account)


def per_account(panel, values):
    return np.asarray(values)[panel.account]


def test_a_column_that_only_customers_have_is_blocked_and_the_message_says_what_to_do(panel):
    spend = np.where(panel.customer, 1e4 + panel.account, np.nan)
    report = findings(panel, spend, name="spend")
    assert {finding.rule for finding in report.blocked} == {"null lift", "single-feature AUC"}
    message = report.blocked[0].message
    assert '"spend"' in message and "0.00 times" in message
    assert 'known = "after_win"' in message and "[model.leakage_waivers]" in message
    assert "\n" not in message


def test_the_same_column_filled_with_zero_is_blocked_by_its_auc(panel):
    report = findings(panel, np.where(panel.customer, 1e4 + panel.account, 0.0))
    assert [finding.rule for finding in report.blocked] == ["single-feature AUC"]
    assert report.blocked[0].figure > 0.9 == report.blocked[0].limit


def test_the_same_column_filled_with_the_mean_is_blocked(panel):
    around = per_account(panel, panel.rng.normal(size=1500))
    assert findings(panel, np.where(panel.customer, around, 0.0)).blocked


def test_a_manager_that_only_customers_have_is_blocked_by_out_of_fold_rates(panel):
    manager = per_account(panel, panel.rng.choice(["Ana", "Bo"], 1500))
    report = findings(panel, np.where(panel.customer, manager, None), kind="category", known="as_of")
    assert [finding.rule for finding in report.blocked] == ["single-feature AUC"]


def test_a_sparse_column_that_winners_have_far_more_often_is_blocked(panel):
    has = per_account(panel, panel.rng.random(1500) < 0.1) | (panel.customer & per_account(panel, panel.rng.random(1500) < 0.6))
    report = findings(panel, np.where(has, 1.0, np.nan))
    assert [finding.rule for finding in report.blocked] == ["populated lift"]
    assert report.blocked[0].figure > 1.5


def test_what_is_known_as_of_the_landmark_may_be_missing_where_nobody_wins(panel):
    has = per_account(panel, panel.rng.random(1500) < 0.1) | (panel.customer & per_account(panel, panel.rng.random(1500) < 0.6))
    report = findings(panel, np.where(has, 1.0, np.nan), known="as_of")
    assert not report.blocked
    assert "null lift" in {finding.rule for finding in report.warned}


def test_an_identifier_per_account_does_not_pass_for_knowledge(panel):
    report = findings(panel, np.char.add("id", panel.account.astype(str)), kind="category")
    assert not report.blocked
    assert [finding.rule for finding in report.warned] == ["categories"]


def test_a_strong_but_honest_trait_is_not_blocked(panel):
    report = findings(panel, panel.trait, known="as_of")
    assert not report.blocked


@pytest.mark.parametrize("accounts", [400, 1500])
def test_no_clean_column_is_blocked_by_chance(accounts):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        seen = np.tile(np.arange(accounts), 4)
        won = (rng.random(accounts) < 0.07)[seen]
        columns = {
            f"fact {k}": np.where(rng.random(accounts) < k / 12, np.nan, rng.normal(size=accounts))[seen] for k in range(12)
        }
        columns["flag"] = (rng.random(accounts) < 0.02).astype(float)[seen]
        places = rng.choice([f"place {k}" for k in range(150)], accounts)[seen]
        features = [*(feature(name) for name in columns), feature("place", "category")]
        assert examine(pd.DataFrame({**columns, "place": places}), won, features, {}, [], seen).blocked == ()


def test_one_win_seen_at_many_landmarks_is_one_piece_of_evidence():
    won = np.arange(2000) % 20 < 1
    column = np.where(won | (np.arange(2000) % 10 == 1), 1.0, np.nan)
    own = examine(pd.DataFrame({"fact": column}), won, [feature("fact")], {}, [])
    assert own.blocked
    few = np.where(won, 0, np.arange(2000))  # every winning row is the same account
    assert not examine(pd.DataFrame({"fact": column}), won, [feature("fact")], {}, [], few).blocked


def test_a_waiver_lets_a_column_through_and_keeps_its_figure(panel):
    report = findings(panel, np.where(panel.customer, 1.0, 0.0), waivers={"fact": "checked with sales operations"})
    assert not report.blocked
    assert report.waived[0].figure > 0.9 and "checked with sales operations" in report.waived[0].message


@pytest.mark.parametrize(
    ("waived", "known", "why"),
    [
        ("fact", "always", "nothing blocks it"),
        ("fakt", "always", "no such feature"),
        ("fact", "after_win", "leaves it out anyway"),
    ],
)
def test_a_waiver_that_nothing_needs_is_pointed_out(panel, waived, known, why):
    report = findings(panel, panel.trait, known=known, waivers={waived: "an old reason"})
    assert not report.blocked and not report.waived
    (found,) = (finding for finding in report.warned if finding.rule == "waiver not needed")
    assert found.column == waived and why in found.message


def test_a_waiver_that_is_needed_is_not_pointed_out(panel):
    report = findings(panel, np.where(panel.customer, 1.0, 0.0), waivers={"fact": "checked"})
    assert "waiver not needed" not in {finding.rule for finding in report.warned}


def test_the_refusal_names_the_first_column_its_figure_and_the_others_and_keeps_the_report(panel):
    spend = np.where(panel.customer, 1.0, 0.0)
    rows = pd.DataFrame({"spend": spend, "tenure": spend})
    report = examine(rows, panel.won, [feature("spend"), feature("tenure")], {}, [], panel.account)
    with pytest.raises(LeakageRefusal, match='"spend"') as refused:
        refuse_blocked(report)
    assert "(limit 0.9)" in str(refused.value) and str(refused.value).endswith("(blocked too: tenure)")
    assert refused.value.report == report and refused.value.exit_code == 1
    refuse_blocked(examine(rows, panel.won, [], {}, []))


def test_where_the_gate_only_warns_every_blocked_column_says_so(panel):
    report = findings(panel, np.where(panel.customer, 1.0, 0.0)).let_through()
    assert report.blocked[0].advice.startswith('let through by [model] leakage = "warn"')


def test_a_column_known_only_after_a_win_is_excluded_whatever_it_holds(panel):
    report = findings(panel, np.where(panel.customer, 1.0, np.nan), known="after_win")
    assert not report.blocked and not report.warned
    assert [finding.column for finding in report.excluded] == ["fact"]


@pytest.mark.parametrize(
    ("name", "family", "blocked"),
    [
        ("intent:ACME Cloud pricing", "intent", True),
        ("technology:acme-cloud", "technographic", True),
        ("technology:Acme", "technographic", False),
        ("technology:Acme Cloudware", "technographic", False),
        ("acme cloud", "firmographic", False),
    ],
)
def test_a_signal_that_names_the_product_is_blocked_word_by_word(name, family, blocked):
    known = [feature(name, "flag", "as_of", family)]
    report = examine(pd.DataFrame(index=range(3)), [0, 1, 0], known, {}, ["Acme Cloud", ""])
    assert [finding.rule for finding in report.blocked] == (["names the product"] if blocked else [])


def test_a_column_of_one_value_is_warned_of(panel):
    report = findings(panel, np.where(np.arange(9000) < 9, 2.0, 1.0))
    assert [finding.rule for finding in report.warned] == ["identical"]


@pytest.mark.parametrize("won", [[], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_rows_of_one_class_are_no_error(won):
    rows = pd.DataFrame({"fact": np.array([1, np.nan, 3, 4][: len(won)], dtype=float)})
    assert examine(rows, won, [feature("fact")], {}, []).blocked == ()


def test_row_order_does_not_matter(panel):
    order = np.random.default_rng(0).permutation(9000)
    rows = pd.DataFrame({"fact": panel.trait * 3})
    given = examine(rows, panel.won, [feature("fact")], {}, [], panel.account)
    assert examine(rows.iloc[order], panel.won[order], [feature("fact")], {}, [], panel.account[order]) == given


def test_the_report_is_json_with_null_for_what_has_no_figure(panel):
    stored = json.loads(json.dumps(findings(panel, panel.trait, known="after_win").to_json(), allow_nan=False))
    assert set(stored) == {"blocked", "warned", "excluded", "waived"}
    assert stored["excluded"][0]["figure"] is None
