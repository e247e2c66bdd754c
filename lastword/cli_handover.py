"""`lastword handover`: the published run as one package for territory and quota planning."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, print_json


def handover(
    target: Annotated[Path, typer.Argument(metavar="DIR|FILE.zip", help="Where to: a new folder, or a .zip.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a package of another run.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write the published run as a package: accounts, totals, a workbook, a summary, checksums."""
    from lastword.handover import hand_over

    made = hand_over(open_project(project), target.absolute(), datetime.now(UTC), force=force)
    if json:
        print_json({"package": str(target), **made.manifest})
    else:
        rows = made.manifest["files"]["accounts.csv"]["rows"]
        files = ", ".join(made.manifest["files"])
        typer.echo(f"{target} holds {rows:,} accounts of run {made.manifest['run_id']}: {files} and manifest.json")


def add_commands(app: typer.Typer) -> None:
    """Register this module's commands with the application."""
    app.command()(handover)
