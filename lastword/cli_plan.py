"""`lastword plan`: versions of the plan in the store, and plan.toml as their readable form."""

import getpass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lastword.cli_options import JsonOption, NoteOption, ProjectOption, open_project, parse_date, print_json

if TYPE_CHECKING:
    from overrides.plan_versions import Adoption, StoredPlan
    from overrides.scenarios import Scenario

app = typer.Typer(help="Keep versions of the plan, compare them, and adopt one.", no_args_is_help=True)

ByOption = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who does it. Default: the user of this computer.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over a plan.toml that no version holds.")]
ANY_DAY = "any day"


def add_commands(application: typer.Typer) -> None:
    """Register `whatif` with the application."""
    application.command()(whatif)


def whatif(
    plan: Annotated[Path, typer.Option("--plan", metavar="FILE", help="Another plan, written as plan.toml is.")],
    moves: Annotated[
        Path | None, typer.Option("--moves", metavar="FILE", help="Write who would move as .csv, .parquet or .xlsx.")
    ] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Who would move under another plan, and what else it would change, before it is adopted."""
    from lastword import plan_trial

    opened = open_project(project)
    tried = plan_trial.try_plan(opened, plan, _now())
    if moves:
        from overrides.spreadsheet import write_table

        write_table(tried.found.moves, moves, sheet="moves")
    if json:
        print_json(tried.as_json())
        return
    plan_trial.print_trial(tried)
    if moves:
        typer.echo(f"{len(tried.found.moves):,} accounts that would move are in {moves}")


@app.command("list")
def list_versions(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Every version, newest first, and which is adopted."""
    from overrides.plan_versions import adopted, versions
    from overrides.store import open_store

    open_store(open_project(project).store_url)
    current, known = adopted(_now()), versions()
    if json:
        print_json([version_json(each, current) for each in known])
    elif known:
        _print_versions(known, current)
    else:
        typer.echo("No plan version is stored yet: lastword plan push")


@app.command("scenarios")
def list_scenarios(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Every scenario, the newest change first."""
    from overrides.scenarios import scenarios
    from overrides.store import open_store

    open_store(open_project(project).store_url)
    known = scenarios()
    if json:
        print_json([_scenario_json(each) for each in known])
    elif known:
        _print_scenarios(known)
    else:
        typer.echo("There is no scenario yet: the review application makes them (lastword web, Plan)")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="VERSION|SCENARIO", help="A version, or else an open scenario.")],
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Print the plan.toml of a version, or of an open scenario."""
    from overrides.scenarios import named_text
    from overrides.store import open_store

    open_store(open_project(project).store_url)
    kind, text = named_text(name)
    if json:
        print_json({"kind": kind, "name": name, "plan": text})
    else:
        typer.echo(text, nl=False)


@app.command()
def push(
    note: NoteOption = "",
    by: ByOption = None,
    effective_from: Annotated[
        date | None, typer.Option("--effective-from", metavar="DATE", parser=parse_date, help="The first day it is made for.")
    ] = None,
    effective_to: Annotated[
        date | None, typer.Option("--effective-to", metavar="DATE", parser=parse_date, help="The last day it is made for.")
    ] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Store plan.toml as a version. One that is stored already stays as it is."""
    from lastword import plan_files

    moment = _now()
    stored = plan_files.push(open_project(project), by or getpass.getuser(), note, moment, effective_from, effective_to)
    if json:
        print_json({**version_json(stored, None), "stored_now": stored.made_at == moment})
    elif stored.made_at == moment:
        typer.echo(f"Version {stored.version} is stored. Adopt it with: lastword plan adopt {_quoted(stored.version)}")
    else:
        typer.echo(f"plan.toml is version {stored.version}, stored by {stored.author} on {stored.made_at:%Y-%m-%d}")


@app.command()
def pull(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]", help="Default: the adopted one.")] = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write plan.toml from a version, comments and all."""
    from lastword import plan_files

    stored = plan_files.pull(open_project(project), version, force, _now())
    if json:
        print_json(version_json(stored, None))
    else:
        typer.echo(f"plan.toml is version {stored.version} by {stored.author} of {stored.made_at:%Y-%m-%d}")


@app.command()
def diff(
    before: Annotated[str | None, typer.Argument(metavar="[A]", help="A version or a file. Default: the adopted one.")] = None,
    after: Annotated[str | None, typer.Argument(metavar="[B]", help="Another one. Default: plan.toml.")] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """What B says otherwise than A, in words."""
    from lastword import plan_files

    found = plan_files.compare(open_project(project), before, after, _now())
    if json:
        print_json({"before": found.before, "after": found.after, "differences": list(found.differences)})
    elif found.differences:
        typer.echo(f"{found.after}, where it differs from {found.before}:")
        for said in found.differences:
            typer.echo(f"  {said}")
    else:
        typer.echo(f"{found.after} and {found.before} say the same")


@app.command()
def adopt(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="One of `lastword plan list`.")],
    note: NoteOption = "",
    by: ByOption = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Make a version the plan to use, and write plan.toml from it. The next scoring goes by it."""
    from lastword import plan_files

    moment = _now()
    made = plan_files.adopt(open_project(project), version, by or getpass.getuser(), note, force, moment)
    if json:
        print_json({**version_json(made.plan, made), "adopted_now": made.made_at == moment})
    elif made.made_at == moment:
        typer.echo(f"Version {made.plan.version} is adopted and in plan.toml. To score by it: lastword score")
    else:
        typer.echo(f"Version {made.plan.version} is in plan.toml; {made.by} adopted it on {made.made_at:%Y-%m-%d}")


def version_json(stored: "StoredPlan", current: "Adoption | None") -> dict[str, Any]:
    """A version as --json prints it; adopted_by and adopted_at are null unless it is the adopted one."""
    adopted = current if current is not None and current.plan.version_id == stored.version_id else None
    return {
        "version_id": stored.version_id,
        "version": stored.version,
        "fingerprint": stored.fingerprint,
        "author": stored.author,
        "note": stored.note,
        "made_at": f"{stored.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "effective_from": None if stored.effective_from is None else stored.effective_from.isoformat(),
        "effective_to": None if stored.effective_to is None else stored.effective_to.isoformat(),
        "adopted_by": None if adopted is None else adopted.by,
        "adopted_at": None if adopted is None else f"{adopted.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _scenario_json(scenario: "Scenario") -> dict[str, Any]:
    """A scenario as --json prints it, without its text: `plan show` has that."""
    record = {name: value for name, value in vars(scenario).items() if name != "text"}
    times = {name: f"{record[name].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name in ("made_at", "changed_at")}
    return record | times


def _print_scenarios(known: "tuple[Scenario, ...]") -> None:
    from lastword.summary import output_console, plain_table

    names = ("id", "scenario", "state", "based on", "revision", "changed", "by", "note")
    table = plain_table("", *((name, "right" if name in ("id", "revision") else "left") for name in names))
    for each in known:
        cells = (each.name, each.state, each.based_on, str(each.revision), f"{each.changed_at:%Y-%m-%d %H:%M}")
        table.add_row(str(each.scenario_id), *cells, each.changed_by, each.note)
    output_console().print(table)


def _print_versions(known: "tuple[StoredPlan, ...]", current: "Adoption | None") -> None:
    from lastword.summary import output_console, plain_table

    names = ("version", "made", "by", "effective", "adopted", "note")
    table = plain_table("", *((name, "left") for name in names))
    for each in known:
        dates = f"{each.effective_from or ANY_DAY} to {each.effective_to or ANY_DAY}"
        here = current is not None and current.plan.version_id == each.version_id
        adopted = f"by {current.by}, {current.made_at:%Y-%m-%d}" if here and current is not None else ""
        effective = dates if each.effective_from or each.effective_to else ANY_DAY
        table.add_row(each.version, f"{each.made_at:%Y-%m-%d %H:%M}", each.author, effective, adopted, each.note)
    output_console().print(table)


def _quoted(version: str) -> str:
    from shlex import quote

    return quote(version)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
