import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import SplineTransformer

from models.encoding import fit_encoding
from models.logistic import build_design, centre, evidence_of_a_row, export_logistic, fit_logistic, knots_of
from models.scorer import logistic_terms
from tests.sample_rows import NAMES_AND_KINDS, training_rows


@pytest.mark.parametrize(
    ("values", "knots"),
    [
        ([np.nan, np.nan], [0.0]),
        ([3.0, 3.0, np.nan], [3.0]),
        ([0.0, 1.0, 1.0], [0.0, 1.0]),
        ([0.0] * 5 + [1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 2.0, 3.0, 4.0, 5.0]),
        (list(range(101)), [2.0, 25.0, 50.0, 75.0, 98.0]),
        ([1.0] * 97 + [2.0, 3.0, 4.0], [1.0, 2.0]),
        ([5.0] * 998 + [6.0, 7.0], [5.0, 7.0]),
    ],
)
def test_knots(values: list[float], knots: list[float]) -> None:
    np.testing.assert_allclose(knots_of(np.array(values, dtype=float)), knots)


def test_the_curve_is_a_spline_of_degree_one_with_constant_ends() -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(1).normal(size=500)})
    design = build_design(frame, [{"name": "x", "kind": "numeric"}])
    knots = np.array(design.features[0]["knots"])[:, None]
    spline = SplineTransformer(degree=1, knots=knots, extrapolation="constant").fit_transform(frame)
    np.testing.assert_allclose(design.matrix * design.scales + design.means, spline, atol=1e-12)


def test_the_export_gives_the_log_odds_of_the_fit() -> None:
    frame = training_rows()
    design = build_design(frame, fit_encoding(frame, NAMES_AND_KINDS))
    won = frame["won"].to_numpy()
    fit = fit_logistic(design, slice(None), won, np.ones(len(frame)), 0.5)
    expected = design.matrix @ fit.coefficients + fit.intercept
    terms, base = export_logistic(design, fit)
    np.testing.assert_allclose(logistic_terms(frame, terms).sum(axis=1) + base, expected, atol=1e-10)
    centred, base = centre(terms, base, frame)
    values = logistic_terms(frame, centred)
    np.testing.assert_allclose(values.sum(axis=1) + base, expected, atol=1e-10)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-12)


def test_the_fitted_curve_follows_the_truth() -> None:
    frame = training_rows(accounts=8000)
    design = build_design(frame, fit_encoding(frame, NAMES_AND_KINDS))
    fitted = fit_logistic(design, slice(None), frame["won"].to_numpy(), np.ones(len(frame)), 0.5)
    employees, kubernetes, security, noise, industry, _ = export_logistic(design, fitted)[0]
    at = np.interp([2.0, 4.0, 5.0, 6.5], employees["knots"], employees["values"])
    assert at[1] - at[0] == pytest.approx(1.2, abs=0.4)
    assert at[3] - at[2] == pytest.approx(0.0, abs=0.3)
    assert kubernetes["values"][1] - kubernetes["values"][0] == pytest.approx(1.0, abs=0.2)
    assert security["knots"][0] == 0.0
    assert np.ptp(noise["values"]) < 0.4
    levels = dict(zip(industry["levels"], industry["values"], strict=True))
    assert levels["Software"] - levels["Energy"] == pytest.approx(0.8, abs=0.25)


def test_what_belongs_to_one_feature_matters_together() -> None:
    frame = training_rows()
    design = build_design(frame, fit_encoding(frame, NAMES_AND_KINDS))
    sizes = np.bincount(design.group)
    levels = len(design.features[4]["levels"])
    assert sizes.tolist() == [5, 1, 1, 5, 5, levels + 2, 5 * levels]
    assert len(design.group) == design.matrix.shape[1]


def test_which_size_suits_best_may_differ_by_industry() -> None:
    random = np.random.default_rng(4)
    size, software = random.normal(4, 1.5, 12_000), random.random(12_000) < 0.5
    truth = np.where(software, 4 - size, size - 4) - 1.5
    frame = pd.DataFrame({"log_employees": np.where(random.random(12_000) < 0.1, np.nan, size)})
    frame["industry"] = np.where(software, "Software", "Energy")
    won = (random.random(12_000) < 1 / (1 + np.exp(-truth))).astype(int)
    encoded = fit_encoding(frame, (("log_employees", "numeric"), ("industry", "category")))
    design = build_design(frame, encoded)
    terms, base = export_logistic(design, fit_logistic(design, slice(None), won, np.ones(12_000), 1.0))
    centred, base = centre(terms, base, frame)
    assert logistic_terms(frame, centred).mean(axis=0) == pytest.approx(0, abs=1e-12)
    logit = logistic_terms(frame, centred).sum(axis=1) + base
    known = frame["log_employees"].notna().to_numpy()
    assert np.corrcoef(logit[known], truth[known])[0, 1] > 0.97
    plain, ends = frame.iloc[:4].copy(), [1.5, 6.5]
    plain["log_employees"], plain["industry"] = [*ends, *ends], ["Software", "Software", "Energy", "Energy"]
    low, high, rising_low, rising_high = logistic_terms(plain, centred).sum(axis=1)
    assert low - high > 3 and rising_high - rising_low > 3


def test_rows_that_repeat_a_win_share_its_evidence() -> None:
    won, group = np.array([1, 1, 1, 0, 0, 1, 0]), np.array([1, 1, 1, 2, 2, 3, 3])
    assert evidence_of_a_row(won, group) == pytest.approx(0.7 * 2 / 4)
    assert evidence_of_a_row(won, group, 2.0) == pytest.approx(1.0)
    assert evidence_of_a_row(np.zeros(3, dtype=int), np.arange(3)) == pytest.approx(0.7)


def test_noise_is_shrunk_more_than_signal() -> None:
    frame = training_rows(accounts=3000)
    design = build_design(frame, fit_encoding(frame, NAMES_AND_KINDS))
    unrelated = np.random.default_rng(3).permutation(frame["won"].to_numpy())
    spreads = [
        np.std(design.matrix @ fit_logistic(design, slice(None), won, np.ones(len(frame)), 0.35).coefficients)
        for won in (unrelated, frame["won"].to_numpy())
    ]
    assert spreads[0] < 0.2 < 0.7 < spreads[1]
