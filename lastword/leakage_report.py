"""What a blocked training tells on the terminal: every finding of the leakage gate, and where its report is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expectations.leakage import headline, leakage_rows
from lastword import summary
from lastword.errors import Refusal

if TYPE_CHECKING:
    from rich.table import Table

    from lastword.project import Project


def print_if_blocked(project: "Project", refusal: Refusal) -> None:
    """Where the leakage gate refused, a table of all it found, on standard output; else nothing."""
    from models.findings import LeakageRefusal

    if isinstance(refusal, LeakageRefusal):
        console = summary.output_console()
        console.print(leakage_table(refusal.report.to_json()))
        console.print(f"Report      {summary.shown_path(project.docs_folder / 'validation.html')}", soft_wrap=True)


def leakage_table(found: Mapping[str, Any]) -> "Table":
    """A row per finding: outcome, column, rule, figure, limit, what to do."""
    columns = (("outcome", "left"), ("column", "left"), ("rule", "left"), ("figure", "right"), ("limit", "right"))
    table = summary.plain_table(f"Leakage gate: {headline(found)}", *columns, ("what to do", "wrap"))
    for row in leakage_rows(found):
        table.add_row(*(row[name] for name, _ in columns), row["advice"])
    return table
