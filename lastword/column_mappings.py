"""Mappings of our columns to the names that they have elsewhere: what can be wrong with one."""

from collections.abc import Collection, Mapping

from lastword.contracts import INPUT_TABLES
from lastword.mistakes import Mistake, did_you_mean


def mapping_mistakes(table: str, mapping: Mapping[str, str]) -> list[Mistake]:
    """What is wrong with a mapping of our columns to a source's; only accounts take columns beyond the contract's."""
    if table not in INPUT_TABLES:
        return [Mistake((table,), f"no such input{nearest(table, INPUT_TABLES)}")]
    known = INPUT_TABLES[table].column_names
    return [
        Mistake((table, ours), f"{table} has no such column{nearest(ours, known)}")
        for ours in mapping
        if ours not in known and table != "accounts"
    ]


def nearest(found: str, known: Collection[str]) -> str:
    """What to write instead: the nearest known name, else all of them."""
    return did_you_mean(found, known) or f"; write one of {', '.join(known)}"
