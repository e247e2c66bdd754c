"""Which accounts are learnt from where there are more at-risk rows than fits and figures need.

Whole accounts are drawn, each with the same chance: a sample is then what a smaller list of the same kind would be, so that
every figure made of it (AUC, average precision, lift, rates, calibration, percentiles, cuts of grades) estimates that of all
rows without any weight, and what stays together in a split stays together. Keeping every winner and some of the others
would want a weight in each of those figures, and saves little here: of a million rows a thousand win even where only one in a
thousand does. In the fits alone rows without a win are drawn once more, by weight (`models.encoding.fitting_sample`).
"""

from dataclasses import dataclass, replace

import ibis

from features.build import Tables

MOST_LEARNT_ROWS = 1_000_000
"""At-risk rows that are learnt from and measured on: they are held in memory, with every feature."""

MOST_REFERENCE_ACCOUNTS = 250_000
"""Of today's accounts at risk: the standard error of a percentile among so many is 0.1 points at most."""

DIGITS = 8


@dataclass(frozen=True)
class Sample:
    """The accounts that are drawn: each with the chance `share`, by its id and the seed alone, whatever the order or engine."""

    share: float
    seed: int

    def of(self, table: ibis.Table) -> ibis.Table:
        """The rows of the accounts drawn, of a table with account_id."""
        if self.share >= 1:
            return table
        drawn = (table.account_id + f":{self.seed}").hexdigest("md5")
        return table.filter(drawn < f"{round(self.share * 16**DIGITS):0{DIGITS}x}")

    def of_histories(self, tables: Tables) -> Tables:
        """The tables with the technologies and signals of the accounts drawn alone.

        Of accounts stay those that name a parent too: how many siblings an account has is a fact about all of them.
        """
        if self.share >= 1:
            return tables
        drawn, accounts = self.of(tables.accounts).select("account_id"), tables.accounts
        accounts = accounts.filter(accounts.parent_account_id.notnull() | accounts.account_id.isin(drawn.account_id))
        long = {name: table for name in ("technographics", "intents") if (table := getattr(tables, name)) is not None}
        return replace(tables, accounts=accounts, **{name: table.semi_join(drawn, "account_id") for name, table in long.items()})


EVERYONE = Sample(1.0, 0)


def sample_of(rows: int, most: int, seed: int) -> Sample:
    """The sample that leaves about `most` of so many rows; all where there are no more."""
    return Sample(min(1.0, most / max(rows, 1)), seed)
