import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.refits import graded_so

LOG_ODDS = st.floats(-20, 20)
BLURS = st.just(0.0) | st.floats(1e-6, 5)


@st.composite
def refitted(draw):
    """Log-odds of some accounts by some refits, and each refit's cuts of A to D."""
    accounts, refits = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    logit = draw(st.lists(LOG_ODDS, min_size=accounts * refits, max_size=accounts * refits))
    cuts = draw(st.lists(LOG_ODDS, min_size=4 * refits, max_size=4 * refits))
    return np.array(logit).reshape(accounts, refits), -np.sort(-np.array(cuts).reshape(refits, 4), axis=1)


@settings(deadline=None, max_examples=100)
@given(refitted(), BLURS)
def test_the_confidence_of_the_five_grades_is_a_distribution(rows, blur):
    logit, cuts = rows
    confidence = np.array([graded_so(logit, np.full(len(logit), float(number)), cuts, blur) for number in range(5)])
    assert ((confidence >= 0) & (confidence <= 1)).all()
    np.testing.assert_allclose(confidence.sum(axis=0), 1.0)


@settings(deadline=None, max_examples=100)
@given(refitted(), BLURS, st.floats(0, 5))
def test_higher_log_odds_never_make_grade_a_less_likely(rows, blur, rise):
    logit, cuts = rows
    best = np.full(len(logit), 4.0)
    assert (graded_so(logit + rise, best, cuts, blur) >= graded_so(logit, best, cuts, blur) - 1e-12).all()
