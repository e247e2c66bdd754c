"""Of more at-risk rows than are needed whole accounts are drawn, by id and seed alone, and what is drawn is built as before."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.build import IntentPolicy
from features.catalog import Vocabulary, catalog
from lastword.plan import Plan
from models.landmarks import TrainingSet, training_set
from models.sampling import EVERYONE, Sample, sample_of
from tests.sample_tables import tables

AS_OF = date(2026, 7, 1)
PLAN = Plan.model_validate(
    {
        "version": "1",
        "segments": [{"name": "A", "min_points": 50}, {"name": "F", "min_points": 0}],
        "attributes": [
            {"name": "employee_count", "kind": "quantitative", "weight": 1, "missing": "zero",
             "bands": [{"max": 10, "points": 0}, {"min": 10, "points": 100}]}
        ],
    }
)  # fmt: skip


def people(accounts: int = 400):
    """Every second account belongs to a parent of ten, uses a technology and has a signal; every tenth wins."""
    ids = [f"{i:03}" for i in range(accounts)]
    return tables(
        accounts=[
            {"account_id": each, "name": each, "parent_account_id": f"p{i % 40}" if i % 2 else None, "employee_count": float(i)}
            for i, each in enumerate(ids)
        ],
        won=[{"account_id": each, "won_on": AS_OF - timedelta(days=100)} for each in ids[::10]],
        house_list=[{"account_id": each} for each in ids],
        technographics=[{"account_id": each, "technology": "x", "category": "c"} for each in ids[::2]],
        intents=[
            {"account_id": each, "topic": "y", "observed_on": AS_OF - timedelta(days=580 - i % 300), "strength": 1.0}
            for i, each in enumerate(ids)
        ],
    )


def learnt(most_rows: int, seed: int = 7) -> TrainingSet:
    features = catalog(Vocabulary(("x",), (), ("y",)))
    return training_set(people(), features, PLAN, AS_OF, 180, IntentPolicy(), ["parent_account_id"], seed, most_rows)


def test_everyone_is_learnt_from_where_there_is_room():
    assert sample_of(1_000, 1_000, 7).share == 1
    assert sample_of(0, 1_000, 7).share == 1
    assert sample_of(4_000, 1_000, 7) == Sample(0.25, 7)
    whole = learnt(10**6)
    assert whole.at_risk_rows is None
    assert whole.sample_figures == {"at_risk_rows": 3_200, "winners": 40, "rows": 3_200, "winners_used": 40}


def test_the_rows_drawn_are_those_of_whole_accounts_and_hold_what_they_would_hold_among_all():
    whole, drawn = learnt(10**6), learnt(1_000)
    assert drawn.at_risk_rows == len(whole.rows)
    kept = whole.rows[whole.rows["account_id"].isin(drawn.rows["account_id"])]
    assert len(whole.rows) == 3_200
    assert 0.2 < len(kept) / len(whole.rows) < 0.45
    pd.testing.assert_frame_equal(drawn.rows.drop(columns="group"), kept.drop(columns="group").reset_index(drop=True))
    assert set(drawn.lagged["account_id"]) <= set(drawn.rows["account_id"])


def test_winners_count_whether_they_are_drawn_or_not():
    whole, drawn = learnt(10**6), learnt(1_000)
    used = drawn.rows.loc[drawn.rows["won"] == 1, "account_id"].nunique()
    assert drawn.winners == whole.winners == 40 > used > 0
    assert drawn.sample_figures == {"at_risk_rows": 3_200, "winners": 40, "rows": len(drawn.rows), "winners_used": used}
    assert whole.share == 1.0 and drawn.share == len(drawn.rows) / 3_200


def test_rows_that_belong_together_among_all_do_so_among_those_drawn():
    drawn = learnt(1_000).rows.drop_duplicates("account_id").set_index("account_id")["group"]
    parent = people().accounts.to_pandas().set_index("account_id")["parent_account_id"].reindex(drawn.index)
    assert (drawn.groupby(parent).nunique() == 1).all()


def test_another_seed_draws_others_and_the_order_of_the_accounts_draws_the_same():
    given = people().accounts
    drawn = Sample(0.5, 7).of(given).to_pandas()["account_id"]
    assert sorted(Sample(0.5, 7).of(given.order_by("name")).to_pandas()["account_id"]) == sorted(drawn)
    assert sorted(Sample(0.5, 8).of(given).to_pandas()["account_id"]) != sorted(drawn)
    assert set(Sample(0.3, 7).of(given).to_pandas()["account_id"]) < set(drawn)
    assert EVERYONE.of(given) is given


@pytest.mark.parametrize("seed", [0, 7])
def test_every_account_has_the_same_chance_winner_or_not(seed):
    given = tables(accounts=[{"account_id": f"A{i}", "name": "x"} for i in range(20_000)]).accounts
    drawn = Sample(0.25, seed).of(given).to_pandas()["account_id"].str[1:].astype(int)
    assert np.bincount(drawn // 5_000, minlength=4) == pytest.approx(1_250, abs=4 * np.sqrt(5_000 * 0.25 * 0.75))
