from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.build import IntentPolicy
from features.catalog import Vocabulary
from models.grades import Reference
from models.propensity import Propensity, Recipe
from models.served import Served

CUTS = {"A": 87.5, "B": 62.5, "C": 37.5, "D": 12.5}
RECIPE = Recipe((), 0.1, 0, (0.0, 1.0, 0.0), (1.0, 0.0), False, 7)


def served(scores=(0.1, 0.2, 0.3, 0.4), cuts=CUTS, mode="landmarks", prior_odds=None) -> Served:
    reference = Reference.from_population(scores)
    return Served(
        Propensity({}, None), RECIPE, reference, cuts, mode, prior_odds, Vocabulary((), (), ()), IntentPolicy(30, 180), Path()
    )


def test_the_nearest_cut_is_that_of_the_log_odds_and_its_propensity_theirs():
    log_odds = pd.Series([logit(0.39), logit(0.11), np.nan, 9.0], index=list("abcd"))
    found = served().nearest_cut(log_odds)
    assert found.index.tolist() == list("abcd")
    assert found["cut_propensity"].tolist() == pytest.approx([0.4, 0.1, np.nan, 0.4], nan_ok=True)
    assert found["cut_log_odds"].tolist() == pytest.approx([logit(0.4), logit(0.1), np.nan, logit(0.4)], nan_ok=True)


def test_in_look_alike_mode_it_is_the_corrected_propensity_where_there_is_a_prior():
    log_odds = pd.Series([logit(0.4)])
    corrected = served(mode="look-alike", prior_odds=0.03).nearest_cut(log_odds)["cut_propensity"].iloc[0]
    assert corrected == pytest.approx(0.03 * 0.4 / 0.6)
    assert served(mode="look-alike").nearest_cut(log_odds)["cut_propensity"].iloc[0] == pytest.approx(0.4)


def test_a_cut_that_everybody_passes_is_nowhere_near():
    assert served(cuts=CUTS | {"D": 0.0}).nearest_cut(pd.Series([-20.0]))["cut_propensity"].iloc[0] == pytest.approx(0.2)
    assert served(cuts=dict.fromkeys("ABCD", 0.0)).nearest_cut(pd.Series([0.0])).isna().all().all()
    assert served(scores=()).nearest_cut(pd.Series([0.0])).isna().all().all()


def test_an_account_changes_its_grade_at_the_cut():
    model = served(scores=tuple(np.linspace(0.01, 0.6, 200)))
    for cut in np.unique(model.nearest_cut(pd.Series(np.linspace(-5, 1, 400)))["cut_log_odds"]):
        points = model.reference.points(expit(np.array([cut - 1e-6, cut + 1e-6])))
        assert sum(points[0] < grade <= points[1] for grade in CUTS.values()) == 1
