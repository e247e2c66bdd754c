"""Potential spend as people read it in a terminal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lastword.summary import number_text, output_console, plain_table, text

if TYPE_CHECKING:
    import pandas as pd

    from overrides.spend_entries import SpendLine


def entered(line: "SpendLine") -> str:
    """What somebody entered, in words."""
    if line.amount is None:
        return "took back"
    return f"{line.amount:,.0f} a year" if line.kind == "value" else f"growth of {line.amount:+.1%}"


def print_history(account: str, lines: "Sequence[SpendLine]", posted: dict[str, Any] | None) -> None:
    """A row per entry, and below them what the current run goes by."""
    table = plain_table(f"Potential spend of {account}", *((name, "left") for name in ("made", "entered", "by")), ("why", "wrap"))
    for line in lines:
        why = "; ".join(part for part in (line.reason, line.note) if part)
        table.add_row(f"{line.made_at:%Y-%m-%d %H:%M}", entered(line), line.by, why)
    console = output_console()
    if lines:
        console.print(table)
    else:
        console.print(f"Nothing was entered on {account}.")
    if posted is not None:
        amount = number_text(posted["potential_spend"], ",.0f") or "none"
        console.print(f"Posted by the current run: {amount} ({text(posted['spend_method']) or 'no method'}): {posted['reason']}")


def print_standing(rows: "Iterable[dict[str, Any]]") -> None:
    """A row per account on which an entry stands."""
    columns = ("account", "left"), ("kind", "left"), ("amount", "right"), ("by", "left"), ("made", "left"), ("why", "wrap")
    table = plain_table("Entered potential spend", *columns)
    for row in rows:
        amount = f"{row['amount']:,.0f}" if row["kind"] == "value" else f"{row['amount']:+.1%}"
        table.add_row(row["account_id"], row["kind"], amount, row["by"], f"{row['made_at']:%Y-%m-%d %H:%M}", row["reason"])
    output_console().print(table)


def print_metrics(metrics: "pd.DataFrame") -> None:
    """A row per metric, the closest first."""
    columns = ("metric", "left"), ("accounts", "right"), ("Pearson", "right"), ("Spearman", "right"), ("per unit", "right")
    table = plain_table("Spend and metrics, over the active accounts", *columns, ("usable", "wrap"))
    for row in metrics.to_dict("records"):
        figures = (number_text(row["pearson"], ".2f"), number_text(row["spearman"], ".2f"), number_text(row["ratio"], ",.4g"))
        table.add_row(row["metric"], f"{row['accounts']:,}", *figures, text(row["refused_because"]) or "yes")
    output_console().print(table)
