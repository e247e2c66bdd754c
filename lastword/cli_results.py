"""`queue`, `explain` and `export`: reading the final table."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lastword.cli_options import AccountArgument, JsonOption, ProjectOption, open_project, parse_one_of, print_json

if TYPE_CHECKING:
    from overrides.queue import Order

ORDERS: "dict[str, Order]" = {"gain": "value_of_information", "disparity": "disparity"}
REASONS = ("disparity", "audit", "stale", "redundant")


def add_commands(app: typer.Typer) -> None:
    """Register this module's commands with the application."""
    for command in (queue, explain, export):
        app.command()(command)


def queue(
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write it as .csv, .parquet or .xlsx.")] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="ORDER", parser=parse_one_of(*ORDERS), help="gain or disparity. Default: [disparity] order."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="WHY", help=f"Only: {', '.join(REASONS)}, or a trigger's name.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N.")] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """The review queue, what a look is worth most first: where the plan and the model part."""
    from lastword import results, summary
    from overrides.spreadsheet import write_table

    opened = open_project(project)
    if reason:
        parse_one_of(*REASONS, *(trigger.name for trigger in opened.settings.triggers))(reason)
    waiting = results.review_queue(opened, ORDERS[by] if by else None)
    if reason:
        waiting = waiting[waiting["queue_reason"] == reason]
    accounts = results.with_why(opened, waiting.head(limit) if limit else waiting)
    if export:
        write_table(accounts, export, sheet="review_queue")
    if json:
        print_json(results.records(accounts))
    elif export:
        typer.echo(f"{len(accounts):,} accounts under review are in {export}")
    else:
        head = f"the first {limit:,} of " if limit and limit < len(waiting) else ""
        title = f"Review queue: {head}{len(waiting):,} accounts{f' ({reason})' if reason else ''}"
        summary.print_queue(summary.output_console(), accounts, title)


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
