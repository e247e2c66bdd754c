"""Which rows must stay on one side of a split: an account's own, its family's, and those that are alike in every feature."""

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

MOST_ALIKE = 0.05
"""Rows alike in every feature tie their accounts together unless so large a share of accounts is alike: then they are
alike for want of data, and one group of them all would leave nothing to split."""


def account_groups(rows: pd.DataFrame, accounts: ibis.Table, group_by: Sequence[str], features: Sequence[str]) -> np.ndarray:
    """A whole number per row: equal numbers must stay on one side of any split.

    Accounts are tied together by equal values of a `group_by` column of accounts (for parent_account_id the parent itself
    belongs to its children, whether it is a known account or not), and by rows identical in every feature. Groups are the
    connected components of these ties; an account's rows are always in one group.
    """
    people = pd.Index(rows["account_id"].unique())
    columns = [name for name in group_by if name in accounts.columns]
    known = accounts.select("account_id", *columns).to_pandas().set_index("account_id").reindex(people)
    ties = [shared_values(known[name]) for name in columns if name != "parent_account_id"]
    if "parent_account_id" in columns:
        ties.append(family_ties(known["parent_account_id"]))
    ties.append(alike(rows, people, features))
    component = components(len(people), np.concatenate([*ties, np.empty((0, 2), dtype=int)]))
    return component[people.get_indexer(rows["account_id"])]


def shared_values(values: pd.Series) -> np.ndarray:
    """Pairs (first account with the value, another) by position; blanks tie nothing."""
    codes, _ = pd.factorize(values)
    return pairs(np.arange(len(values)), codes)


def family_ties(parents: pd.Series) -> np.ndarray:
    """As `shared_values`, and a parent that is an account belongs to its children."""
    family = parents.where(parents.notna(), pd.Series(parents.index, index=parents.index).where(parents.index.isin(parents)))
    return shared_values(family)


def alike(rows: pd.DataFrame, people: pd.Index, features: Sequence[str]) -> np.ndarray:
    """Pairs of accounts that have rows equal in every feature."""
    print_of_row = pd.util.hash_pandas_object(rows[list(features)], index=False).to_numpy()
    distinct = pd.DataFrame({"print": print_of_row, "account": people.get_indexer(rows["account_id"])}).drop_duplicates()
    shared = distinct.groupby("print")["account"].transform("size")
    usable = distinct[(shared > 1) & (shared <= max(2, MOST_ALIKE * len(people)))]
    return pairs(usable["account"].to_numpy(), pd.factorize(usable["print"])[0])


def pairs(positions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """For each code the pairs (its first position, each further one); code −1 stands for no value."""
    given = codes >= 0
    positions, codes = positions[given], codes[given]
    if not len(codes):
        return np.empty((0, 2), dtype=int)
    order = np.argsort(codes, kind="stable")
    positions, codes = positions[order], codes[order]
    starts = np.r_[True, codes[1:] != codes[:-1]]
    heads = positions[np.maximum.accumulate(np.where(starts, np.arange(len(codes)), 0))]
    return np.column_stack([heads, positions])


def components(size: int, ties: np.ndarray) -> np.ndarray:
    """Connected components of `size` nodes under ties (pairs of positions), numbered from 0."""
    graph = coo_matrix((np.ones(len(ties)), (ties[:, 0], ties[:, 1])), shape=(size, size))
    return connected_components(graph, directed=False)[1]
