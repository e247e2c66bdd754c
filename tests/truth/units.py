"""What is measured of one generated population, by kind of unit. A unit stands alone: another process can measure it.

Every function takes a folder, the number of accounts and the seed, and gives figures by name; their bounds are in bounds.py.
"""

from collections.abc import Callable
from pathlib import Path

from lastword.indicators import indicator_table
from tests.truth.figures import model_figures
from tests.truth.indicators import RAW_LIFT, discoveries, false_discovery_rates
from tests.truth.market import make_market
from tests.truth.repeated import repeated_figures
from tests.truth.scored import train_and_score, train_anyway
from tests.truth.traps import BLOCKED, WARNED, measure_seed, without_signal

type Figures = dict[str, float]


def model(folder: Path, accounts: int, seed: int) -> Figures:
    """One demo population, one training, everything that is measured of it."""
    market = make_market(folder, accounts, seed)
    return {"wins": market.training.winners, **model_figures(train_and_score(market), seed)}


def noise(folder: Path, accounts: int, seed: int) -> Figures:
    """A demo population whose wins are dealt out to other accounts at random: nothing known of an account tells of them."""
    market = make_market(folder, accounts, seed, without_signal)
    trained, _ = train_anyway(market)
    table = indicator_table(market.run, market.tables, market.training.features, market.run.intent_policy())
    return {
        "wins": market.training.winners,
        "noise_auc": trained.figures["temporal"]["model"]["auc"]["estimate"],
        "noise_promoted": float(trained.promotion.promoted),
        "noise_topics": int(table.loc[table["family"] == "intent", "significant"].sum()),
        "noise_indicators": int(table["significant"].sum()),
    }


def traps(folder: Path, accounts: int, seed: int) -> Figures:
    """A clean market before the leakage gate, and the same with every trap in it."""
    found = measure_seed(folder, accounts, seed)
    caught = [*(f"trap blocked: {column}" for column in BLOCKED), *(f"trap warned: {column}" for column in WARNED)]
    return {
        "traps_missed": sum(found[what] == 0 for what in caught),
        "clean_blocked": sum(count for what, count in found.items() if what.startswith("clean blocked")),
        "clean_warned": sum(count for what, count in found.items() if what.startswith("clean warned")),
    }


def indicators(folder: Path, accounts: int, seed: int) -> Figures:
    """Invented indicators of which it is known which are real; nothing is written."""
    rates = false_discovery_rates(discoveries(1, seed, accounts=accounts))
    significant, by_lift = rates.loc["significant"], rates.loc[f"raw lift ≥ {RAW_LIFT}"]
    return {
        "false_significant": float(significant["false_discovery_rate"]),
        "false_by_lift": float(by_lift["false_discovery_rate"]),
        "power_significant": float(significant["power"]),
    }


UNITS: dict[str, Callable[[Path, int, int], Figures]] = {
    "model": model,
    "noise": noise,
    "traps": traps,
    "indicators": indicators,
    "bytes": repeated_figures,
}

SIZES = {"model": (700, 1550, 6300), "noise": (1550,), "traps": (2000,), "indicators": (4000,), "bytes": (700,)}
"""Accounts of the populations of each kind."""
