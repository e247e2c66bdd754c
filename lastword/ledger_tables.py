"""The override ledger as people read it in a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lastword.summary import output_console, plain_table

if TYPE_CHECKING:
    import pandas as pd

    from overrides.imports import ImportRow
    from overrides.proposals import Proposed


def print_in_force(in_force: "pd.DataFrame") -> None:
    """A row per override in force."""
    table = plain_table(
        f"Overrides in force: {len(in_force):,}",
        *((name, "left") for name in ("account", "grade", "reason", "by", "made", "until")),
    )
    for row in in_force.to_dict("records"):
        made, until = f"{row['made_at']:%Y-%m-%d %H:%M}", f"{row['expires_on']:%Y-%m-%d}"
        table.add_row(row["account_id"], row["grade"], row["reason"], row["by"], made, until)
    output_console().print(table)


def print_history(account: str, entries: Iterable[dict[str, str | None]]) -> None:
    """A row per entry, oldest first."""
    columns = {
        "made": "made_at",
        "action": "action",
        "grade": "grade",
        "reason": "reason",
        "by": "by",
        "until": "expires_on",
        "note": "note",
    }
    table = plain_table(f"Decisions on {account}", *((name, "left") for name in columns))
    for entry in entries:
        table.add_row(*(entry[field] or "" for field in columns.values()))
    output_console().print(table)


def print_waiting(proposals: "Sequence[Proposed]") -> None:
    """A row per move that waits for a second person."""
    columns = (("id", "right"), ("account", "left"), ("move", "left"), ("steps", "right"))
    rest = (("reason", "left"), ("by", "left"), ("made", "left"), ("note", "wrap"))
    table = plain_table(f"Moves that wait for a second person: {len(proposals):,}", *columns, *rest)
    for each in proposals:
        move, made = f"{each.policy_grade or 'none'} to {each.grade}", f"{each.made_at:%Y-%m-%d %H:%M}"
        cells = (str(each.proposal_id), each.account_id, move, str(each.steps), each.reason, each.by, made, each.note)
        table.add_row(*cells)
    output_console().print(table)


def print_import(rows: "Sequence[ImportRow]", dry_run: bool) -> None:
    """What an import did or would do: how many rows of each outcome, and every row that is not without effect."""
    console = output_console()
    effective = [row for row in rows if row.outcome != "unchanged"]
    if effective:
        table = plain_table("", ("line", "right"), ("account", "left"), ("outcome", "left"), ("what", "wrap"))
        for row in effective:
            table.add_row(str(row.line), row.account_id, row.outcome, row.said)
        console.print(table)
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in Counter(row.outcome for row in rows).items())
    done = "nothing was changed (dry run)" if dry_run else "recorded"
    console.print(f"{len(rows):,} rows: {counts or 'nothing in the file'}; {done}")
