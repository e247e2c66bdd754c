"""Which column of a source becomes which column of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from expectations.copies import Source
from lastword.contracts import Column, InputTable
from lastword.errors import InputError
from lastword.mistakes import did_you_mean, shown, wrong

CellKind = Literal["text", "number", "date", "flag", "as given"]
"""How a cell is read. `as given`: the type that the source has, which is text but for Parquet."""

FURTHER_KINDS: dict[str, CellKind] = {"numeric": "number", "category": "text", "flag": "flag"}
"""What `[features] columns.NAME.kind` says about a further column."""

SHOWN_HEADERS = 30


@dataclass(frozen=True)
class Given:
    """A column that a source gives: our name for it, its place in the source, and how its cells are read.

    `least` is the smallest number that makes sense, None where any does.
    """

    name: str
    position: int
    kind: CellKind
    required: bool = False
    least: float | None = None


def given_columns(table: InputTable, source: Source, mapping: Mapping[str, str], further: Mapping[str, str]) -> tuple[Given, ...]:
    """The columns that a source gives: the contract's in the contract's order, then, for accounts, its further ones.

    A column of the contract that isn't mapped is the source's column of that name, whatever its case. A further column
    keeps the source's own name unless that is taken: names that differ in case alone are one name to the engine.

    Parameters
    ----------
    table
        What is expected.
    source
        Whose headers are looked at.
    mapping
        Ours = theirs, as `[columns.TABLE]` has it; for accounts a further column may be renamed as well.
    further
        Kind (numeric, category, flag) of the further columns that `[features]` lists, by name.

    Raises
    ------
    Mistakes
        The mapping names a column that the source doesn't have, or `[features]` one that accounts doesn't.
    InputError
        A required column is neither there nor mapped.
    """
    positions = _positions(table, source, mapping)
    columns = [_of_contract(column, positions[column.name]) for column in table.columns if column.name in positions]
    _check_required(table, source, positions)
    if table.name != "accounts":
        return tuple(columns)
    taken = {column.name.casefold() for column in columns}
    renamed = [(name, at) for name, at in positions.items() if name not in table.column_names]
    for name, position in [*renamed, *((header, at) for at, header in enumerate(source.headers))]:
        if name.casefold() not in taken:
            taken.add(name.casefold())
            columns.append(Given(name, position, FURTHER_KINDS[further[name]] if name in further else "as given"))
    _check_further(source, [column.name for column in columns], further)
    return tuple(columns)


def _positions(table: InputTable, source: Source, mapping: Mapping[str, str]) -> dict[str, int]:
    """Where in the source each of our columns is: as mapped, else by its own name."""
    at = {header: position for position, header in enumerate(source.headers)}
    folded = {header.casefold(): position for header, position in at.items()}
    positions = {name: folded[name] for name in table.column_names if name in folded}
    for ours, theirs in mapping.items():
        if theirs.strip() not in at:
            nearest = did_you_mean(theirs, source.headers, quote=True)
            text = f"{source.label} has no column {shown(theirs)}{nearest}; its columns are {_listed(source)}"
            raise wrong(text, "columns", table.name, ours)
        positions[ours] = at[theirs.strip()]
    return positions


def _of_contract(column: Column, position: int) -> Given:
    return Given(column.name, position, column.kind, column.required, column.least)


def _check_required(table: InputTable, source: Source, positions: Mapping[str, int]) -> None:
    absent = [column.name for column in table.columns if column.required and column.name not in positions]
    if not absent:
        return
    advice = f'write {absent[0]} = "THEIR NAME" under [columns.{table.name}] in lastword.toml'
    if len(source.headers) == 1:
        advice += f', or the right delimiter: {table.name} = {{ path = "{source.label}", delimiter = ";" }} under [inputs]'
    lacking = f"{table.name}: {source.label} lacks the required column {' and '.join(absent)}"
    raise InputError(f"{lacking}; its columns are {_listed(source)}; {advice}")


def _check_further(source: Source, names: list[str], further: Mapping[str, str]) -> None:
    for name in further:
        if name not in names:
            nearest = did_you_mean(name, names, quote=True)
            text = f"{source.label} has no column {shown(name)}{nearest}; list columns of accounts alone"
            raise wrong(text, "features", "columns", name)


def _listed(source: Source) -> str:
    more = len(source.headers) - SHOWN_HEADERS
    return ", ".join(source.headers[:SHOWN_HEADERS]) + (f" and {more} more" if more > 0 else "")
