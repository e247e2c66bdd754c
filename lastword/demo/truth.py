"""True probabilities of a first win within the horizon, in closed form.

The hazard is linear in the intent (process.py), so the cumulative hazard of an account over any span is

    factor * (known + hidden),  factor = exp(u + size + trade)

where *known* sums the rates and what the known signals add to them, and *hidden* what signals nobody knows add. A signal in
step r adds mark * reach(r): reach(r) = Σ_{s > r} rate(s) * STEP_DECAY ** (s − r − 1). Signals come as a Poisson process whose
rate follows a two-state Markov chain, so mean and variance of *hidden* are exact:

    mean = m₁ Σ λ(r) reach(r)
    variance = m₂ Σ λ(r) reach(r)² + (m₁ Δ)² Σ_r Σ_q Cov(z_r, z_q) reach(r) reach(q),  Cov = memory ** |r − q| * v(min(r, q))

with m₁, m₂ the moments of a mark, λ(r) the mean rate, Δ the difference between the surge's rate and the quiet one, and
v = P(z = 1)(1 − P(z = 1)). E exp(−factor · hidden) is taken from the gamma distribution with this mean and variance.

p_true        1 − E exp(−factor · future), given factor, every signal before the as-of date (covered or not) and whether the
              account is in a surge; future signals are integrated out.
p_observable  1 − E exp(−factor · (past + future)) ÷ E exp(−factor · past): also u, a blank size, signals before the coverage
              began, and the surge are integrated out, given the published columns, technologies and signals, since when
              the provider covers the account, and that it has not won since it was listed.

u and a blank size are integrated by Gauss–Hermite quadrature, the surge by the forward filter of the chain. One tie is
neglected: between the signals just before the coverage began and the surge just after.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lastword.demo.process import (
    AS_OF_STEP,
    HIDDEN_EFFECT_SD,
    LAST_STEP,
    QUIET_SIGNALS,
    STEP_DECAY,
    SURGE_SIGNALS,
    TOPIC_EFFECTS,
)
from lastword.demo.signals import SURGE_MEMORY, SURGE_SHARE, Signals, intent, signal_moments

Floats = NDArray[np.float64]
Rates = NDArray[np.float32]
EXTRA_SIGNALS = SURGE_SIGNALS - QUIET_SIGNALS


@dataclass(frozen=True)
class Gamma:
    """A positive amount per account, by its mean and variance."""

    mean: Floats
    variance: Floats

    def laplace(self, factor: Floats) -> Floats:
        """E exp(−factor · amount), factor having one row per account and any number of columns."""
        scale = self.variance / np.maximum(self.mean, 1e-300)
        shape = self.mean / np.maximum(scale, 1e-300)
        power: Floats = np.where((scale > 0)[:, None], shape[:, None] * np.log1p(factor * scale[:, None]), factor * 0)
        return np.exp(-power)


def p_true(factor: Floats, rates: Rates, known_intent: Rates, surging: NDArray[np.bool_]) -> Floats:
    """Probability of a first win within the horizon, for accounts at risk, given their hidden state.

    rates         steps × accounts, from wins.step_rates
    known_intent  steps + 1 × accounts, of all signals
    surging       per account, in the last step before the as-of date
    """
    known, reach = _known_future(rates, known_intent)
    future = _hidden(reach, AS_OF_STEP, LAST_STEP, surging.astype(float))
    return 1 - np.exp(-factor * known) * future.laplace(factor[:, None])[:, 0]


def p_observable(
    size_nodes: Floats,
    size_weights: Floats,
    trade_effect: Floats,
    rates: Rates,
    before: Floats,
    shown: Signals,
    coverage: NDArray[np.int64],
) -> Floats:
    """The same probability, given only what is published before the as-of date and that the account has not won yet.

    before    cumulative rate before the history, from wins.rate_before_history
    shown     published signals; those on topics that do not matter are ignored
    coverage  step in which the provider began to cover the account
    """
    accounts = len(trade_effect)
    factor, weight = _factors(size_nodes, size_weights, trade_effect)
    known_intent = intent(shown, accounts)
    covered = coverage < AS_OF_STEP
    hidden_until = np.where(covered, coverage, LAST_STEP)
    past_rates = np.where(np.arange(LAST_STEP)[:, None] < AS_OF_STEP, rates, np.float32(0))
    past = before + np.einsum("sa,sa->a", past_rates, 1 + known_intent[:LAST_STEP])
    survived = np.exp(-factor * past[:, None]) * _hidden(_reach(past_rates), 0, hidden_until).laplace(factor)
    known_future, _ = _known_future(rates, known_intent)
    reach = _reach(rates)
    still = np.exp(-factor * (past + known_future)[:, None]) * _hidden(reach, 0, hidden_until).laplace(factor)
    still *= np.where(covered[:, None], _future_laplace(factor, reach, shown, coverage), 1.0)
    return 1 - (still @ weight) / (survived @ weight)


def surge_probability(shown: Signals, coverage: NDArray[np.int64]) -> Floats:
    """P(in a surge in the last step before the as-of date | published signals): the forward filter of the chain."""
    accounts = len(coverage)
    matters = shown.topic < len(TOPIC_EFFECTS)
    cell = shown.step()[matters] * accounts + shown.account[matters]
    counts = np.bincount(cell, minlength=AS_OF_STEP * accounts)[: AS_OF_STEP * accounts].reshape(AS_OF_STEP, accounts)
    odds_per_signal = SURGE_SIGNALS / QUIET_SIGNALS
    surging = np.full(accounts, SURGE_SHARE)
    for step in range(AS_OF_STEP):
        predicted = SURGE_SHARE + (surging - SURGE_SHARE) * SURGE_MEMORY
        odds = predicted / (1 - predicted) * odds_per_signal ** counts[step] * np.exp(-EXTRA_SIGNALS)
        surging = np.where(step >= coverage, odds / (1 + odds), SURGE_SHARE)
    return surging


def _factors(size_nodes: Floats, size_weights: Floats, trade_effect: Floats) -> tuple[Floats, Floats]:
    """exp(u + size + trade) at every node of u and of the size, accounts × nodes, and the nodes' weights."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    log_factor = trade_effect[:, None, None] + size_nodes[:, None, :] + HIDDEN_EFFECT_SD * nodes[None, :, None]
    return np.exp(log_factor).reshape(len(trade_effect), -1), np.outer(weights / weights.sum(), size_weights).ravel()


def _future_laplace(factor: Floats, reach: Rates, shown: Signals, coverage: NDArray[np.int64]) -> Floats:
    surging = surge_probability(shown, coverage)[:, None]
    in_surge = _hidden(reach, AS_OF_STEP, LAST_STEP, np.ones(len(coverage))).laplace(factor)
    quiet = _hidden(reach, AS_OF_STEP, LAST_STEP, np.zeros(len(coverage))).laplace(factor)
    return surging * in_surge + (1 - surging) * quiet


def _known_future(rates: Rates, known_intent: Rates) -> tuple[Floats, Rates]:
    """What the rates and the signals before the as-of date add up to within the horizon; and the reach of later signals."""
    reach = _reach(rates)
    return rates[AS_OF_STEP:].sum(axis=0, dtype=float) + known_intent[AS_OF_STEP] * reach[AS_OF_STEP - 1].astype(float), reach


def _reach(rates: Rates) -> Rates:
    """What one unit of intent, given at the end of each step, adds to the cumulative rate until the last step."""
    reach = np.zeros_like(rates)
    for step in range(LAST_STEP - 2, -1, -1):
        reach[step] = rates[step + 1] + np.float32(STEP_DECAY) * reach[step + 1]
    return reach


def _hidden(reach: Rates, begin: int, end: int | NDArray[np.int64], surging: Floats | None = None) -> Gamma:
    """What unknown signals in the steps [begin, end) add to the cumulative rate.

    surging  whether the account is in a surge in the step before `begin`; None where the chain is at its long-run share
    """
    mean_mark, square_mark = signal_moments()
    mean, poisson, shared, later = (np.zeros(reach.shape[1]) for _ in range(4))
    last = int(np.max(end))
    for step in range(last - 1, begin - 1, -1):
        now = np.where(step < end, reach[step], 0.0)
        share = SURGE_SHARE if surging is None else SURGE_SHARE + (surging - SURGE_SHARE) * SURGE_MEMORY ** (step - begin + 1)
        rate = QUIET_SIGNALS + EXTRA_SIGNALS * share
        mean += rate * now
        poisson += rate * now**2
        shared += share * (1 - share) * now * (now + 2 * SURGE_MEMORY * later)
        later = now + SURGE_MEMORY * later
    return Gamma(mean_mark * mean, square_mark * poisson + (mean_mark * EXTRA_SIGNALS) ** 2 * shared)
