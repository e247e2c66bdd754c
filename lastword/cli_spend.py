"""`lastword spend`: what people know of an account's potential spend, and how the methods come by it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lastword.cli_options import AccountArgument, ByOption, JsonOption, NoteOption, ProjectOption, print_json

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from overrides.spend_entries import SpendLine

app = typer.Typer(help="Enter what an account could spend in a year, and see where the amounts come from.", no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="How you know, in a few words.")]


@app.command(name="set", context_settings={"ignore_unknown_options": True})
def set_value(
    account: AccountArgument,
    amount: Annotated[float, typer.Argument(metavar="AMOUNT", help="A year, in the project's currency.")],
    reason: ReasonOption,
    note: NoteOption = "",
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Enter what an account could spend in a year. It goes before every method, from the next scoring on."""
    _enter(project, account, "value", amount, reason, note, by, json)


@app.command(context_settings={"ignore_unknown_options": True})
def grow(
    account: AccountArgument,
    share: Annotated[float, typer.Argument(metavar="SHARE", help="0.1: a tenth more than in the prior year.")],
    reason: ReasonOption,
    note: NoteOption = "",
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Enter by how much an account's spend will grow. A value goes before it; it goes before every method."""
    _enter(project, account, "growth", share, reason, note, by, json)


def _enter(
    folder: "Path | None", account: str, kind: str, amount: float, reason: str, note: str, by: str | None, json: bool
) -> None:
    from lastword.cli_overrides import author, now, open_store_of

    open_store_of(folder)
    from overrides import spend_entries

    line = spend_entries.add(account, kind, amount, reason, note, author(by), now())
    stands = spend_entries.standing(account)
    if json:
        print_json(_line_json(line))
        return
    from lastword.spend_tables import entered

    typer.echo(f"{account}: {entered(line)} is entered ({line.by}); it counts from the next `lastword score` on")
    if stands is not None and stands.entry_id != line.entry_id:
        typer.echo(
            f"The {entered(stands)} that {stands.by} entered goes before it: `lastword spend clear {account}` takes it back."
        )


@app.command()
def clear(
    account: AccountArgument,
    note: NoteOption = "",
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Take back what was entered on an account. The history keeps it."""
    from lastword.cli_overrides import author, now, open_store_of

    open_store_of(project)
    from overrides import spend_entries

    line = spend_entries.clear(account, note, author(by), now())
    if json:
        print_json(_line_json(line))
    else:
        typer.echo(f"{account}: nothing entered stands any more; the method decides from the next `lastword score` on")


@app.command()
def history(account: AccountArgument, project: ProjectOption = None, json: JsonOption = False) -> None:
    """Everything entered on an account, oldest first, and what the current run posted."""
    from lastword.cli_overrides import open_store_of

    open_store_of(project)
    from lastword import results, spend_tables
    from lastword.posting import POSTED
    from overrides import spend_entries

    lines = spend_entries.history(account)
    rows = _of_current_run(POSTED, filters=[("account_id", "==", account)], folder=project)
    posted = next(iter(results.records(rows)), None) if rows is not None else None
    if json:
        print_json({"account_id": account, "entries": [_line_json(line) for line in lines], "posted": posted})
    else:
        spend_tables.print_history(account, lines, posted)


@app.command(name="list")
def list_standing(project: ProjectOption = None, json: JsonOption = False) -> None:
    """What stands, account by account."""
    from lastword.cli_overrides import now, open_store_of

    open_store_of(project)
    from lastword import results, spend_tables
    from overrides import spend_entries

    standing = spend_entries.in_force(now()).reset_index()
    if json:
        print_json({"entries": results.records(standing)})
    else:
        spend_tables.print_standing(standing.to_dict("records"))


@app.command()
def metrics(project: ProjectOption = None, json: JsonOption = False) -> None:
    """How closely spend goes with each column of numbers, and why a metric is refused."""
    from lastword.cli_overrides import open_store_of

    opened = open_store_of(project)
    from lastword import results, spend_tables
    from lastword.errors import Refusal
    from lastword.posting import CORRELATIONS

    found = _of_current_run(CORRELATIONS, folder=project)
    if found is None:
        raise Refusal(f"nothing is published in {opened.folder} by this version yet: run `lastword score` first")
    if json:
        print_json({"metrics": results.records(found)})
    else:
        spend_tables.print_metrics(found)


def _of_current_run(name: str, folder: "Path | None", filters: Any = None) -> "pd.DataFrame | None":
    """A table of the run that is current; None where nothing is published, or the run has no such table."""
    import pandas as pd

    from lastword.cli_options import open_project
    from overrides.publish import current_run

    current = current_run()
    path = None if current is None else open_project(folder).run_folder(current.run_id) / name
    return pd.read_parquet(path, filters=filters) if path is not None and path.is_file() else None


def _line_json(line: "SpendLine") -> dict[str, object]:
    return asdict(line) | {"made_at": f"{line.made_at:%Y-%m-%dT%H:%M:%SZ}"}
