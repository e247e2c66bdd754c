"""A search ends when it should, finds the same again, and changes nothing that it can't show to be better."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lastword.errors import ConfigurationError
from lastword.progress import show, shown_by
from lastword.project import init_project
from lastword.workbench import changed
from models import tuning
from models.boosted import SHALLOW
from models.calibration import log_loss
from models.propensity import choose_recipe
from models.tuning import SPACE, Budget, Trial, Tuned, Watch, distributions, drawn_groups, merged, tune, tune_on

FEATURES = tuple(SimpleNamespace(name=f"x{number}", kind="numeric") for number in range(4))
SEED = 5
FOREVER = 1e9


def rows(count: int = 600) -> pd.DataFrame:
    """Two numbers matter, together, in so few rows that leaves of a hundred hardly show it; an account has two landmarks."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(count, 4)), columns=[feature.name for feature in FEATURES])
    odds = np.exp(-1.0 + 4 * np.where(frame["x0"] > 0, np.sign(frame["x1"]), -np.sign(frame["x1"])))
    landmark = np.where(np.arange(count) % 2, "2026-01-01", "2025-01-01")
    return frame.assign(
        won=(random.random(count) < odds / (1 + odds)).astype(int), group=np.arange(count) // 2, landmark=pd.to_datetime(landmark)
    )


def searched(budget: Budget, boosting=()) -> Tuned:
    return tune_on(rows(), FEATURES, "look-alike", 180, SEED, budget, boosting)


@pytest.fixture(scope="module")
def found() -> Tuned:
    return searched(Budget(FOREVER, trials=4))


def test_it_ends_after_so_many_trials_of_which_the_first_is_what_there_was(found):
    assert len(found.trials) == 4
    assert found.trials[0].parameters == {name: SHALLOW[name] for name in SPACE}
    assert all(SPACE[name][0] <= value <= SPACE[name][1] for trial in found.trials for name, value in trial.parameters.items())


def test_as_many_trials_with_the_same_seed_are_the_same_search(found):
    assert searched(Budget(FOREVER, trials=4)) == found


def test_what_is_kept_is_better_out_of_fold_than_what_there_was(found):
    assert found.kept and found.gain > found.standard_error > 0
    best = min(found.trials, key=lambda trial: trial.log_loss)
    assert dict(found.boosting) == best.parameters
    frame = rows()
    won, group = frame["won"].to_numpy(), frame["group"].to_numpy()
    losses = [
        log_loss(choose_recipe(frame, won, group, FEATURES, SEED, boosting=changes)[1], won) for changes in ((), found.boosting)
    ]
    assert losses[1] < losses[0]
    assert losses == pytest.approx([found.trials[0].log_loss, best.log_loss], abs=2e-4)


def test_later_time_is_not_looked_at():
    given = rows()
    older = given["landmark"] == given["landmark"].min()
    upside_down = given.assign(won=given["won"].where(older, 1 - given["won"]))
    budget = Budget(FOREVER, trials=2)
    assert tune_on(given, FEATURES, "landmarks", 180, SEED, budget) == tune_on(
        upside_down, FEATURES, "landmarks", 180, SEED, budget
    )


def test_what_the_settings_give_stays_as_given():
    boosting = (("num_leaves", 6), ("learning_rate", 0.1), ("min_child_samples", 40))
    search = searched(Budget(FOREVER, trials=2), boosting)
    assert not {name for trial in search.trials for name in trial.parameters} & dict(boosting).keys()
    assert dict(boosting).items() <= dict(search.boosting).items()
    everything = tuple((name, SHALLOW[name]) for name in SPACE)
    assert searched(Budget(FOREVER), everything) == Tuned(everything, False, ())


class Dealing:
    """Folds on which the losses are known: `better` on those the search sees, `anew` on others, for all but the default."""

    def __init__(self, seed: int, better: float, anew: float) -> None:
        self.gain = better if seed == SEED else anew

    def losses(self, boosting, watch):
        watch(SimpleNamespace(iteration=25))
        default = np.tile([0.5, 0.7], 500)
        return default if dict(boosting).get("num_leaves", 8) == 8 else default - self.gain * np.tile([1.0, 0.8], 500)


def tuned_where(better: float, anew: float, budget: Budget) -> Tuned:
    return tune(lambda seed: Dealing(seed, better, anew), np.arange(1000), (), SEED, budget)


@pytest.mark.parametrize("better, anew, kept", [(0.1, 0.1, True), (0.1, -0.1, False), (0.1, 0.0, False), (-0.1, 0.1, False)])
def test_the_best_of_a_search_is_kept_where_other_folds_agree(better, anew, kept):
    search = tuned_where(better, anew, Budget(FOREVER, trials=3))
    assert search.kept is kept
    assert (search.boosting == ()) is not kept
    assert (search.gain is None) is (better < 0)


class Clock:
    """Goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def test_it_ends_when_what_is_left_would_not_do_for_a_trial_and_the_comparison():
    clock, told = Clock(), []
    search = tuned_where(0.1, 0.1, Budget(100, clock=clock, tell=lambda what, share: told.append((what, share))))
    assert 1 < len(search.trials) < 100
    assert search.kept and clock.seconds <= 110
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert "best log loss" in told[1][0] and told[1][0].endswith("left")


def test_a_trial_in_which_time_runs_out_leaves_everything_as_it_was():
    search = tuned_where(0.1, 0.1, Budget(2, clock=Clock()))
    assert search == Tuned((), False, (Trial({name: SHALLOW[name] for name in SPACE}, None),))
    assert tuned_where(0.1, 0.1, Budget(0)) == Tuned((), False, ())


def test_a_trial_ends_within_lightgbm_when_time_is_up():
    search = tune_on(rows(), FEATURES, "look-alike", 180, SEED, Budget(40, clock=Clock()))
    assert search.trials[-1].log_loss is None and not search.kept


def test_of_many_rows_those_of_whole_groups_are_searched_on(monkeypatch):
    monkeypatch.setattr(tuning, "MOST_ROWS", 1_000)
    group = np.repeat(np.arange(1_000), 4)
    drawn = drawn_groups(group, SEED)
    assert drawn.sum() == 1_000
    assert set(np.bincount(group[drawn], minlength=1_000)) == {0, 4}
    assert drawn_groups(group[:1_000], SEED).all()


def test_the_given_goes_before_the_found_and_whole_numbers_stay_whole():
    assert merged((("num_leaves", 6),), {"num_leaves": 20, "subsample": 0.5}) == (("num_leaves", 6), ("subsample", 0.5))
    kinds = {name: type(each).__name__ for name, each in distributions({name: SHALLOW[name] for name in SPACE}).items()}
    assert {name for name, kind in kinds.items() if kind == "IntDistribution"} == {"num_leaves", "min_child_samples"}


def test_progress_is_shown_where_somebody_looks_and_nowhere_else():
    told = []
    with shown_by(lambda what, share: told.append((what, share))):
        Watch(Budget(100, clock=lambda: 25.0, tell=show()), 0.0).say("3 trials")
    show()("nobody hears", 0.5)
    assert told == [("Tuning: 3 trials, 1:15 left", 0.25)]


def test_the_bar_within_a_stage_ends_with_the_stage():
    from io import StringIO

    from rich.console import Console

    from lastword.runner import StageOutcome
    from lastword.terminal import StageLines

    console = Console(file=StringIO(), force_terminal=True, width=100)
    with StageLines(console) as lines:
        lines.started("Training and evaluating", 1, 5)
        show()("Tuning: 3 trials, 1:15 left", 0.25)
        assert [(task.description, task.completed) for task in lines._progress.tasks][1:] == [("Tuning: 3 trials, 1:15 left", 25)]
        lines.finished(StageOutcome("train", "Training and evaluating", {}, 1.0), 1, 5)
        assert len(lines._progress.tasks) == 1


@pytest.mark.parametrize("minutes", [-1, 1_441, "long"])
def test_a_time_that_is_none_is_refused_in_one_line(tmp_path, minutes):
    project = changed(init_project(tmp_path / "project"), {"model": {"tune_minutes": 5}})
    assert project.settings.model.tune_minutes == 5
    with pytest.raises(ConfigurationError, match=r"^\[model\] tune_minutes: [^\n]+$"):
        changed(project, {"model": {"tune_minutes": minutes}})
