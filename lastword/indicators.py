"""Writes the lift table: which firmographic bands, technologies and topics the winners had, before they won."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from features.build import IntentPolicy, Tables
    from features.catalog import Feature

QUARTERS = (0.25, 0.5, 0.75)
"""Numbers become indicators by quarters of the population."""

EDGE_DIGITS = 2
"""Significant digits of a band's edges: people read "25,000,000", and a quarter needs no more."""


MOST_ACCOUNTS = 200_000
"""A lift of 200,000 accounts is as good as one of all: its interval is narrower than any difference that people act on."""


def indicator_table(run: Run, tables: "Tables", features: "Sequence[Feature]", policy: "IntentPolicy") -> "pd.DataFrame":
    """Lift, coverage and significance of every indicator among the wins of the newest landmark against the house list then.

    Grain: indicator, in the columns of `models.indicators.indicators`. Where wins are undated, all won accounts against the house
    list as of today, without intents, which they may owe to the sale.

    Of more than MOST_ACCOUNTS accounts about so many are drawn, winners and others alike, so that every share and every
    ratio of shares stays what it is but for chance; wins_with and house_with count the accounts drawn.
    """
    from features.build import build_features
    from models.indicators import indicators
    from models.landmarks import at_risk, look_alikes, usable_landmarks
    from models.sampling import sample_of

    horizon = run.project.settings.model.horizon_days
    known = [feature for feature in features if feature.known != "after_win"]
    if usable_landmarks(tables, run.as_of, horizon, policy):
        as_of = run.as_of - timedelta(days=horizon)
        population = at_risk(tables, as_of, horizon)
    else:
        as_of, population = run.as_of, look_alikes(tables, run.as_of)
        known = [feature for feature in known if feature.family != "intent"]
    sample = sample_of(int(tables.accounts.count().execute()), MOST_ACCOUNTS, run.project.settings.seed)
    built = build_features(sample.of_histories(tables), as_of, known, policy)
    rows = sample.of(population).join(built, ["account_id", "as_of"]).order_by("account_id").to_pandas()
    table, families = as_indicators(rows, known)
    return indicators(rows["won"] == 1, rows["won"] == 0, table, families)


def as_indicators(rows: "pd.DataFrame", features: "Sequence[Feature]") -> "tuple[pd.DataFrame, dict[str, str]]":
    """Features as columns of 0, 1 and null, and the family of each column. Logarithms are bands of what they are taken of."""
    import numpy as np
    import pandas as pd

    from models.indicators import bands, levels

    pieces: list[pd.DataFrame] = []
    families: dict[str, str] = {}
    for feature in features:
        values = rows[feature.name]
        if feature.kind == "category":
            piece = levels(values)
        elif feature.kind == "flag" or feature.name.startswith("intent:"):
            piece = (values > 0).astype(float).where(values.notna()).to_frame()
        else:
            shown = np.expm1(values).rename(feature.logarithm_of) if feature.logarithm_of else values
            piece = bands(shown, round_edges(shown))
        pieces.append(piece)
        families |= dict.fromkeys(piece.columns, feature.family)
    return (pd.concat(pieces, axis=1) if pieces else pd.DataFrame(index=rows.index)), families


def round_edges(values: "pd.Series") -> list[float]:
    """The quarters of these values as numbers that people would choose, without those that would leave a band empty."""
    quarters = [float(f"{quarter:.{EDGE_DIGITS}g}") for quarter in values.quantile(list(QUARTERS)).dropna()]
    return sorted({edge for edge in quarters if values.min() < edge <= values.max()})
