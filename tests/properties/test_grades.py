import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from models.grades import Reference, assign_grades, grade_numbers

SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=60)
CUTS = {"A": 85.0, "B": 65.0, "C": 35.0, "D": 15.0}


@settings(deadline=None, max_examples=100)
@given(SCORES, SCORES)
def test_points_never_fall_as_scores_rise_and_stay_on_the_scale(population, scores):
    points = Reference.from_population(population).points(np.sort(scores))
    assert (np.diff(points) >= -1e-9).all()
    assert ((points >= 0) & (points <= 100)).all()


@settings(deadline=None, max_examples=100)
@given(SCORES)
def test_points_of_the_population_itself_are_its_midranks(population):
    scores = np.array(population)
    midranks = [100 * ((scores < score).sum() + (scores == score).sum() / 2) / len(scores) for score in scores]
    np.testing.assert_allclose(Reference.from_population(population).points(scores), midranks)


@settings(deadline=None, max_examples=100)
@given(SCORES, st.lists(st.floats(0.5, 100), min_size=1, max_size=20))
def test_the_score_of_points_is_the_least_that_gets_them_as_far_as_the_reference_reaches(scores_given, points):
    population = np.round(scores_given, 6)
    reference = Reference.from_population(population)
    lowest, highest = reference.points(np.array([min(population), max(population)]))
    scores = reference.score_at(np.array(points))
    np.testing.assert_allclose(reference.points(scores), np.clip(points, lowest, highest), atol=1e-6)
    np.testing.assert_allclose(reference.score_at(reference.points(np.sort(population))), np.sort(population), atol=1e-9)


@settings(deadline=None, max_examples=100)
@given(SCORES, SCORES, SCORES)
def test_under_a_new_champion_too_a_grade_changes_only_well_past_a_cut(population, before, after):
    """The points of the new model are those of its own reference; the grades kept are those that the old one gave."""
    size = min(len(before), len(after))
    old = assign_grades(pd.Series(Reference.from_population(before).points(np.array(before[:size]))), CUTS)
    points = pd.Series(Reference.from_population(population).points(np.array(after[:size])))
    now = assign_grades(points, CUTS, old)
    steps = np.array(list(CUTS.values()))
    for grade_then, grade_now, value in zip(grade_numbers(old), grade_numbers(now), points, strict=True):
        if grade_now != grade_then:
            passed = steps[::-1][int(min(grade_then, grade_now)) : int(max(grade_then, grade_now))]
            assert (np.abs(value - passed) >= 3).all()


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.data())
def test_hysteresis_lies_between_the_old_grade_and_the_new_and_settles(points, data):
    value = pd.Series(points)
    previous = pd.Series(data.draw(st.lists(st.sampled_from("ABCDF"), min_size=len(points), max_size=len(points))), dtype="str")
    kept = assign_grades(value, CUTS, previous)
    old, fresh, now = grade_numbers(previous), grade_numbers(assign_grades(value, CUTS)), grade_numbers(kept)
    assert ((now >= np.minimum(old, fresh)) & (now <= np.maximum(old, fresh))).all()
    assert assign_grades(value, CUTS, kept).equals(kept)
