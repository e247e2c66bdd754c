"""Index dates, at-risk accounts and outcomes within the horizon: what a model may learn from.

A row is (account, landmark date t). At t every account of the won and house lists that has not yet won is at risk; its
features use what was known strictly before t; it counts as won if its first win falls in [t, t + horizon). Training
today's customers against today's prospects instead teaches a model to recognise customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from features.build import IntentPolicy, Tables, build_features, with_as_of
from features.catalog import Feature
from features.plan_values import build_plan_values
from lastword.plan import Plan
from models.groups import account_groups
from models.leakage_in_time import LAG_DAYS
from models.sampling import EVERYONE, MOST_LEARNT_ROWS, Sample, sample_of
from models.scorecard import score_plan

Mode = Literal["landmarks", "look-alike"]

STEPS_DAYS = (30, 60, 90, 180)
"""Landmarks step back monthly, or coarser where that would make more rows than a fit needs."""

MOST_ROWS = 130_000
"""Neighbouring landmarks share most of their outcomes: beyond this many rows a finer step adds time, not information."""

MOST_LANDMARK_DAYS = 3 * 365
"""Older landmarks tell of another time."""

SPLIT_GAP_DAYS = 7
"""Between the end of the training windows and the first test landmark."""

TEST_DAYS = 90
"""Landmarks so close to the newest are the test set."""


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from.

    Attributes
    ----------
    mode
        `landmarks`, or `look-alike` where wins or signals have no dates.
    rows
        One row per account and landmark: account_id, landmark, won (0 or 1), group (rows of equal group stay on one side of
        any split), plan_points, plan_segment, plan_grade, plan_covers (the plan as of the landmark), and a column per feature.
    features
        The features among the columns.
    winners
        Distinct accounts that win in usable windows, whether their rows were drawn or not.
    lagged
        For the leakage gate: the rows of the newest landmarks as they were `models.leakage_in_time.LAG_DAYS` before, see
        `judge_lag`; None in look-alike mode.
    at_risk_rows
        How many rows there were before accounts were drawn (models.sampling); None: `rows` are all.
    """

    mode: Mode
    rows: pd.DataFrame
    features: tuple[Feature, ...]
    winners: int
    lagged: pd.DataFrame | None = None
    at_risk_rows: int | None = None

    @property
    def share(self) -> float:
        """The share of the at-risk rows that were drawn."""
        return len(self.rows) / self.at_risk_rows if self.at_risk_rows else 1.0

    @property
    def sample_figures(self) -> dict[str, int]:
        """How many at-risk rows and winners there were, and how many of each were used."""
        used = {"rows": len(self.rows), "winners_used": int(self.rows.loc[self.rows["won"] == 1, "account_id"].nunique())}
        return {"at_risk_rows": self.at_risk_rows or len(self.rows), "winners": self.winners} | used

    @property
    def landmarks(self) -> list[date]:
        return sorted(stamp.date() for stamp in self.rows["landmark"].unique())


def landmark_dates(
    as_of: date, horizon_days: int, window_days: int, first_signal: date | None, population: int
) -> tuple[date, ...]:
    """Landmarks from the newest whose outcome window ends by as_of back to window_days after the first signal.

    Newest first; empty where the history is too short for one.
    """
    if first_signal is None:
        return ()
    newest = as_of - timedelta(days=horizon_days)
    oldest = max(first_signal + timedelta(days=window_days), as_of - timedelta(days=MOST_LANDMARK_DAYS))
    span = (newest - oldest).days
    if span < 0:
        return ()
    step = next((days for days in STEPS_DAYS if (span // days + 1) * population <= MOST_ROWS), STEPS_DAYS[-1])
    return tuple(newest - timedelta(days=days) for days in range(0, span + 1, step))


def first_signal(tables: Tables) -> date | None:
    """The day from which signals were recorded: of intents where given, else of dated technologies; None without either."""
    dated = (
        tables.intents.observed_on
        if tables.intents is not None
        else None
        if tables.technographics is None
        else tables.technographics.first_seen
    )
    first = None if dated is None else dated.min().execute()
    return None if first is None or pd.isna(first) else pd.Timestamp(first).date()


def first_wins(tables: Tables) -> ibis.Table:
    """Grain: winning account. Columns: account_id, first_win (null where no win of it is dated), undated (any win is)."""
    return tables.won.group_by("account_id").aggregate(
        first_win=tables.won.won_on.min(), undated=tables.won.won_on.isnull().any()
    )


def at_risk(tables: Tables, landmarks: date | Sequence[date], horizon_days: int) -> ibis.Table:
    """Accounts of the won and house lists that had not won before a landmark, and whether they did within the horizon.

    Grain: account and landmark. Columns: account_id, as_of (the landmark), won (0 or 1). A prospect is at risk from the day it
    was listed. An account with an undated win is left out: nobody knows when it stopped being a prospect.
    """
    dates = [landmarks] if isinstance(landmarks, date) else list(landmarks)
    wins, listed = first_wins(tables), tables.house_list
    people = tables.accounts.select("account_id")
    known = people.left_join(wins, "account_id").drop("account_id_right")
    joined = with_as_of(known.left_join(listed.mutate(in_list=True), "account_id"), dates)
    prospect = joined.in_list.fill_null(False) & (joined.listed_on.isnull() | (joined.listed_on < joined.as_of))
    winner_unlisted = joined.first_win.notnull() & joined.in_list.isnull()
    not_yet = joined.first_win.isnull() | (joined.first_win >= joined.as_of)
    population = joined.filter((prospect | winner_unlisted) & not_yet & ~joined.undated.fill_null(False))
    within = (population.first_win.delta(population.as_of, unit="day") < horizon_days).fill_null(False)
    return population.select("account_id", "as_of", won=within.cast("int64"))


def account_status(tables: Tables) -> ibis.Table:
    """Grain: account. Columns: account_id, account_status (customer: has won; prospect: on the house list; else other)."""
    wins = tables.won.select("account_id").distinct().mutate(has_won=True)
    listed = tables.house_list.select("account_id").mutate(in_list=True)
    people = tables.accounts.select("account_id")
    joined = people.left_join(wins, "account_id").drop("account_id_right").left_join(listed, "account_id")
    status = ibis.cases(
        (joined.has_won.fill_null(False), "customer"), (joined.in_list.fill_null(False), "prospect"), else_="other"
    )
    return joined.select("account_id", account_status=status)


def training_set(
    tables: Tables,
    features: Sequence[Feature],
    plan: Plan,
    as_of: date,
    horizon_days: int,
    policy: IntentPolicy,
    group_by: Sequence[str],
    seed: int = 0,
    most_rows: int = MOST_LEARNT_ROWS,
) -> TrainingSet:
    """Everything a model may learn from as of a date, in the mode that the data allow.

    Landmarks where wins are dated and signals have a history long enough for a training and a test window; look-alike where
    not. `after_win` features are built too, in look-alike mode without the intent family: any signal may be post-sale there.
    Of more than `most_rows` rows those of accounts that `seed` draws.
    """
    dates = usable_landmarks(tables, as_of, horizon_days, policy)
    population = at_risk(tables, dates, horizon_days) if dates else look_alikes(tables, as_of)
    all_rows, winners = rows_and_winners(population)
    sample = sample_of(all_rows, most_rows, seed)
    population, known = sample.of(population), sample.of_histories(tables)
    mode: Mode = "landmarks" if dates else "look-alike"
    chosen = tuple(feature for feature in features if dates or feature.family != "intent")
    rows = landmark_rows(known, population, dates or (as_of,), chosen, plan, policy, past=bool(dates))
    lagged = lagged_rows(known, dates, features, policy, sample) if dates else None
    rows["group"] = account_groups(rows, tables.accounts, group_by, [feature.name for feature in chosen])
    return TrainingSet(mode, rows, chosen, winners, lagged, all_rows if sample.share < 1 else None)


def rows_and_winners(population: ibis.Table) -> tuple[int, int]:
    """How many rows there are, and how many distinct accounts have one that won."""
    won = population.won == 1
    counted = population.aggregate(rows=population.count(), winners=population.account_id.nunique(where=won)).to_pyarrow()
    return counted["rows"][0].as_py(), counted["winners"][0].as_py()


def lagged_rows(
    tables: Tables, landmarks: Sequence[date], features: Sequence[Feature], policy: IntentPolicy, sample: Sample = EVERYONE
) -> pd.DataFrame:
    """What the rows of the newest landmarks, which are the test set, would have held LAG_DAYS before.

    Grain: account at risk and landmark. Columns: account_id, landmark, won_soon (1: the first win falls in the LAG_DAYS from
    the landmark), a column per number that moves with the as-of date, as of landmark − LAG_DAYS. Of the accounts drawn alone.
    """
    lag = timedelta(days=LAG_DAYS)
    newest = [stamp for stamp in landmarks if stamp >= max(landmarks) - timedelta(days=TEST_DAYS)]
    moving = [feature for feature in features if feature.known == "as_of" and feature.kind != "category"]
    built = sample.of(build_features(tables, [stamp - lag for stamp in newest], moving, policy)).to_pandas()
    soon = sample.of(at_risk(tables, newest, LAG_DAYS)).to_pandas().rename(columns={"as_of": "landmark", "won": "won_soon"})
    soon["landmark"], built["landmark"] = pd.to_datetime(soon["landmark"]), pd.to_datetime(built["as_of"]) + lag
    return soon.merge(built.drop(columns="as_of"), on=["account_id", "landmark"], validate="one_to_one")


def usable_landmarks(tables: Tables, as_of: date, horizon_days: int, policy: IntentPolicy) -> tuple[date, ...]:
    """Landmarks, or none where wins are undated or there is no room for a training window before the test landmarks."""
    if tables.won.won_on.notnull().sum().execute() == 0:
        return ()
    population = int(tables.accounts.count().execute())
    dates = landmark_dates(as_of, horizon_days, policy.window_days, first_signal(tables), population)
    needed = horizon_days + SPLIT_GAP_DAYS
    return dates if dates and (dates[0] - dates[-1]).days >= needed else ()


def look_alikes(tables: Tables, as_of: date) -> ibis.Table:
    """The won accounts (won = 1) and those of the house list that have not won (0: unlabelled). Grain: account, as_of."""
    status = account_status(tables)
    known = status.filter(status.account_status != "other")
    return known.select("account_id", as_of=ibis.literal(as_of), won=(known.account_status == "customer").cast("int64"))


def landmark_rows(
    tables: Tables,
    population: ibis.Table,
    landmarks: Sequence[date],
    features: Sequence[Feature],
    plan: Plan,
    policy: IntentPolicy,
    past: bool,
) -> pd.DataFrame:
    """The population's features, plan points and outcome as of the landmarks, by landmark (newest first) and account_id."""
    key = ["account_id", "as_of"]
    built = build_features(tables, landmarks, features, policy)
    hidden = [feature.name for feature in features if feature.known == "after_win"] if past else []
    values = build_plan_values(tables, landmarks, plan, policy, unknown_then=hidden)
    rows = in_order(population.join(built, key).to_pandas())
    scored = score_plan(plan, in_order(population.join(values, key).to_pandas()))
    said = {"points": scored.points, "segment": scored.segment, "grade": scored.grade, "covers": scored.covered}
    for place, (name, column) in enumerate(said.items(), start=2):
        rows.insert(place, f"plan_{name}", column.to_numpy())
    return rows.rename(columns={"as_of": "landmark"}).assign(landmark=lambda frame: pd.to_datetime(frame["landmark"]))


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """By landmark, newest first, and account_id. Not by the engine: to sort so many columns it would hold them all once more."""
    return rows.sort_values(["as_of", "account_id"], ascending=[False, True], ignore_index=True)


def part(rows: pd.DataFrame, chosen: np.ndarray) -> pd.DataFrame:
    """The rows chosen by a boolean mask: not copied where they follow each other, as those of neighbouring landmarks do."""
    places = np.flatnonzero(chosen)
    if not len(places) or places[-1] - places[0] >= len(places):
        return rows[chosen]
    return rows.iloc[places[0] : places[-1] + 1]


def temporal_split(landmark: pd.Series, horizon_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows (boolean masks): training windows end 7 days before the first of the newest landmarks begins."""
    newest = landmark.max()
    test_from = newest - pd.Timedelta(days=TEST_DAYS)
    test = landmark >= test_from
    first_test = landmark[test].min()
    train = landmark + pd.Timedelta(days=horizon_days + SPLIT_GAP_DAYS) <= first_test
    if not train.any():
        test = landmark == newest
        train = landmark + pd.Timedelta(days=horizon_days + SPLIT_GAP_DAYS) <= newest
    return train.to_numpy(), test.to_numpy()


@dataclass(frozen=True)
class RollingSplit:
    """One origin of a rolling evaluation: boolean masks of the rows to fit on and of the one landmark to test on."""

    landmark: date
    fitting: np.ndarray
    test: np.ndarray


def rolling_splits(landmark: pd.Series, horizon_days: int, most: int) -> tuple[RollingSplit, ...]:
    """Up to `most` landmarks, oldest first, each with the training windows that ended 7 days before it.

    The newest landmark is among them; the others lie evenly between it and the oldest that leaves anything to fit on.
    """
    gap = pd.Timedelta(days=horizon_days + SPLIT_GAP_DAYS)
    dates = pd.DatetimeIndex(sorted(landmark.unique()))
    possible = dates[dates >= dates[0] + gap]
    if not len(possible):
        return ()
    places = np.linspace(0, len(possible) - 1, min(most, len(possible))).round().astype(int)
    return tuple(
        RollingSplit(stamp.date(), (landmark + gap <= stamp).to_numpy(), (landmark == stamp).to_numpy())
        for stamp in possible[places]
    )
