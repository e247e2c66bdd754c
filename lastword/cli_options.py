"""Options that several commands share, and what every command does with them."""

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lastword.contracts import GRADES

if TYPE_CHECKING:
    from lastword.project import Project


def parse_date(text: str) -> date:
    """A date as YYYY-MM-DD; a usage error otherwise."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is not a date; write it as YYYY-MM-DD, as in 2027-03-31") from error


def parse_grade(text: str) -> str:
    """One of the five grades, in either case; a usage error otherwise."""
    if text.upper() not in GRADES:
        raise typer.BadParameter(f"'{text}' is not a grade; give one of {', '.join(GRADES)}")
    return text.upper()


def parse_one_of(*choices: str) -> Callable[[str], str]:
    """A parser of one of these words; a usage error otherwise."""

    def parse(text: str) -> str:
        if text not in choices:
            raise typer.BadParameter(f"'{text}' is not one of {', '.join(choices)}")
        return text

    return parse


ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project folder; else this one or its parents.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
PrefectOption = Annotated[
    bool, typer.Option("--prefect", help="Run as a Prefect flow (so it is whenever PREFECT_API_URL is set).")
]
ProfileOption = Annotated[bool, typer.Option("--profile", help="Say what each stage took: time, processors, memory.")]
TuneOption = Annotated[
    float | None,
    typer.Option("--tune", metavar="MINUTES", min=0, max=1_440, help="Search better tree parameters for so long (Optuna)."),
]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account_id, exactly as in the inputs.")]
ByOption = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who decides. Default: the user of this computer.")]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in your own words.")]


def open_project(folder: Path | None) -> "Project":
    """The project of --project, else of the current folder or its parents."""
    from lastword.project import find_project

    return find_project(folder)


def print_json(result: Any) -> None:
    """Write a result on standard output. Dates and paths become text."""
    sys.stdout.write(json.dumps(result, indent=2, ensure_ascii=False, default=str, allow_nan=False) + "\n")
