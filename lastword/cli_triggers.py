"""`triggers` and `notify`: what happened to accounts, and who is told."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, print_json
from lastword.errors import Refusal


def add_commands(app: typer.Typer) -> None:
    """Register this module's commands with the application."""
    for command in (triggers, notify):
        app.command()(command)


def triggers(
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write it as .csv, .parquet or .xlsx.")] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """What fired in the current publication, trigger by trigger, and what stands from before."""
    from lastword import results, trigger_results
    from overrides.spreadsheet import write_table

    found = trigger_results.triggers(open_project(project))
    if export:
        write_table(found.accounts, export, sheet="triggers")
    if json:
        print_json(found.report | {"accounts": results.records(found.accounts)})
    elif export:
        typer.echo(f"{len(found.accounts):,} rows are in {export}")
    else:
        trigger_results.print_triggers(found)


def notify(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the digest; send nothing.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Tell of the current publication by e-mail and webhook, as [notify] says; each once."""
    from lastword import notifying
    from overrides.store import open_store

    opened, now = open_project(project), datetime.now(UTC)
    open_store(opened.store_url)
    if dry_run:
        _print_digest(notifying.pending_digest(opened, now), json)
        return
    told = notifying.notify(opened, now, os.environ)
    if json:
        print_json({"told": notifying.told_json(told)})
    else:
        for each in told:
            typer.echo(f"{each.way}: {each.state}: {each.said}")
    if any(each.state == notifying.FAILED for each in told):
        ways = " and ".join(each.way for each in told if each.state == notifying.FAILED)
        raise Refusal(f"not told by {ways}, for the reason above: the next run or `lastword notify` tries again")


def _print_digest(digest: object, json: bool) -> None:
    from lastword.digest import Digest
    from lastword.digest_words import as_text

    assert isinstance(digest, Digest)
    if json:
        print_json(digest.as_json())
    else:
        typer.echo(as_text(digest), nl=False)
