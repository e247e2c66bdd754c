"""What is recommended for a plan, on populations of which it is known what would help."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from features.catalog import Vocabulary, catalog
from lastword.bands import Band
from lastword.plan import Attribute, Plan, Segment
from lastword.planning.binning import shape_of
from lastword.planning.plan_text import attribute_text, segments_text
from lastword.planning.recommend import Sample, beyond_chance, nonnegative_logistic, recommend
from lastword.recommending import candidates

KINDS = {
    "employee_count": "quantitative",
    "industry": "qualitative",
    "technology:X": "qualitative",
    "intent:topic": "quantitative",
}
SEGMENTS = (Segment(name="A", grade="A", min_points=60), Segment(name="F", grade="F", min_points=0))


def plan():
    size = Attribute(
        name="employee_count",
        kind="quantitative",
        weight=30,
        bands=[Band(max=100, points=0), Band(min=100, points=100)],
    )
    spend = Attribute(
        name="prior_year_spend",
        kind="quantitative",
        weight=10,
        missing="reweight",
        bands=[Band(max=1000, points=0), Band(min=1000, points=100)],
    )
    return Plan(version="1", segments=list(SEGMENTS), attributes=[size, spend])


def population(accounts, seed, *, uses=0.0, in_software=0.0):
    """Accounts whose log-odds of a win rise by `uses` with technology X, by `in_software` in that industry; the rest is noise."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "account_id": [f"{seed}-{k}" for k in range(accounts)],
            "employee_count": np.where(random.random(accounts) < 0.1, np.nan, random.lognormal(4.5, 1.2, accounts).round()),
            "industry": random.choice(["Software", "Energy", "Retail", "Media"], accounts),
            "technology:X": np.where(random.random(accounts) < 0.3, "yes", "no"),
            "intent:topic": np.where(random.random(accounts) < 0.7, 0.0, random.exponential(40, accounts)),
            "prior_year_spend": np.nan,
        }
    )
    eta = -2.2 + uses * (rows["technology:X"] == "yes") + in_software * (rows["industry"] == "Software")
    return rows.assign(won=(random.random(accounts) < 1 / (1 + np.exp(-eta))).astype(int))


def sample(seed=0, accounts=2500, **effects):
    learn, later, today = (population(accounts, 10 * seed + k, **effects) for k in range(3))
    leaking = learn["won"] * 5000.0  # what only customers have tells all, and must not matter
    return Sample(learn.assign(prior_year_spend=leaking), later, today, KINDS)


@pytest.fixture(scope="module")
def found():
    return recommend(plan(), sample(uses=1.6, in_software=1.0), seed=7)


def test_what_the_plan_lacks_is_found_with_its_effect(found):
    first = found["changes"][0]
    assert (first["attribute"], first["kind"], first["family"], first["current_weight"]) == (
        "technology:X",
        "add",
        "technographic",
        None,
    )
    effect = first["effect"]
    assert first["information_value"] >= 0.1 and effect["p_value"] < 0.01
    assert effect["capture_after"]["estimate"] > effect["capture_before"]["estimate"] + 0.1
    gain = effect["capture_after"]["estimate"] - effect["capture_before"]["estimate"]
    assert effect["capture_gain"]["estimate"] == pytest.approx(gain) and effect["capture_gain"]["low"] > 0
    assert effect["moved"] == effect["moved_up"] + effect["moved_down"] > 0
    assert {change["attribute"] for change in found["changes"]} <= {"technology:X", "industry", "employee_count"}


def test_the_whole_keeps_the_total_the_sizes_and_what_only_customers_have(found):
    together = found["together"]
    weights = together["weights"]
    assert sum(each["recommended"] for each in weights.values()) == pytest.approx(40)
    assert weights["prior_year_spend"] == {"current": 10, "recommended": 10}
    assert weights["technology:X"]["recommended"] > weights["employee_count"]["recommended"]
    before, after = together["effect"]["segments"]["A"]
    assert abs(before - after) < 0.5 * before
    assert together["effect"]["capture_gain"]["low"] > 0


def test_what_is_recommended_can_be_pasted(found):
    text = f'version = "2"\n{found["together"]["toml"]}'
    read = Plan.model_validate(tomllib.loads(text))
    assert [each.name for each in read.segments] == ["A", "F"]
    assert {each.name: each.weight for each in read.attributes} == {
        name: weight["recommended"] for name, weight in found["together"]["weights"].items() if weight["recommended"]
    }
    for change in found["changes"]:
        alone = Plan.model_validate(tomllib.loads(f'version = "2"\n{segments_text(SEGMENTS)}\n{change["toml"]}'))
        assert alone.attributes[0].weight == change["recommended_weight"]


@pytest.mark.parametrize("seed", range(4))
def test_from_noise_nothing_is_recommended(seed):
    nothing = recommend(plan(), sample(seed + 1, accounts=1200), seed=seed)
    assert nothing["changes"] == [] and nothing["together"] is None


def test_without_a_later_win_nothing_is_recommended():
    given = sample(uses=2.0)
    none = Sample(given.learn, given.later.assign(won=0), given.today, KINDS)
    assert recommend(plan(), none, seed=1)["changes"] == []


def test_bands_rise_with_the_rate_of_wins_and_leave_no_gap():
    random = np.random.default_rng(1)
    size = pd.Series(random.lognormal(5, 1, 4000))
    won = pd.Series((random.random(4000) < np.where(size > 200, 0.3, 0.05)).astype(int))
    shape = shape_of("employee_count", "quantitative", size, won)
    assert shape.information_value > 0.3
    bands = shape.attribute.bands
    assert (
        bands[0].min is None and bands[-1].max is None and [band.max for band in bands[:-1]] == [band.min for band in bands[1:]]
    )
    assert all(band.points < 50 for band in bands if band.end <= 180) and bands[-1].points >= 90
    assert {len(f"{band.max:g}".rstrip("0").replace(".", "")) <= 2 for band in bands[:-1]} == {True}


def test_levels_get_points_by_their_rate_and_unknown_ones_their_own():
    random = np.random.default_rng(2)
    level = pd.Series(random.choice(["a", "b", "c", "rare"], 6000, p=[0.4, 0.4, 0.195, 0.005])).where(random.random(6000) > 0.1)
    rate = level.map({"a": 0.05, "b": 0.25, "c": 0.12}).fillna(0.25)
    shape = shape_of("industry", "qualitative", level, pd.Series((random.random(6000) < rate).astype(int)))
    points = shape.attribute.points
    assert points["b"] == 100 and points["a"] == 0 < points["c"] < 100 and "rare" not in points
    assert shape.attribute.missing > 80


def test_unknown_values_without_wins_leave_the_attribute_out():
    values = pd.Series(["x", "y", None] * 100)
    won = pd.Series([1, 0, 0] * 50 + [0, 0, 0] * 50)
    assert shape_of("industry", "qualitative", values, won).attribute.missing == "reweight"


@pytest.mark.parametrize("values", [[np.nan] * 40, [1.0] * 40, [1.0, 2.0] * 20])
def test_what_tells_nothing_apart_has_no_shape(values):
    shape = shape_of("employee_count", "quantitative", pd.Series(values), pd.Series([0] * 40))
    assert shape is None or shape.information_value < 0.02


def test_an_attribute_reads_back_as_it_was_whatever_its_names():
    odd = Attribute(
        name='a "b"', kind="qualitative", weight=2.5, missing=30, points={"x\n\\": 10, "ä '1'": 0.5, "": 100}, default=7
    )
    assert Attribute.model_validate(tomllib.loads(attribute_text(odd))["attributes"][0]) == odd


def test_holm_stops_at_the_first_that_may_be_chance():
    assert beyond_chance([0.04, 0.001, 0.02, 0.9]) == [1]
    assert beyond_chance([0.012, 0.001]) == [1, 0]
    assert beyond_chance([]) == []


def test_weights_are_those_of_the_log_odds_and_never_negative():
    random = np.random.default_rng(3)
    scores = random.random((3000, 3))
    won = (random.random(3000) < 1 / (1 + np.exp(1 - 3 * scores[:, 0] + 3 * scores[:, 1]))).astype(float)
    weights = nonnegative_logistic(scores, won)
    assert weights[0] == pytest.approx(3, abs=0.5) and weights[1] == 0 and weights[2] < 0.5


def test_candidates_are_what_a_plan_can_look_at_and_no_customers_column():
    features = catalog(Vocabulary(("X",), ("Data",), ("topic",)))
    columns = ["employee_count", "annual_revenue", "founded_year", "industry", "prior_year_spend"]
    named = candidates(features, columns, with_signals=True)
    assert named == {
        "employee_count": "quantitative",
        "annual_revenue": "quantitative",
        "founded_year": "quantitative",
        "industry": "qualitative",
        "technology:X": "qualitative",
        "intent": "quantitative",
        "intent:topic": "quantitative",
    }
    assert "intent" not in candidates(features, columns, with_signals=False)
