"""What another plan would do: who moves, what that makes of regions and industries, and whether it finds past wins better.

Pure functions on tables. The accounts are scored by both plans on the values that they had in one run, so that the plan alone
makes the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lastword.contracts import GRADES
from lastword.plan import Plan
from lastword.planning.whatif_sellers import Sellers, Staff, note_on, sellers
from models.agreement import Agreement, agreement
from models.evaluation import Difference, compare
from models.ranking import Ranking, lift
from models.scorecard import Floats, Indexes, Places, place_rows

TOP_SHARE = 0.15
REPLICATES = 100
UNKNOWN = "unknown"
MOVE_COLUMNS = (
    "account_id",
    "region",
    "industry",
    "points_before",
    "points_after",
    "segment_before",
    "segment_after",
    "direction",
)


@dataclass(frozen=True)
class Capture:
    """Share (0–1) of past wins among the best 15 % by either plan's points, and what the other plan gains (95 % interval).

    Every figure is NaN without a win.
    """

    rows: int
    wins: int
    before: float
    after: float
    gain: Difference


@dataclass(frozen=True)
class Given:
    """Points of attributes that were looked up: on the accounts now, and on the rows of past dates. See scorecard.place_rows."""

    now: dict[str, Floats] = field(default_factory=dict)
    then: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class WhatIf:
    """What the other plan (after) would do in place of the current one (before).

    Attributes
    ----------
    accounts, moved, up, down : how many there are, get another segment, get a better or a worse one: by grade, of one grade by
        where it starts. A segment with another name of the same grade and start is neither.
    matrix : accounts; rows the segments before, columns those after, both from the top.
    moves : one row per moved account, the longest way in points first; MOVE_COLUMNS.
    regions, industries : one row per region (industry, "unknown" where blank) and segment of either plan; columns before, after.
    excluded, key_accounts : (before, after), by rules.
    agreement_before, agreement_after : of the plan's grade with the model's, over the accounts that have one.
    stale : one row per override that the other plan would make stale and the current one doesn't: account_id,
        seen_plan_points, points_before, points_after.
    stale_now : overrides that are stale by the current plan's points already.
    capture : None without past rows.
    sellers : needed by either plan; None where nobody asked for them.
    notes : sentences on what the figures don't show.
    """

    accounts: int
    moved: int
    up: int
    down: int
    matrix: pd.DataFrame
    moves: pd.DataFrame
    regions: pd.DataFrame
    industries: pd.DataFrame
    excluded: tuple[int, int]
    key_accounts: tuple[int, int]
    agreement_before: Agreement
    agreement_after: Agreement
    stale: pd.DataFrame
    stale_now: int
    capture: Capture | None
    sellers: Sellers | None
    notes: tuple[str, ...]


def what_if(
    current: Plan,
    other: Plan,
    accounts: pd.DataFrame,
    values: pd.DataFrame,
    overrides: pd.DataFrame,
    past: pd.DataFrame | None,
    threshold: float,
    seed: int,
    staff: Staff | None = None,
    given: Given | None = None,
) -> WhatIf:
    """Score the same accounts by both plans and tell the differences.

    Parameters
    ----------
    accounts : one row per account: account_id, region, industry, model_grade (null where no model serves); with `staff`
        policy_grade and high_value too (whatif_sellers.sellers).
    values : the same rows in the same order, a column per name in either plan (models.scorecard.score_plan); text may be
        categorical.
    overrides : one row per override in force, index account_id: seen_plan_points (null where none were seen); with `staff` grade.
    past : rows of past dates with a known outcome: account_id, won (0 or 1) and the values of either plan then; None: none are
        kept. Its capture is that of `lastword.planning.recommend`: wins among the best 15 % of the rows by points, before
        rules, ties counted fractionally. It says how the plans rank accounts that could still be won then. It isn't the
        share of today's customers in a segment, and it knows nothing of what selling by the plan brought about.
    threshold : `[disparity] threshold`: an override is stale where the plan's points moved so far since its author saw them.
    seed : of the bootstrap over accounts for the interval of the gain.
    staff : who sells, for the sellers needed; None: they aren't reckoned.
    given : kept between plans tried on the same tables: what hasn't changed isn't looked up again.

    Raises
    ------
    ConfigurationError
        A plan names a column of accounts that `values` lack; it names the line.
    """
    given = Given() if given is None else given
    before, after = place_rows(current, values, given.now), place_rows(other, values, given.now)
    direction = directions(current, other)[before.segment, after.segment]
    stale, stale_now = stale_overrides(accounts["account_id"], before.points, after.points, overrides, threshold)
    changed = changed_segment(current, other)[before.segment, after.segment]
    return WhatIf(
        accounts=len(accounts),
        moved=int(changed.sum()),
        up=int((direction[changed] > 0).sum()),
        down=int((direction[changed] < 0).sum()),
        matrix=matrix_of(current, other, before.segment, after.segment),
        moves=moves_of(current, other, accounts, before, after, changed, direction),
        regions=counts_by(accounts["region"], current, other, before.segment, after.segment),
        industries=counts_by(accounts["industry"], current, other, before.segment, after.segment),
        excluded=(int((~before.covered).sum()), int((~after.covered).sum())),
        key_accounts=(int(before.key_account.sum()), int(after.key_account.sum())),
        agreement_before=agreement_with(accounts["model_grade"], current, before.segment),
        agreement_after=agreement_with(accounts["model_grade"], other, after.segment),
        stale=stale,
        stale_now=stale_now,
        capture=None if past is None else captures(current, other, past, seed, given.then),
        sellers=None if staff is None else _sellers(current, other, accounts, before, after, overrides, staff),
        notes=(*notes_on(current, other, values), *(() if staff is None else (note_on(staff.policy),))),
    )


def _sellers(
    current: Plan, other: Plan, accounts: pd.DataFrame, before: Places, after: Places, overrides: pd.DataFrame, staff: Staff
) -> Sellers:
    override = accounts["account_id"].map(overrides["grade"]) if len(overrides) else pd.Series(None, accounts.index, dtype="str")
    return sellers(accounts, override, (current, before), (other, after), staff)


def directions(current: Plan, other: Plan) -> Indexes:
    """For each pair of segments 1 where the other plan's is better, −1 where it is worse, 0 where they are as good."""
    ranks = [[(-GRADES.index(each.grade), each.min_points) for each in plan.segments] for plan in (current, other)]
    return np.array([[(now > then) - (now < then) for now in ranks[1]] for then in ranks[0]])


def changed_segment(current: Plan, other: Plan) -> np.ndarray:
    """For each pair of segments whether they have other names."""
    return np.array([[then.name != now.name for now in other.segments] for then in current.segments])


def matrix_of(current: Plan, other: Plan, before: Indexes, after: Indexes) -> pd.DataFrame:
    """Accounts by segment before (rows) and after (columns)."""
    rows, columns = len(current.segments), len(other.segments)
    counts = np.bincount(before * columns + after, minlength=rows * columns).reshape(rows, columns)
    names = [pd.Index([each.name for each in plan.segments]) for plan in (current, other)]
    return pd.DataFrame(counts, names[0].rename("before"), names[1].rename("after"))


def moves_of(
    current: Plan, other: Plan, accounts: pd.DataFrame, before: Places, after: Places, changed: np.ndarray, direction: Indexes
) -> pd.DataFrame:
    """The moved accounts with MOVE_COLUMNS; direction is up, down or level."""
    rows = np.flatnonzero(changed)
    rows = rows[np.argsort(-np.abs(after.points[rows] - before.points[rows]), kind="stable")]
    names = [np.array([each.name for each in plan.segments], dtype=object) for plan in (current, other)]
    found = accounts[["account_id", "region", "industry"]].iloc[rows].reset_index(drop=True)
    return found.assign(
        points_before=before.points[rows],
        points_after=after.points[rows],
        segment_before=names[0][before.segment[rows]],
        segment_after=names[1][after.segment[rows]],
        direction=np.array(["down", "level", "up"], dtype=object)[direction[rows] + 1],
    )


def counts_by(group: pd.Series, current: Plan, other: Plan, before: Indexes, after: Indexes) -> pd.DataFrame:
    """Accounts by group and segment; index (group, segment), columns before and after. Segments as they stand, then new ones."""
    codes, groups = pd.factorize(group, sort=True)
    codes = np.where(codes < 0, len(groups), codes)
    labels = [*map(str, groups), UNKNOWN][: int(codes.max(initial=-1)) + 1]
    names = list(dict.fromkeys(each.name for plan in (current, other) for each in plan.segments))
    counts = {}
    for column, plan, segment in (("before", current, before), ("after", other, after)):
        place = np.array([names.index(each.name) for each in plan.segments])[segment]
        counts[column] = np.bincount(codes * len(names) + place, minlength=len(labels) * len(names))
    return pd.DataFrame(counts, pd.MultiIndex.from_product([labels, names], names=["group", "segment"]))


def agreement_with(model_grade: pd.Series, plan: Plan, segment: Indexes) -> Agreement:
    """Of the plan's grades with the model's."""
    codes = pd.Categorical(model_grade, categories=list(GRADES)).codes.astype(int)
    grades = np.array([GRADES.index(each.grade) for each in plan.segments])[segment]
    known, size = codes >= 0, len(GRADES)
    counts = np.bincount(grades[known] * size + codes[known], minlength=size * size).reshape(size, size)
    return agreement(pd.DataFrame(counts, list(GRADES), list(GRADES)))


def stale_overrides(
    account_id: pd.Series, before: Floats, after: Floats, overrides: pd.DataFrame, threshold: float
) -> tuple[pd.DataFrame, int]:
    """Overrides whose seen plan points the other plan moves by the threshold and the current one doesn't; how many it does."""
    place = pd.Index(account_id).get_indexer(overrides.index)
    found = overrides[place >= 0][["seen_plan_points"]].astype(float).reset_index(names="account_id")
    found = found.assign(points_before=before[place[place >= 0]], points_after=after[place[place >= 0]])
    then, now = (_moved(found["seen_plan_points"], found[name], threshold) for name in ("points_before", "points_after"))
    return found[now & ~then].reset_index(drop=True), int(then.sum())


def captures(current: Plan, other: Plan, past: pd.DataFrame, seed: int, given: dict[str, Floats]) -> Capture:
    """Past wins among the best 15 % by either plan; see `what_if` on what that is and isn't."""
    points = [place_rows(plan, past, given).points for plan in (current, other)]
    won = past["won"].to_numpy(dtype=float)
    before, after = (TOP_SHARE * lift(Ranking(each), won, np.ones(len(won)), TOP_SHARE) for each in points)
    metric = f"lift_at_{100 * TOP_SHARE:g}"
    gain = compare(won, points[1], points[0], past["account_id"], metric=metric, seed=seed, replicates=REPLICATES, level=0.95)
    parts = (TOP_SHARE * each for each in (gain.estimate, gain.low, gain.high, gain.standard_error))
    return Capture(len(won), int(won.sum()), before, after, Difference(*parts))


def notes_on(current: Plan, other: Plan, values: pd.DataFrame) -> tuple[str, ...]:
    """Names that the other plan newly looks at and that say nothing of any account."""
    names = [name for name in other.names if name not in current.names]
    return tuple(f"{name} says nothing of any account here" for name in names if _says_nothing(values, name))


def segments_before_and_after(found: WhatIf) -> list[tuple[str, int, int]]:
    """(segment, accounts before, accounts after), those of the current plan first."""
    before, after = found.matrix.sum(axis=1), found.matrix.sum(axis=0)
    names: Sequence[str] = list(dict.fromkeys([*before.index, *after.index]))
    return [(name, int(before.get(name, 0)), int(after.get(name, 0))) for name in names]


def _moved(seen: pd.Series, points: pd.Series, threshold: float) -> pd.Series:
    distance = (points - seen).abs()
    return (distance >= threshold) & (distance > 0)


def _says_nothing(values: pd.DataFrame, name: str) -> bool:
    if name not in values or values[name].isna().all():
        return True
    if name.startswith("technology:"):
        return not bool((values[name] == "yes").any())
    return name.startswith("intent") and not bool((values[name] > 0).any())
