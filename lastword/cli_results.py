"""`queue`, `explain` and `export`: reading the final table."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lastword.cli_options import AccountArgument, JsonOption, ProjectOption, open_project, print_json


def add_commands(app: typer.Typer) -> None:
    """Register this module's commands with the application."""
    for command in (queue, explain, export):
        app.command()(command)


def queue(
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write it as .csv, .parquet or .xlsx.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N.")] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """The review queue, worst first: where the plan and the model part."""
    from lastword import results, summary
    from overrides.spreadsheet import write_table

    opened = open_project(project)
    accounts = results.with_why(opened, results.review_queue(results.final_scores(opened), limit))
    if export:
        write_table(accounts, export, sheet="review_queue")
    if json:
        print_json(results.records(accounts))
    elif export:
        typer.echo(f"{len(accounts):,} accounts under review are in {export}")
    else:
        summary.print_queue(summary.output_console(), accounts, f"Review queue: {len(accounts):,} accounts")


def explain(account: AccountArgument, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Plan points and model reasons side by side, what makes the difference, and who decided."""
    from lastword import explanation

    found = explanation.explain_account(open_project(project), account, datetime.now(UTC))
    if json:
        print_json(found.as_json())
    else:
        explanation.print_explanation(found)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its suffix decides: .csv, .parquet or .xlsx.")],
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write the final table as it is now, overrides included."""
    from lastword import results
    from overrides.spreadsheet import write_table

    final = results.final_scores(open_project(project))
    write_table(final, file)
    if json:
        print_json({"file": str(file), "accounts": len(final)})
    else:
        typer.echo(f"{len(final):,} accounts are in {file}")
