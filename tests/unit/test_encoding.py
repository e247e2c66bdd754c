import json

import numpy as np
import pandas as pd
import pytest

from models.encoding import fit_encoding, fitting_sample, thinned
from models.scorer import encode


def industries(**rows: int) -> pd.DataFrame:
    return pd.DataFrame({"industry": pd.Series([name for name, count in rows.items() for _ in range(count)], dtype="str")})


def test_levels_have_at_least_twenty_rows() -> None:
    encoded = fit_encoding(industries(Software=20, Energy=19, Bakery=25), [("industry", "category")])
    assert encoded == [{"name": "industry", "kind": "category", "levels": ["Bakery", "Software"]}]


def test_at_most_fifty_levels_the_most_frequent_and_of_equals_the_first_by_name() -> None:
    frame = industries(**{f"c{number:02}": 20 + (number > 55) for number in range(60)})
    levels = fit_encoding(frame, [("industry", "category")])[0]["levels"]
    assert levels == [f"c{number:02}" for number in [*range(46), *range(56, 60)]]


def test_rare_unseen_and_unknown_values_have_columns_of_their_own() -> None:
    encoded = fit_encoding(industries(Software=20, Energy=3), [("industry", "category")])
    frame = pd.DataFrame({"industry": ["Software", "Energy", "never seen", "(other)", None, np.nan]})
    expected = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert encode(frame, encoded).tolist() == expected


def test_numbers_and_flags_stay_as_they_are_with_unknown_as_nan() -> None:
    frame = pd.DataFrame({"employees": [1.5, np.nan], "flag": pd.array([True, None], dtype="boolean")})
    encoded = fit_encoding(frame, [("employees", "numeric"), ("flag", "flag")])
    np.testing.assert_array_equal(encode(frame, encoded), [[1.5, 1.0], [np.nan, np.nan]])


def test_an_entirely_unknown_category_is_encoded_as_unknown() -> None:
    frame = pd.DataFrame({"industry": pd.Series([None] * 30, dtype="str")})
    encoded = fit_encoding(frame, [("industry", "category")])
    assert encoded[0]["levels"] == []
    assert (encode(frame, encoded) == [0, 1]).all()


def test_the_encoding_survives_json() -> None:
    encoded = fit_encoding(industries(Ä=30), [("industry", "category")])
    assert json.loads(json.dumps(encoded)) == encoded


def test_up_to_fifty_thousand_rows_are_all_fitted() -> None:
    rows, weight = fitting_sample(np.array([0, 1, 0]), seed=1)
    assert (rows.tolist(), weight.tolist()) == ([0, 1, 2], [1.0, 1.0, 1.0])


def test_of_a_large_set_all_wins_and_a_weighted_sample_of_the_rest_are_fitted() -> None:
    won = np.zeros(200_000, dtype=int)
    won[::50] = 1  # 4,000 wins: ten others for each would be 44,000 rows, which are filled up to 50,000
    rows, weight = fitting_sample(won, seed=1)
    assert (np.diff(rows) > 0).all()
    assert won[rows].sum() == 4_000
    assert len(rows) == 50_000
    np.testing.assert_allclose(weight.sum(), 200_000)
    assert set(weight[won[rows] == 1]) == {1.0}
    assert (rows == fitting_sample(won, seed=1)[0]).all()
    assert (rows != fitting_sample(won, seed=2)[0]).any()


def test_thinned_rows_weigh_as_much_as_all():
    rows, weight = np.arange(10, 5_010), np.where(np.arange(5_000) < 500, 1.0, 4.0)
    kept, heavier = thinned(rows, weight, 1_000, seed=7)
    assert len(kept) == 1_000 and (np.diff(kept) > 0).all()
    assert (heavier == 5 * weight[kept - 10]).all()
    assert heavier.sum() == pytest.approx(weight.sum(), rel=0.05)
    assert (thinned(rows, weight, 1_000, seed=7)[0] == kept).all()
    assert thinned(rows, weight, 5_000, seed=7)[0] is rows
