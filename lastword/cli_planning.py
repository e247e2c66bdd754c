"""`tiers`, `agreement`, `customers` and `capacity`: what planners take from the scores."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, print_json

ExportOption = Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write it as .csv, .parquet or .xlsx.")]


def add_commands(app: typer.Typer) -> None:
    """Register this module's commands with the application."""
    for command in (tiers, agreement, customers, capacity):
        app.command()(command)


def tiers(export: ExportOption = None, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Fit and value, and which customers carry the sales of their territory (A, B, C)."""
    from lastword import planning_results, planning_tables, results
    from overrides.spreadsheet import write_table

    found = planning_results.tiers(open_project(project))
    if export:
        write_table(found.accounts, export, sheet="tiers")
    if json:
        tables = {"quadrants": found.quadrants, "territories": found.territories, "accounts": found.accounts}
        print_json({name: results.records(table) for name, table in tables.items()})
    elif export:
        typer.echo(f"{len(found.accounts):,} accounts are in {export}")
    else:
        planning_tables.print_tiers(found)


def agreement(
    first: Annotated[str, typer.Argument(metavar="[FIRST]", help="plan, model, final, or a .csv or .xlsx of grades.")] = "plan",
    second: Annotated[str, typer.Argument(metavar="[SECOND]", help="Likewise.")] = "model",
    export: ExportOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """How far two lists of grades agree, and where they differ."""
    from lastword import planning_results, planning_tables, results
    from overrides.spreadsheet import write_table

    found = planning_results.lists_compared(open_project(project), first, second)
    if export:
        write_table(found.differences, export, sheet="differences")
    if json:
        figures = {name: getattr(found, name) for name in ("accounts", "same", "kappa", "reached", "only_first", "only_second")}
        print_json({"first": first, "second": second, **figures, "differences": results.records(found.differences)})
    elif export:
        typer.echo(f"{len(found.differences):,} differences are in {export}")
    else:
        planning_tables.print_agreement(found, first, second)


def customers(export: ExportOption = None, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Where customers stand: stage, health, whitespace by product and in money, and what that asks for."""
    from lastword import planning_results, planning_tables, results
    from overrides.spreadsheet import write_table

    opened = open_project(project)
    found = planning_results.customers(opened)
    if export:
        write_table(found, export, sheet="customers")
    if json:
        print_json(results.records(found))
    elif export:
        typer.echo(f"{len(found):,} customers are in {export}")
    else:
        from lastword.planning.customers import not_given

        planning_tables.print_customers(found, not_given(opened.settings.customers))


def capacity(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Sellers needed against sellers there are, what fits, and how many accounts change tier."""
    from lastword import planning_results, planning_tables, results

    opened = open_project(project)
    found = planning_results.staffing(opened)
    if json:
        churn = None if found.churn is None else asdict(found.churn)
        print_json({"roles": results.records(found.roles), "unassigned": found.unassigned, "churn": churn})
    else:
        planning_tables.print_staffing(found, opened.settings.currency)
