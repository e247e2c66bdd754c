"""`lastword override`: the ledger in which people have the last word."""

import getpass
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lastword.cli_options import (
    AccountArgument,
    ByOption,
    JsonOption,
    NoteOption,
    ProjectOption,
    open_project,
    parse_date,
    parse_grade,
    print_json,
)

if TYPE_CHECKING:
    from lastword.project import Project
    from overrides.ledger import Entry
    from overrides.proposals import Proposed

MOST_WAITING = 10_000

app = typer.Typer(help="Decide a grade, take it back, and see who decided what.", no_args_is_help=True)


@app.command()
def add(
    account: AccountArgument,
    grade: Annotated[str, typer.Option("--grade", metavar="G", parser=parse_grade, help="A, B, C, D or F.")],
    reason: Annotated[str, typer.Option("--reason", metavar="CODE", help="One of [overrides] reasons in lastword.toml.")],
    note: NoteOption = "",
    expires: Annotated[
        date | None, typer.Option("--expires", metavar="DATE", parser=parse_date, help="The last day it is in force.")
    ] = None,
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Give an account a final grade. It wins at once, under every policy; a long move waits for a second person."""
    opened = open_store_of(project)
    from overrides.reviewing import decide

    decided = decide(account, "grade", reason, note, author(by), now(), opened.settings, grade=grade, expires_on=expires)
    if decided.proposal is not None:
        _show_proposal(decided.proposal, json)
    elif decided.entry is not None:
        _show_entry(decided.entry, json)


def _show_proposal(proposal: "Proposed", json: bool) -> None:
    if json:
        print_json({"waiting": True, **proposal_json(proposal)})
        return
    move = f"from {proposal.policy_grade or 'no grade'} to {proposal.grade} is {proposal.steps} steps"
    typer.echo(f"{proposal.account_id}: {move}, so it waits for a second person; until then the final grade stays.")
    typer.echo(f"Another person approves it with: lastword override approve {proposal.proposal_id}")


def _show_entry(entry: "Entry", json: bool) -> None:
    account, grade = entry.account_id, entry.grade
    if json:
        print_json(entry_json(entry))
    elif entry.action == "hold_out":
        typer.echo(f"{account}: {grade} is recorded and held out, as [overrides] holdout asks; it is not in force")
    else:
        typer.echo(f"{account}: {entry.grade} is in force until {entry.expires_on} ({entry.reason}, {entry.by})")


@app.command()
def revoke(
    account: AccountArgument,
    note: NoteOption = "",
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Take back the override in force. The history keeps both entries."""
    open_store_of(project)
    from overrides import ledger

    entry = ledger.revoke(account, note, author(by), now())
    if json:
        print_json(entry_json(entry))
    else:
        typer.echo(f"{account}: no override is in force any more")


ProposalArgument = Annotated[int, typer.Argument(metavar="ID", help="A number of `lastword override waiting`.")]


@app.command()
def waiting(project: ProjectOption = None, json: JsonOption = False) -> None:
    """The moves that wait for a second person, oldest first."""
    open_store_of(project)
    from lastword import ledger_tables
    from overrides import approvals

    proposals = approvals.waiting(limit=MOST_WAITING)
    if json:
        print_json({"proposals": [proposal_json(proposal) for proposal in proposals]})
    else:
        ledger_tables.print_waiting(proposals)


@app.command()
def approve(proposal: ProposalArgument, by: ByOption = None, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Let a move that another person proposed come into force."""
    opened = open_store_of(project)
    from overrides import approvals

    _show_entry(approvals.approve(proposal, author(by), now(), opened.settings), json)


@app.command()
def decline(
    proposal: ProposalArgument,
    note: NoteOption = "",
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Turn down a move that another person proposed. The final grade stays as it is."""
    open_store_of(project)
    from overrides import approvals

    declined = approvals.decline(proposal, note, author(by), now())
    if json:
        print_json(proposal_json(declined))
    else:
        typer.echo(f"{declined.account_id}: the move to {declined.grade} that {declined.by} proposed is declined")


@app.command(name="list")
def list_in_force(project: ProjectOption = None, json: JsonOption = False) -> None:
    """The overrides in force."""
    open_store_of(project)
    from lastword import ledger_tables, results
    from overrides import ledger

    in_force = ledger.in_force(now()).reset_index()
    if json:
        print_json({"overrides": results.records(in_force)})
    else:
        ledger_tables.print_in_force(in_force)


@app.command()
def history(account: AccountArgument, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Everything decided on an account, oldest first."""
    open_store_of(project)
    from lastword import ledger_tables
    from overrides import ledger

    entries = ledger.history(account, now())
    if json:
        print_json({"account_id": account, "entries": entries})
    else:
        ledger_tables.print_history(account, entries)


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx with account_id, grade, reason and more.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and what conflicts; change nothing.")
    ] = False,
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Add many overrides at once, all of them or none."""
    opened = open_store_of(project)
    from lastword import ledger_tables
    from overrides.imports import import_file as import_overrides

    rows = import_overrides(file, author(by), now(), opened.settings, dry_run=dry_run)
    if json:
        print_json({"dry_run": dry_run, "rows": [asdict(row) for row in rows]})
    else:
        ledger_tables.print_import(rows, dry_run)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its suffix decides: .csv, .parquet or .xlsx.")],
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write the overrides in force, ready to be edited and imported."""
    open_store_of(project)
    from overrides.imports import export_decisions

    overrides = export_decisions(file, now())
    if json:
        print_json({"file": str(file), "overrides": overrides})
    else:
        typer.echo(f"{overrides:,} overrides are in {file}")


def open_store_of(folder: Path | None) -> "Project":
    """The project, its store opened."""
    project = open_project(folder)
    from overrides.store import open_store

    open_store(project.store_url)
    return project


def now() -> datetime:
    """The clock, read once per command."""
    return datetime.now(UTC)


def author(by: str | None) -> str:
    """Who decides: --by, else the operating system's user."""
    return by if by is not None else getpass.getuser()


def proposal_json(proposal: "Proposed") -> dict[str, object]:
    """A proposal for --json."""
    times = {name: instant for name in ("made_at", "settled_at") if (instant := getattr(proposal, name)) is not None}
    return asdict(proposal) | {name: f"{instant:%Y-%m-%dT%H:%M:%SZ}" for name, instant in times.items()}


def entry_json(entry: "Entry") -> dict[str, object]:
    """A line of the ledger for --json."""
    return asdict(entry) | {"made_at": f"{entry.made_at:%Y-%m-%dT%H:%M:%SZ}"}
