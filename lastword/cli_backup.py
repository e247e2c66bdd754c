"""`lastword backup` and `lastword restore`: what people decided, and what the program made, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, print_json


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; a new file, as lastword-2026-11-23.tar.gz.")],
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write store, runs, models and settings into one file. The application may go on meanwhile."""
    from lastword.backup import back_up

    made = back_up(open_project(project), file.absolute())
    if json:
        print_json({"file": str(file), "bytes": made.size_bytes, "parts": made.parts})
    else:
        typer.echo(f"{file} holds {', '.join(made.parts)} ({made.size_bytes / 1e6:,.1f} MB)")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One that `lastword backup` wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or a project without runs or store.")],
    json: JsonOption = False,
) -> None:
    """Bring a backup back. Nothing is ever written over."""
    from lastword.backup import restore as bring_back

    project = bring_back(file, folder.absolute())
    if json:
        print_json({"project": str(project.folder)})
    else:
        typer.echo(f"The project is back in {folder}. The inputs aren't part of a backup: see [inputs] in lastword.toml")


def add_commands(app: typer.Typer) -> None:
    """`backup` and `restore` on the command line."""
    app.command()(backup)
    app.command()(restore)
