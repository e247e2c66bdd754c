"""`lastword model`: the versions there are, which of them serves, and the way back."""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lastword.cli_options import ByOption, JsonOption, NoteOption, ProjectOption, open_project, print_json

if TYPE_CHECKING:
    from lastword.serving_history import Moved

app = typer.Typer(help="See the trained versions, let another one serve, go back.", no_args_is_help=True)

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="A number of `lastword model list`.")]


@app.command(name="list")
def list_versions(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Every version trained, newest first: its figures, and whether it serves or why not."""
    opened = open_project(project)
    from lastword.serving_history import listed

    found = listed(opened)
    if json:
        print_json({"name": opened.settings.mlflow.model_name, "versions": found})
    elif found:
        _print_versions(opened.settings.mlflow.model_name, found)
    else:
        typer.echo("No model was trained yet: lastword train")


@app.command()
def promote(
    version: VersionArgument,
    note: NoteOption = "",
    override_guard: Annotated[
        str | None,
        typer.Option("--override-guard", metavar="REASON", help="Why it should serve although the guard refused it."),
    ] = None,
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Let a version serve. One that was refused at training needs a reason."""
    opened = open_project(project)
    from lastword.serving_history import promote_version

    moved = promote_version(opened, version, _author(by), note, override_guard, _now())
    _show(moved, json, f"Version {moved.version} serves" + (f"; until now version {moved.before} did." if moved.before else "."))


@app.command()
def rollback(note: NoteOption = "", by: ByOption = None, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Let the version serve again that served before."""
    opened = open_project(project)
    from lastword.serving_history import roll_back

    moved = roll_back(opened, _author(by), note, _now())
    _show(moved, json, f"Version {moved.version} serves again, as before version {moved.before}.")


def _show(moved: "Moved", json: bool, said: str) -> None:
    if json:
        print_json({"version": moved.version, "before": moved.before, "remarks": list(moved.remarks)})
        return
    for line in (said, *moved.remarks, "The published scores are still the old ones: `lastword score` makes its scores current."):
        typer.echo(line)


def _print_versions(name: str, found: list[dict[str, Any]]) -> None:
    from lastword.summary import number_text, output_console, plain_table

    right = ((column, "right") for column in ("AUC", "plan's", "lift of 15 %", "plan's "))
    table = plain_table(
        f"Versions of {name}",
        *(("version", "right"), ("trained", "left"), ("by", "left"), ("mode", "left")),
        *(*right, ("alias", "left"), ("why", "wrap")),
    )
    for each in found:
        figures = each["figures"]
        numbers = [(figures.get(key), ".3f") for key in ("auc", "plan_auc")]
        numbers += [(figures.get(key), ".2f") for key in ("lift_at_15", "plan_lift_at_15")]
        cells = [each["version"], each["trained_at"][:16].replace("T", " "), _origin(each), each["mode"] or ""]
        cells += [number_text(value, form) for value, form in numbers]
        table.add_row(*cells, ", ".join(each["aliases"]), _why(each))
    output_console().print(table)


def _origin(each: dict[str, Any]) -> str:
    return f"{each['by'] or ''} ({(each['command'] or '').removeprefix('lastword ').removeprefix('lastword.')})"


def _why(each: dict[str, Any]) -> str:
    """What was decided last on a version, and by whom."""
    if each["rolled_back_at"] and each["rolled_back_at"] >= (each["promoted_at"] or ""):
        return f"taken back by {each['rolled_back_by']} on {each['rolled_back_at'][:10]}{_noted(each['rolled_back_note'])}"
    if each["promoted_how"] == "training":
        return "promoted when it was trained"
    if each["promoted_at"]:
        overruled = f"; the guard overruled: {each['guard_overridden']}" if each["guard_overridden"] else ""
        how = "brought back" if each["promoted_how"] == "rollback" else "promoted"
        return f"{how} by {each['promoted_by']} on {each['promoted_at'][:10]}{_noted(each['promoted_note'])}{overruled}"
    refused = each["guard_refuses"]
    return f"the guard refuses: {refused}" if refused else "not promoted; the guard allows it"


def _noted(note: str | None) -> str:
    return f": {note}" if note else ""


def _author(by: str | None) -> str:
    """Who decides: --by, else the operating system's user."""
    return by if by is not None else getpass.getuser()


def _now() -> datetime:
    return datetime.now(UTC)
