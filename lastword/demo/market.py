"""One block of the market, simulated whole: its accounts, what happens to them, and the truth about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lastword.demo import signals, truth, wins
from lastword.demo.population import Population, make_population
from lastword.demo.process import AS_OF_STEP, HIDDEN_EFFECT_SD
from lastword.demo.technologies import Adoptions, adopt, technology_effect

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Some accounts of the market. Arrays are in the order of population.accounts; days count from the as-of date.

    first_win     day of the first win, wins.NO_WIN where there is none before the horizon ends
    p_true, p_observable  NaN where the account is not at risk on the as-of date
    """

    population: Population
    adoptions: Adoptions
    signals: signals.Signals
    listing: wins.Listing
    first_win: NDArray[np.int64]
    p_true: Floats
    p_observable: Floats

    @property
    def at_risk(self) -> NDArray[np.bool_]:
        return (self.listing.day < 0) & (self.first_win >= 0)

    @property
    def customer(self) -> NDArray[np.bool_]:
        return self.first_win < 0


def simulate(rng: np.random.Generator, first_number: int, count: int, id_width: int, year: int) -> Block:
    """The accounts numbered from `first_number`, from their founding to the end of the horizon."""
    population = make_population(rng, first_number, count, id_width, year)
    adoptions = adopt(rng, count)
    listing = wins.list_accounts(rng, count)
    effect = technology_effect(adoptions, count)
    rates, before = wins.step_rates(effect, listing), wins.rate_before_history(effect, listing)
    surging = signals.surges(rng, count)
    mattering = signals.signals_that_matter(rng, surging)
    intent = signals.intent(mattering, count)
    hidden = rng.normal(0, HIDDEN_EFFECT_SD, count)
    factor = np.exp(hidden + population.size_effect + population.trade_effect)
    first_win = wins.first_win_days(rng, factor, rates, intent, before, listing)
    coverage = signals.coverage_steps(rng, count)
    shown = signals.published(mattering, coverage)
    at_risk = (listing.day < 0) & (first_win >= 0)
    p_true = truth.p_true(factor, rates, intent, surging[AS_OF_STEP - 1])
    p_observable = truth.p_observable(
        population.size_nodes, population.size_weights, population.trade_effect, rates, before, shown, coverage
    )
    return Block(
        population=population,
        adoptions=adoptions,
        signals=_all_published(rng, shown, coverage, first_win),
        listing=listing,
        first_win=first_win,
        p_true=np.where(at_risk, p_true, np.nan),
        p_observable=np.where(at_risk, p_observable, np.nan),
    )


def _all_published(
    rng: np.random.Generator, shown: signals.Signals, coverage: NDArray[np.int64], first_win: NDArray[np.int64]
) -> signals.Signals:
    """The feed as delivered, in the order of its dates: topics that matter, topics that do not, topics of customers."""
    others = signals.published(signals.signals_of_other_topics(rng, len(coverage)), coverage)
    support = signals.published(signals.support_signals(rng, first_win), coverage)
    parts = (shown, others, support)
    feed = signals.Signals(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("account", "topic", "day", "strength"))
    )
    order = np.argsort(feed.day, kind="stable")
    return signals.Signals(feed.account[order], feed.topic[order], feed.day[order], feed.strength[order])
