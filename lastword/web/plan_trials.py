"""What another plan would do to the accounts of the current run, as figures that a page shows. Worked out once and kept."""

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from lastword.errors import LastwordError
from lastword.plan import Plan, fingerprint
from lastword.web.kept import kept, state_of
from lastword.web.plan_ground import ground_of
from lastword.web.templatetags.shown import signed

if TYPE_CHECKING:
    from lastword.planning.whatif import WhatIf
    from overrides.publish import RunRecord

MOST_MOVES = 25


@dataclass(frozen=True)
class Figures:
    """What a plan would do in place of the plan of the run; `why` says why that isn't known, and then nothing else is.

    Attributes
    ----------
    segments : (segment, accounts before, accounts after).
    agreement : share (0–1) of accounts whose grade by the plan is the model's, before and after; None without a model.
    capture : past wins among the best 15 %, before, after, and gain with its 95 % interval (0–1); None where none are kept.
    farthest : the accounts that move farthest: account_id, points and segments before and after, direction.
    stale : overrides that would become stale, `stale_accounts` the first of them; `stale_now` are so already.
    sellers : needed before and after, all roles and regions; None where no role is set.
    """

    why: str = ""
    accounts: int = 0
    moved: int = 0
    up: int = 0
    down: int = 0
    segments: tuple[tuple[str, int, int], ...] = ()
    agreement: tuple[float | None, float | None] = (None, None)
    capture: tuple[float, float, float, float, float] | None = None
    farthest: tuple[dict[str, Any], ...] = ()
    stale: int = 0
    stale_accounts: tuple[str, ...] = ()
    stale_now: int = 0
    sellers: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def share_moved(self) -> float | None:
        return self.moved / self.accounts if self.accounts else None

    @property
    def gain_words(self) -> str:
        """The gain in captured wins: "+11.0 points, 95 % +4.3 to +18.3"; "" where it isn't known."""
        if self.capture is None:
            return ""
        gain, low, high = (signed(100 * part, 1) for part in self.capture[2:])
        return f"{gain} points, 95 % {low} to {high}"

    @property
    def sizes(self) -> list[tuple[str, int, int, int]]:
        """(segment, accounts before, after, difference)."""
        return [(name, before, after, after - before) for name, before, after in self.segments]


def figures_of(request: HttpRequest, run: "RunRecord", plan: Plan) -> Figures:
    """What the plan would do. What can't be tried (a column that accounts lack) is told in `why`, not raised."""
    project, state = request.project, state_of(request)
    settings = project.settings
    rests_on = (run.run_id, fingerprint(plan), state.entry_id, state.day, settings.disparity, settings.capacity, settings.seed)
    try:
        return kept(request, "plan trial", rests_on, lambda: _tried(request, plan))
    except LastwordError as error:
        return Figures(why=str(error))


def _tried(request: HttpRequest, plan: Plan) -> Figures:
    from overrides import ledger

    ground = ground_of(request.project, request.now)
    with ground.lock:
        return _figures(ground.what_if(plan, ledger.in_force(request.now)))


def _figures(found: "WhatIf") -> Figures:
    from lastword.planning.whatif import segments_before_and_after

    return Figures(
        accounts=found.accounts,
        moved=found.moved,
        up=found.up,
        down=found.down,
        segments=tuple(segments_before_and_after(found)),
        agreement=(found.agreement_before.same, found.agreement_after.same),
        capture=_capture(found),
        farthest=tuple(found.moves.head(MOST_MOVES).astype(object).to_dict("records")),
        stale=len(found.stale),
        stale_accounts=tuple(found.stale["account_id"].head(MOST_MOVES)),
        stale_now=found.stale_now,
        sellers=_sellers(found),
        notes=found.notes,
    )


def _sellers(found: "WhatIf") -> tuple[int, int] | None:
    if found.sellers is None:
        return None
    needed = found.sellers.roles[["needed_before", "needed_after"]].sum()
    return int(needed["needed_before"]), int(needed["needed_after"])


def _capture(found: "WhatIf") -> tuple[float, float, float, float, float] | None:
    """None without past rows, or without a win among them."""
    capture = found.capture
    if capture is None or isnan(capture.before):
        return None
    return capture.before, capture.after, capture.gain.estimate, capture.gain.low, capture.gain.high
