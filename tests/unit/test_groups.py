"""What stays together in a split."""

import pandas as pd

from models.groups import account_groups, components, pairs
from tests.sample_tables import table


def groups(accounts, rows, group_by=("parent_account_id", "domain"), features=("x",)):
    people = table("accounts", [{"name": "n"} | account for account in accounts])
    frame = pd.DataFrame(rows)
    found = account_groups(frame, people, list(group_by), list(features))
    return dict(zip(frame["account_id"], found, strict=True))


def rows(*ids):
    return [{"account_id": account, "x": float(number)} for number, account in enumerate(ids)]


def test_a_family_is_its_children_and_the_parent_known_or_not():
    accounts = [
        {"account_id": "P"},
        {"account_id": "1", "parent_account_id": "P"},
        {"account_id": "2", "parent_account_id": "unknown"},
        {"account_id": "3", "parent_account_id": "unknown"},
        {"account_id": "4"},
    ]
    found = groups(accounts, rows("P", "1", "2", "3", "4"))
    assert found["P"] == found["1"]
    assert found["2"] == found["3"]
    assert len({found["P"], found["2"], found["4"]}) == 3


def test_ties_are_transitive():
    accounts = [
        {"account_id": "1", "parent_account_id": "P", "domain": "a.com"},
        {"account_id": "2", "parent_account_id": "P", "domain": "b.com"},
        {"account_id": "3", "domain": "b.com"},
        {"account_id": "4"},
        {"account_id": "5"},
    ]
    found = groups(accounts, rows("1", "2", "3", "4", "5"))
    assert found["1"] == found["2"] == found["3"]
    assert found["4"] != found["5"], "blank domains tie nothing"


def test_all_rows_of_an_account_are_together_and_equal_rows_tie_accounts():
    frame = [
        {"account_id": "1", "x": 1.0},
        {"account_id": "1", "x": 2.0},
        {"account_id": "2", "x": 2.0},
        {"account_id": "3", "x": 3.0},
    ]
    accounts = [{"account_id": i} for i in "123"]
    found = groups(accounts, frame)
    assert found["1"] == found["2"] != found["3"]


def test_a_mass_of_accounts_alike_for_want_of_data_is_not_one_group():
    ids = [str(i) for i in range(100)]
    found = groups([{"account_id": i} for i in ids], [{"account_id": i, "x": 0.0} for i in ids])
    assert len(set(found.values())) == 100


def test_pairs_and_components():
    assert pairs(pd.Series([5, 6, 7]).to_numpy(), pd.Series([0, -1, 0]).to_numpy()).tolist() == [[5, 5], [5, 7]]
    assert components(3, pairs(pd.Series([0, 2]).to_numpy(), pd.Series([1, 1]).to_numpy())).tolist() == [0, 1, 0]
