"""Whether a challenger becomes the champion: one pure decision with every rule stated, met or not.

With landmarks every rule decides. In look-alike mode nothing is dated, so the plan may know the winners by what they
became, and folds are all there is: there the signal and the champion decide, and the other rules only warn.
"""

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

import numpy as np

from models.evaluation import Difference, Interval

LEAST_TOLERANCE = 0.005
"""A challenger may be worse than the champion by so much AUC, or by one paired standard error if that is more."""
LEAST_TOP_LIFT = 2.0
LARGEST_SPLIT_GAP = 0.05
WARNED_SPLIT_GAP = 0.03


@dataclass(frozen=True)
class PromotionEvidence:
    """What the decision rests on, all of it out of sample.

    Attributes
    ----------
    champion_mode : how the champion was trained; None without one.
    auc : AUC with its 95 % interval, on the newest landmarks; of grouped folds in look-alike mode.
    against_champion : AUC minus that of the champion's recipe refitted on the same training window
        (90 %, paired); None without one.
    against_plan : lift at grade A's share minus the plan's (90 %, paired); None where the plan has no say.
    top_lift, attainable_lift : lift at grade A's share (lower 90 % bound) and that of a perfect ranking; None where not measured.
    rising : pairs (better, worse) of grades of which the worse wins more often, beyond chance.
    split_gap : AUC of grouped (or random) folds minus the temporal one, with its 95 % interval.
    """

    mode: Literal["landmarks", "look-alike"]
    auc: Interval
    champion_mode: Literal["landmarks", "look-alike"] | None = None
    against_champion: Difference | None = None
    against_plan: Difference | None = None
    top_lift: Interval | None = None
    attainable_lift: float | None = None
    rising: tuple[tuple[str, str], ...] = ()
    split_gap: Difference | None = None


class Check(NamedTuple):
    """One rule. `ok` is False only where it stands against promotion; what merely warns says so."""

    name: str
    ok: bool
    said: str


@dataclass(frozen=True)
class Promotion:
    """The decision. `refused_because` is None exactly where `promoted`; `checks` holds every rule that could be judged."""

    promoted: bool
    refused_because: str | None
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, object]:
        """The decision for metrics.json."""
        return {
            "promoted": self.promoted,
            "refused_because": self.refused_because,
            "checks": [check._asdict() for check in self.checks],
        }


def decide(evidence: PromotionEvidence, policy: Literal["if_better", "always", "never"]) -> Promotion:
    """Promote, or say why not.

    Under "if_better" every rule must be met. Under "always" the rules are told but only the first can refuse: a model
    without a signal (lower 95 % bound of its AUC at .5 or below) hands out no grades under any policy. "never" refuses.
    """
    signal = _signal(evidence)
    others = [rule for rule in (_champion(evidence), *_against_chance_and_plan(evidence)) if rule is not None]
    checks = (signal, *others)
    if policy == "never":
        return Promotion(False, '[model] promote is "never"', checks)
    decisive = (signal,) if policy == "always" else checks
    broken = [check.said for check in decisive if not check.ok]
    return Promotion(not broken, "; ".join(broken) or None, checks)


def _against_chance_and_plan(evidence: PromotionEvidence) -> list[Check | None]:
    rules = [_plan(evidence), _top_lift(evidence), _rising(evidence), _split_gap(evidence)]
    return rules if evidence.mode == "landmarks" else [_as_warning(rule) for rule in rules]


def _as_warning(rule: Check | None) -> Check | None:
    return rule if rule is None or rule.ok else Check(rule.name, True, f"warning: {rule.said}")


def _signal(evidence: PromotionEvidence) -> Check:
    kind = "temporal" if evidence.mode == "landmarks" else "grouped look-alike"
    auc = evidence.auc
    if np.isnan(auc.low):
        return Check("signal", False, f"the {kind} AUC cannot be measured: the test rows lack wins or accounts without one")
    ok = auc.low > 0.5
    bound = f"the lower 95 % bound of the {kind} AUC is {auc.low:.3f}"
    return Check("signal", ok, f"{bound}, above .5" if ok else f"{bound}: no signal beyond chance, which is .5")


def _champion(evidence: PromotionEvidence) -> Check | None:
    if evidence.mode == "look-alike" and evidence.champion_mode == "landmarks":
        return Check("champion", False, "the champion learnt from dated wins; a model of look-alikes doesn't replace it")
    difference = evidence.against_champion
    if difference is None:
        return None
    tolerance = max(LEAST_TOLERANCE, difference.standard_error) if difference.standard_error > 0 else LEAST_TOLERANCE
    ok = difference.low > -tolerance
    said = f"AUC minus the champion's is {difference.estimate:+.4f}, at least {difference.low:+.4f} (90 %)"
    return Check("champion", ok, f"{said}; tolerated is {-tolerance:.4f}")


def _plan(evidence: PromotionEvidence) -> Check | None:
    difference = evidence.against_plan
    if difference is None:
        return None
    ok = not difference.high < 0
    said = (
        f"lift at grade A minus the plan's is {difference.estimate:+.2f} ({difference.low:+.2f} to {difference.high:+.2f}, 90 %)"
    )
    return Check("plan", ok, said if ok else f"{said}: it loses to the plan")


def _top_lift(evidence: PromotionEvidence) -> Check | None:
    lift, attainable = evidence.top_lift, evidence.attainable_lift
    if lift is None or attainable is None or np.isnan(attainable):
        return None
    least = min(LEAST_TOP_LIFT, attainable / 2)
    ok = lift.low >= least
    return Check("lift of A", ok, f"grade A's lift is {lift.estimate:.2f}, at least {lift.low:.2f} (90 %); asked is {least:.2f}")


def _rising(evidence: PromotionEvidence) -> Check:
    if not evidence.rising:
        return Check("falling grades", True, "no grade wins more often than a better one beyond chance")
    pairs = ", ".join(f"{worse} above {better}" for better, worse in evidence.rising)
    return Check("falling grades", False, f"the win rate rises between grades beyond chance: {pairs}")


def _split_gap(evidence: PromotionEvidence) -> Check | None:
    gap = evidence.split_gap
    if gap is None or np.isnan(gap.estimate):
        return None
    said = f"AUC on folds minus AUC on later time is {gap.estimate:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}, 95 %)"
    if gap.low > LARGEST_SPLIT_GAP:
        return Check("split gap", False, f"{said}: over {LARGEST_SPLIT_GAP} beyond its interval")
    return Check("split gap", True, f"warning: {said}, over {WARNED_SPLIT_GAP}" if gap.estimate > WARNED_SPLIT_GAP else said)


def evidence_to_json(evidence: PromotionEvidence) -> dict[str, object]:
    """The evidence for metrics.json; NaN as None."""
    figures = {name: value.to_json() for name, value in vars(evidence).items() if isinstance(value, Interval)}
    return {**asdict(evidence), **figures}
