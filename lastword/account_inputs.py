"""What the inputs say of each account, kept with the run that scored it: its signals, its technologies, its family, the plan.

Kept because inputs change and go; sorted, so that one account of a million is found by reading a small part of a file.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP, rows_where

if TYPE_CHECKING:
    from features.build import Tables

SIGNALS, TECHNOLOGIES, FAMILIES, PLAN = "signals.parquet", "technologies.parquet", "families.parquet", "plan.toml"
PRODUCTS = "products.parquet"
MOST_RELATIVES = 200
"""Children, and siblings, of one account that are looked at."""

_SIGNAL = ("topic", "observed_on", "strength")
_TECHNOLOGY = ("technology", "category", "first_seen", "last_seen")


@dataclass(frozen=True)
class Signal:
    """One intent signal: `strength` from 0 to 100."""

    topic: str
    observed_on: date
    strength: float


@dataclass(frozen=True)
class Technology:
    """One technology that an account was seen with; None where not given."""

    technology: str
    category: str | None
    first_seen: date | None
    last_seen: date | None


@dataclass(frozen=True)
class Relatives:
    """The ids of an account's family: the parent that it names (None: none), who names the same, and who names this account.

    `more` says that there are further ones than the MOST_RELATIVES of each that are listed.
    """

    parent: str | None = None
    siblings: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    more: bool = False


def keep_inputs(run: Run, tables: "Tables") -> None:
    """Write signals, technologies, products and families (.parquet) as far as a project gives them, and the plan as it is."""
    if tables.intents is not None:
        known = tables.intents.select("account_id", *_SIGNAL)
        _write(known.order_by(["account_id", "observed_on", "topic", "strength"]), run.folder / SIGNALS)
    if tables.technographics is not None:
        known = tables.technographics.select("account_id", *_TECHNOLOGY)
        _write(known.order_by(["account_id", "technology"]), run.folder / TECHNOLOGIES)
    if tables.products is not None:
        owned = tables.products.select("account_id", "product").distinct()
        _write(owned.order_by(["account_id", "product"]), run.folder / PRODUCTS)
    accounts = tables.accounts.select("account_id", "parent_account_id")
    named = accounts.filter(accounts.parent_account_id.notnull() & (accounts.parent_account_id != accounts.account_id))
    _write(named.order_by(["parent_account_id", "account_id"]), run.folder / FAMILIES)
    shutil.copyfile(run.project.plan_path, run.folder / PLAN)


def signals_of(folder: Path, account_id: str) -> tuple[Signal, ...] | None:
    """The signals of an account, oldest first; None where the run kept none, or the project gives none."""
    rows = _rows(folder / SIGNALS, "account_id", account_id, _SIGNAL)
    return None if rows is None else tuple(Signal(**row) for row in rows)


def technologies_of(folder: Path, account_id: str) -> tuple[Technology, ...] | None:
    """The technologies of an account by name; None where the run kept none, or the project gives none."""
    rows = _rows(folder / TECHNOLOGIES, "account_id", account_id, _TECHNOLOGY)
    return None if rows is None else tuple(Technology(**row) for row in rows)


def relatives_of(folder: Path, account_id: str) -> Relatives | None:
    """The family of an account, as its own row and those of others name it; None where the run kept none."""
    path = folder / FAMILIES
    if not path.exists():
        return None
    own = _rows(path, "account_id", account_id, ("parent_account_id",)) or []
    parent = own[0]["parent_account_id"] if own else None
    children = _children(path, account_id)
    siblings = [] if parent is None else [each for each in _children(path, parent) if each != account_id]
    more = len(children) > MOST_RELATIVES or len(siblings) > MOST_RELATIVES
    return Relatives(parent, tuple(siblings[:MOST_RELATIVES]), tuple(children[:MOST_RELATIVES]), more)


def _write(rows: Any, path: Path) -> None:
    from features.engine import write

    write(rows, path, ROWS_PER_GROUP)


def _children(path: Path, account_id: str) -> list[str]:
    """One more than are looked at, and the account that asks for its siblings."""
    rows = _rows(path, "parent_account_id", account_id, ("account_id",), MOST_RELATIVES + 2) or []
    return [row["account_id"] for row in rows]


def _rows(path: Path, column: str, value: str, columns: Sequence[str], at_most: int | None = None) -> list[dict[str, Any]] | None:
    """Rows in the file's order; only the groups of rows that can hold the value are read. None where there is no such file."""
    if not path.exists():
        return None
    found: list[dict[str, Any]] = rows_where(path, column, [value], columns, at_most).to_pylist()
    return found
