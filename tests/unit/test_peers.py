"""The comparison with other tools: its figures, its table, and features that know nothing of their own future."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import peers
from benchmarks.peer_figures import Figure, calibration_error, compare_scores, markdown
from benchmarks.peer_fit import TOOLS, coded, features_of, kind_of
from benchmarks.peer_sets import MissingError, cdnow_rows, shares, with_folds
from models.evaluation import evaluate
from models.ranking import Ranking


@pytest.fixture(scope="module")
def scored():
    """Outcomes of 2,000 accounts, their true probabilities, the same too high, and noise."""
    rng = np.random.default_rng(3)
    truth = rng.beta(1, 6, 2000)
    won = (rng.random(2000) < truth).astype(float)
    return won, {"truth": truth, "copy": truth.copy(), "too high": np.sqrt(truth), "noise": rng.random(2000)}


def test_equal_scores_tie_and_worse_ones_do_not(scored):
    won, scores = scored
    figures = compare_scores(won, scores, np.arange(2000), seed=1, replicates=100)
    assert [name for name in scores if figures[name]["auc"].best] == ["truth", "copy", "too high"]
    assert [name for name in scores if figures[name]["ece"].best] == ["truth", "copy"]
    assert figures["truth"] == figures["copy"]


def test_figures_are_those_that_lastword_reports_of_itself(scored):
    won, scores = scored
    figures = compare_scores(won, scores, np.arange(2000), seed=1, replicates=2)
    for name, score in scores.items():
        own = evaluate(won, score, np.arange(2000), is_propensity=True, seed=1, replicates=0)
        for metric, figure in figures[name].items():
            assert figure.estimate == pytest.approx(own[metric].estimate, abs=1e-12), (name, metric)


def test_accounts_are_drawn_whole_so_that_repeated_rows_add_no_certainty(scored):
    won, scores = scored
    once = compare_scores(won, {"truth": scores["truth"]}, np.arange(2000), seed=1)
    fourfold = compare_scores(np.tile(won, 4), {"truth": np.tile(scores["truth"], 4)}, np.tile(np.arange(2000), 4), seed=1)
    assert fourfold["truth"]["auc"].error == pytest.approx(once["truth"]["auc"].error, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=60))
def test_calibration_error_lies_between_the_whole_error_and_the_largest(pairs):
    score, won = np.array([p for p, _ in pairs]), np.array([float(w) for _, w in pairs])
    error = calibration_error(Ranking(score), won, score, np.ones(len(won)))
    assert abs((score - won).mean()) - 1e-9 <= error <= np.abs(score - won).mean() + 1e-9


def test_the_table_marks_the_best_with_all_that_tie_and_says_who_is_missing():
    figures = {
        "Lastword": {
            "auc": Figure(0.75, 0.02, True),
            "average_precision": Figure(0.2, 0.01, False),
            "lift_at_15": Figure(2.5, 0.1, True),
            "ece": Figure(0.01, 0.002, True),
        },
        "Another": {
            "auc": Figure(0.76, 0.02, True),
            "average_precision": Figure(0.25, 0.01, True),
            "lift_at_15": Figure(2.1, 0.1, False),
            "ece": Figure(0.03, 0.002, False),
        },
    }
    assert markdown(figures, {"Lastword": 1.25, "Another": 1234.5}, {"Third": "not installed"}).splitlines() == [
        "|  | AUC | average precision | lift at 15 % | ECE | seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| Lastword | **0.750 ± 0.020** | 0.200 ± 0.010 | **2.50 ± 0.10** | **0.010 ± 0.002** | **1.2** |",
        "| Another | **0.760 ± 0.020** | **0.250 ± 0.010** | 2.10 ± 0.10 | 0.030 ± 0.002 | 1,234.5 |",
        "| Third | – | – | – | – | not installed |",
    ]


def test_tables_replace_those_of_the_last_time_and_nothing_else():
    page = f"before\n{peers.BEGIN}old\\1\n{peers.END}\nafter\n"
    assert peers.with_tables(page, "new\\1") == f"before\n{peers.BEGIN}\nnew\\1\n{peers.END}\nafter\n"
    assert re.search(f"(?s){peers.BEGIN}.*{peers.END}", peers.README.read_text(encoding="utf-8"))


def test_a_customer_is_known_by_what_came_before_the_cut_and_judged_by_what_comes_from_it():
    bought = ["1997-01-01", "1997-03-01", "1997-04-01", "1997-01-05", "1997-12-31", "1997-02-01"]
    purchases = pd.DataFrame({"customer": list("112233"), "bought_on": pd.to_datetime(bought), "discs": 1, "dollars": 10.0})
    purchases["customer"] = ["1", "1", "1", "2", "2", "3"]
    rows = cdnow_rows(purchases, pd.Timestamp("1997-04-01")).set_index("_account")
    assert rows["_won"].to_dict() == {"1": 1, "2": 0, "3": 0}  # bought on the cut; 274 days after it; never
    assert rows["orders"].to_dict() == {"1": 2, "2": 1, "3": 1}
    assert rows.loc["1", ["days_since_order", "days_since_first", "days_between_orders"]].tolist() == [31, 90, 59]
    assert rows["days_between_orders"].isna().to_dict() == {"1": False, "2": True, "3": True}


def test_splits_use_every_row_once_as_the_test_and_keep_groups_whole():
    rows = pd.DataFrame({"x": range(60), "_won": [0, 1] * 30, "_group": [n // 4 for n in range(60)]})
    splits = shares(rows)
    assert sorted(row for _, test in splits for row in test["x"]) == list(range(60))
    assert all(not set(train["_group"]) & set(test["_group"]) for train, test in splits)
    assert with_folds(rows).groupby("_group")["_fold"].nunique().eq(1).all()


def test_features_are_coded_by_the_training_rows_alone():
    train = pd.DataFrame({"topic:a": [0.0, 1.0, None], "region": ["n", "s", None], "size": [1.0, 2.0, 3.0], "_won": [0, 1, 0]})
    test = pd.DataFrame({"topic:a": [1.0], "region": ["w"], "size": [9.0]})
    assert [kind_of(train[name]) for name in features_of(train)] == ["flag", "category", "numeric"]
    rows, asked = coded(train, test)
    assert list(rows) == list(asked) == ["x0", "x1", "x2"]
    assert list(rows["x1"].cat.categories) == list(asked["x1"].cat.categories) == ["n", "s"]
    assert asked["x1"].isna().all()


def test_without_the_peers_they_are_left_out_with_the_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "PEERS", tmp_path)
    rng = np.random.default_rng(1)
    train = pd.DataFrame({"x": rng.normal(size=60), "_won": [0, 1] * 30, "_group": range(60), "_account": range(60), "_fold": 0})
    monkeypatch.setattr(peers, "TOOLS", {name: TOOLS[name] for name in ("logistic regression", "FLAML", "AutoGluon")})
    given_answers, missing = peers.answers(peers.PeerSet("any", "one split", ((train, train),)), 1)
    assert given_answers["logistic regression"].propensity.shape == (60,)
    assert missing == {"FLAML": "not installed", "AutoGluon": "not installed"}
    with pytest.raises(MissingError, match="not installed"):
        peers.public("caravan", tmp_path)
