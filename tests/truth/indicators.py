"""Which rule finds what truly sets winners apart: the significance of the indicator table against a raw lift of 1.5."""

import numpy as np
import pandas as pd

from models.indicators import indicators

RAW_LIFT = 1.5
LIFTS = (1.3, 1.5, 2.0, 3.0)
"""True lifts of the planted indicators, equally many of each."""


def discoveries(
    populations: int, seed: int, *, accounts: int = 4000, wins: int = 150, noise: int = 160, planted: int = 12
) -> pd.DataFrame:
    """What each rule discovers in populations of which it is known which indicators are real.

    Parameters
    ----------
    noise, planted : indicators without and with a true lift, their coverage of the house list drawn log-uniformly from 1 to 30 %.

    Returns
    -------
    Grain: population × rule ("significant": q < .10 and EB05 > 1; "raw lift ≥ 1.5"). Columns: population, rule, discoveries,
    false, true, planted.
    """
    rows = []
    for population in range(populations):
        table = _population(np.random.default_rng([seed, population]), accounts, wins, noise, planted)
        found = indicators(*_who(accounts, wins), table, dict.fromkeys(table.columns, "intent")).set_index("indicator")
        real = found.index.str.startswith("planted")
        rules = {"significant": found["significant"], f"raw lift ≥ {RAW_LIFT}": found["lift"] >= RAW_LIFT}
        for rule, called in rules.items():
            counts = {"discoveries": int(called.sum()), "false": int((called & ~real).sum()), "true": int((called & real).sum())}
            rows.append({"population": population, "rule": rule, **counts, "planted": planted})
    return pd.DataFrame(rows)


def false_discovery_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Per rule (index): false_discovery_rate (mean over populations of false ÷ discoveries, 0 where there are none), its
    standard_error, power (share of the planted that are found) and any_discovery (share of populations with at least one)."""
    share = counts["false"] / counts["discoveries"].clip(lower=1)
    found = counts["true"] / counts["planted"].where(counts["planted"] > 0)
    each = counts.assign(share=share, found=found, any=(counts["discoveries"] > 0).astype(float)).groupby("rule", sort=False)
    return pd.DataFrame(
        {
            "false_discovery_rate": each["share"].mean(),
            "standard_error": each["share"].sem(),
            "power": each["found"].mean(),
            "any_discovery": each["any"].mean(),
        }
    )


def _who(accounts: int, wins: int) -> tuple[np.ndarray, np.ndarray]:
    won = np.arange(accounts) < wins
    return won, ~won


def _population(random: np.random.Generator, accounts: int, wins: int, noise: int, planted: int) -> pd.DataFrame:
    coverage = np.exp(random.uniform(np.log(0.01), np.log(0.30), noise + planted))
    lift = np.concatenate([np.ones(noise), np.resize(LIFTS, planted)])
    rate = np.where(np.arange(accounts)[:, None] < wins, np.minimum(coverage * lift, 0.95), coverage)
    names = [*(f"noise {k}" for k in range(noise)), *(f"planted {k}" for k in range(planted))]
    return pd.DataFrame((random.random(rate.shape) < rate).astype(float), columns=names)
