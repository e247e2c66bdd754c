"""docs/evidence.md of what was measured: figures in, Markdown out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tests.truth.bounds import CHECKS, Check, Verdict, bound_shown, judge, shown

type Place = tuple[str, int]
"""A kind of unit and its number of accounts."""

TITLES: dict[Place, str] = {
    ("model", 700): "About 110 wins",
    ("model", 1550): "About 250 wins",
    ("model", 6300): "About 1,000 wins",
    ("noise", 1550): "Nothing to find",
    ("traps", 2000): "Traps",
    ("indicators", 4000): "Indicators",
    ("bytes", 700): "The same again",
}

SAID: dict[Place, str] = {
    ("noise", 1550): "The wins of demo populations of 1,550 accounts dealt out to other accounts at random.",
    (
        "traps",
        2000,
    ): "Demo populations of 2,000 accounts before the leakage gate, as they are and with nine columns planted that know the "
    "future. A trap that got through is one that was not blocked (for the one dated a month before the sale: not warned of).",
    (
        "indicators",
        4000,
    ): "Populations of 4,000 accounts and 150 wins with 12 real indicators among 172, at true lifts of 1.3 to 3.",
    (
        "bytes",
        700,
    ): "The demo of 700 accounts generated and run twice, once on one thread and once on two: data, tables (without run_id, "
    "model_version and scored_at), reports and the model's files.",
}

INTRODUCTION = """\
# Evidence

The demo's generator knows what no data set tells: each account's true probability of a win within the horizon (`p_true`), the
part of it that anybody could know from what is published (`p_observable`: hidden effects, blank sizes and future signals
integrated out), and who then wins. So what Lastword says of itself can be held against the truth.

A bound was written down before its figure was measured. It holds where the mean of the seeds is within it, or misses it by no
more than two standard errors, and the table says which. A seed is another population; figures without a bound stand there for
comparison.

{summary}

What this is no evidence of: that your data are like the generator's. Its wins follow a hazard in size, industry, country,
technologies and four topics, most of which the features can express, and nothing leaks but what is planted to. What a model is
worth on your data, its model card says, measured on later time.

```sh
make evidence                                          # everything anew: about an hour
make evidence EVIDENCE=--resume                        # go on where it was interrupted
make evidence EVIDENCE="--seeds 1-2 --accounts 700"    # a part; of the rest the page has what was measured last
```
"""

OF_MODELS = """\
{accounts:,} accounts: {wins:,.0f} winners in usable windows, {base_rate:.1%} of today's prospects win within the horizon (means
over the seeds). An AUC counts each prospect as a win with its p_true and as none with the rest, so that the luck of one future is
left out. Calibration is measured against p_observable."""

HEAD = "| | bound | figure | seeds | |\n|---|---:|---:|---:|---|"


@dataclass(frozen=True)
class Measured:
    """Figures of all seeds, one row each (index seed), by kind of unit and accounts; the days they were measured on and the
    machines' cores, each once and in order."""

    figures: Mapping[Place, pd.DataFrame]
    days: tuple[str, ...]
    cores: tuple[int, ...]

    def verdict(self, check: Check) -> Verdict:
        """Of the seeds that were measured."""
        return judge(check, self.figures.get(at(check), pd.DataFrame()))


def render(found: Measured) -> str:
    """The page. Equal figures give equal text."""
    return "\n".join([INTRODUCTION.format(summary=summary(found)), *(section(place, found) for place in TITLES)])


def summary(found: Measured) -> str:
    """How many bounds hold, and which don't."""
    verdicts = [(check, found.verdict(check)) for check in CHECKS if check.bounded]
    measured = [(check, verdict) for check, verdict in verdicts if verdict.seeds]
    missed = [check for check, verdict in measured if not verdict.good]
    if not measured:
        return "Nothing is measured yet."
    days, cores = (" to ".join(map(str, dict.fromkeys((each[0], each[-1])))) for each in (found.days, found.cores))
    said = f"{len(measured) - len(missed)} of the {len(verdicts)} bounds hold. Measured on {days} with {cores} cores."
    if len(measured) < len(verdicts):
        said += f" Not measured yet: {len(verdicts) - len(measured)}."
    if not missed:
        return said
    return "\n".join([f"{said} **Beyond their bounds:**\n", *(f"- {TITLES[at(check)]}: {check.what}" for check in missed)])


def section(place: Place, found: Measured) -> str:
    """Heading, what was measured, and a row per check."""
    rows = [row(check, found.verdict(check)) for check in CHECKS if at(check) == place]
    said_of = said(place, found.figures.get(place, pd.DataFrame()))
    return "\n".join([f"## {TITLES[place]}\n", f"{said_of}\n", HEAD, *rows, ""])


def said(place: Place, figures: pd.DataFrame) -> str:
    """What the section's populations are."""
    if place in SAID:
        return SAID[place]
    if figures.empty:
        return f"{place[1]:,} accounts."
    means = figures[["wins", "base_rate"]].mean()
    return OF_MODELS.format(accounts=place[1], **means).replace("%", " %")


def row(check: Check, verdict: Verdict) -> str:
    """One line of the table."""
    outcomes = {
        "within two standard errors": "holds within two standard errors",
        "does not hold": "**does not hold**",
        "for comparison": "",
    }
    outcome = outcomes.get(verdict.outcome, verdict.outcome)
    return f"| {check.what} | {bound_shown(check)} | {with_error(check, verdict)} | {verdict.seeds} | {outcome} |"


def with_error(check: Check, verdict: Verdict) -> str:
    """The figure, and its standard error where there is one."""
    return shown(check, verdict.figure) + ("" if verdict.error != verdict.error else f" ± {shown(check, verdict.error)}")


def at(check: Check) -> Place:
    """Which populations a check is for."""
    return check.unit, check.accounts or next(accounts for unit, accounts in TITLES if unit == check.unit)
