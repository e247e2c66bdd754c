"""Replays past landmarks: plan, model, blend and final on the same accounts, and what the overrides in force then were worth.

*Final* is the policy's grade with the overrides in force at the midnight (UTC) that begins the landmark; accounts of a
grade are ordered by the model's points, those a person moved up before them, those moved down behind. k is the share of
grade A. Writes backtest.json and backtest.parquet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from lastword.contracts import Counts
from lastword.errors import Refusal
from lastword.learning import Learning, gather, prospects, training_policy
from lastword.reports import write_json
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables
    from models.landmarks import RollingSplit, TrainingSet
    from models.propensity import Recipe

COLUMNS = (
    "account_id",
    "landmark",
    "won",
    "plan_points",
    "propensity",
    "model_points",
    "model_grade",
    "blend_points",
    "policy_grade",
    "override_grade",
    "override_reason",
    "override_by",
    "entry_id",
    "final_grade",
)
"""backtest.parquet, one row per account at risk and landmark."""


@dataclass(frozen=True)
class Champion:
    """How the model that serves is fitted."""

    version: str
    recipe: "Recipe"


def write_backtest(run: Run) -> Counts:
    """Replay, measure, and write backtest.json and backtest.parquet.

    Raises
    ------
    Refusal
        Wins have no dates, or too few were won by every landmark.
    """
    from models.backtest import compare_opinions
    from models.override_value import override_value
    from models.training import top_share

    settings, learning = run.project.settings, gather(run)
    champion, training = champion_of(learning), learning.training
    splits = splits_or_refusal(run, training)
    past = with_overrides(run, past_opinions(run, learning, splits, champion))
    past[list(COLUMNS)].to_parquet(run.folder / "backtest.parquet", index=False)
    share = top_share(settings.grades)
    compared = compare_opinions(past, share, settings.seed)
    for record, split in zip(compared["landmarks"], splits, strict=True):
        record |= fitted_on(training, split) | {
            "overrides": int(past["entry_id"][past["landmark"] == str(split.landmark)].count())
        }
    overriding = override_value(past, share, settings.seed) | {
        "older_than_horizon": older_decisions(run),
        "holdout": holdout(run, learning.tables),
    }
    content = {
        "as_of": str(run.as_of),
        "horizon_days": settings.model.horizon_days,
        "share": share,
        "policy": settings.final.policy,
        "blend_weight": settings.final.blend_weight,
        "champion": champion.version if champion else None,
        **compared,
        "override_value": overriding,
        "caveats": caveats(run, champion),
    }
    write_json(run, "backtest.json", content)
    return {"landmarks": len(splits), "accounts": len(past), "wins": int(past["won"].sum()), "overrides": overriding["decisions"]}


def champion_of(learning: Learning) -> Champion | None:
    """The recipe that serves; None where none does, or it doesn't fit these data."""
    registered, served, training = learning.registered, learning.served, learning.training
    fits = served is not None and served.mode == "landmarks" and set(served.recipe.names) <= set(training.rows.columns)
    return Champion(registered.version, served.recipe) if registered and served and fits else None


def splits_or_refusal(run: Run, training: "TrainingSet") -> "Sequence[RollingSplit]":
    """The landmarks to replay; a Refusal that says why there are none."""
    from models.backtest import replayed_splits

    model = run.project.settings.model
    if training.mode == "look-alike":
        raise Refusal(
            "a back-test replays dated wins, and this project is in look-alike mode: give won_on dates, and signals that go back "
            f"far enough for a training and a test window of {model.horizon_days} days each"
        )
    splits = replayed_splits(training, model.horizon_days, model.min_wins)
    if not splits:
        raise Refusal(
            f"by no past landmark had {model.min_wins} accounts won in windows that had ended ({training.winners} have by now): "
            "no model would have been trained; wait for more wins, or lower [model] min_wins (30 at least)"
        )
    return splits


def past_opinions(run: Run, learning: Learning, splits: "Sequence[RollingSplit]", champion: Champion | None) -> "pd.DataFrame":
    """Grain: account × landmark, the landmarks in order: both opinions, the blend and the policy's grade as of the landmark."""
    import pandas as pd

    from models.backtest import replay
    from models.findings import refuse_blocked
    from models.grades import Reference, grade_cuts
    from models.training import informative, inspect
    from overrides.final import policy_grades

    settings, training = run.project.settings, learning.training
    features: Sequence[Any] = ()
    if champion is None:
        refuse_blocked(inspect(training, prospects(run, learning), training_policy(run)))
        features = informative(training.rows, [feature for feature in training.features if feature.known != "after_win"])
    weight, landmarks = settings.final.blend_weight, []
    for split in splits:
        then = replay(training, split, champion.recipe if champion else None, features, settings.grades, settings.seed)
        cuts = grade_cuts(settings.grades, Reference.from_population(then["propensity"]))
        scores = then.rename(columns={"plan_covers": "coverage"})
        graded = policy_grades(scores, settings, then["plan_percentile"], cuts)
        blend = weight * then["model_points"] + (1 - weight) * then["plan_percentile"]
        landmarks.append(then.assign(blend_points=blend, policy_grade=graded["policy_grade"]))
    return pd.concat(landmarks, ignore_index=True)


def with_overrides(run: Run, past: "pd.DataFrame") -> "pd.DataFrame":
    """Adds the override in force at each landmark and the final grade it makes; null where none was."""
    import pandas as pd

    from overrides import ledger
    from overrides.store import open_store

    open_store(run.project.store_url)
    names = {"grade": "override_grade", "reason": "override_reason", "by": "override_by", "entry_id": "entry_id"}
    parts = []
    for landmark, then in past.groupby("landmark"):
        in_force = ledger.in_force(datetime.combine(landmark.date(), time(), UTC))
        parts.append(then.join(in_force[list(names)].rename(columns=names), on="account_id"))
    joined = pd.concat(parts, ignore_index=True)
    return joined.assign(final_grade=joined["override_grade"].fillna(joined["policy_grade"]))


def fitted_on(training: "TrainingSet", split: "RollingSplit") -> dict[str, int]:
    """How much the model of a landmark had to learn from."""
    from models.backtest import winners

    fitting = training.rows[split.fitting]
    return {"fitted_rows": len(fitting), "fitted_winners": winners(fitting)}


def older_decisions(run: Run) -> int:
    """Overrides applied so long ago that their whole horizon has passed."""
    from overrides.past_decisions import decisions_until

    applied = decisions_until(run.now).query("not held_out")
    return int((applied["made_at"] <= midnight(run.as_of - timedelta(days=run.project.settings.model.horizon_days))).sum())


def holdout(run: Run, tables: "Tables") -> dict[str, Any]:
    """What being upgraded does to an account: applied against held-out upgrades."""
    from models.holdout import drawn_upgrades, holdout_effect
    from models.landmarks import first_wins
    from overrides.past_decisions import decisions_until

    first_win = first_wins(tables).to_pandas().set_index("account_id")["first_win"].dropna()
    return holdout_effect(drawn_upgrades(decisions_until(run.now), first_win, run.as_of, run.project.settings.model.horizon_days))


def midnight(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time(), UTC)


def caveats(run: Run, champion: Champion | None) -> list[str]:
    """What a reader must know of these figures."""
    recipe = (
        f"At every landmark the model is fitted on windows that had ended by then, by the recipe of version {champion.version}, "
        "which was chosen later."
        if champion
        else "No champion fits the data: at every landmark the recipe was chosen anew, on windows that had ended by then."
    )
    return [
        "The plan is today's plan at past landmarks: earlier versions of it are not known.",
        "A win counts at every landmark whose window it falls in; the intervals draw accounts with all their landmarks.",
        recipe,
        "An upgraded account also gets more attention, so what it wins is not all foresight; only upgrades held out at random "
        "([overrides] holdout) can tell the two apart.",
    ]
