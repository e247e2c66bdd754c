"""`indicators`: what sets the winners apart, and what the plan could make of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, print_json


def add_commands(app: typer.Typer) -> None:
    """Register this module's command with the application."""
    app.command()(indicators)


def indicators(
    every: Annotated[bool, typer.Option("--all", help="Those that chance may explain too.")] = False,
    family: Annotated[
        Literal["firmographic", "technographic", "intent"] | None, typer.Option("--family", help="Only those of one family.")
    ] = None,
    recommend: Annotated[
        bool, typer.Option("--recommend", help="Work out what to change in the plan, on today's inputs; takes some seconds.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write the indicators as .csv, .parquet or .xlsx.")
    ] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Lift, coverage and significance of every firmographic band, technology and topic, and what the plan could use."""
    from lastword import findings, recommendations
    from lastword.runner import run_stages
    from lastword.terminal import StageLines

    opened = open_project(project)
    findings.find(opened, family)  # before any work, so that a refusal comes at once
    if recommend:
        with StageLines() as listener:
            run_stages(opened, "recommend", datetime.now(UTC), listener=listener)
    found = findings.find(opened, family)
    if export:
        from overrides.spreadsheet import write_table

        write_table(found.indicators, export, sheet="indicators")
    if json:
        print_json(found.as_json())
    elif export:
        typer.echo(f"{len(found.indicators):,} indicators are in {export}")
    else:
        findings.print_findings(found, every)
        recommendations.print_recommendations(opened, found.recommendations)
