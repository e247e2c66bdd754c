"""`lastword salesforce`: the final grades into Salesforce, its accounts and wins out of it."""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from lastword.cli_options import ByOption, JsonOption, ProjectOption, open_project, print_json
from lastword.errors import Refusal

if TYPE_CHECKING:
    from lastword.salesforce.push import Pushed

app = typer.Typer(help="The final grades into Salesforce, its accounts and wins out of it.", no_args_is_help=True)
_SHOWN = 10


@app.command()
def push(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    by: ByOption = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Send what changed since the last push, by external id; a push that was cut off goes on."""
    from lastword.salesforce import push as pushing
    from lastword.salesforce.client import connect, from_environment, instance_address

    opened, environment, now = open_project(project), from_environment(), datetime.now(UTC)
    address = instance_address(environment)
    if dry_run:
        result = pushing.rehearse(opened, address, now)
    else:
        result = pushing.push(opened, connect(environment), address, now, by if by is not None else getpass.getuser())
    if json:
        print_json(vars(result) | {"dry_run": dry_run})
    else:
        _show(result, dry_run=dry_run)
    if result.failures:
        from lastword.card_words import counted

        refused = counted(len(result.failures), "account")
        raise Refusal(f"Salesforce refused {refused}, in its own words above: the next push tries again")


@app.command()
def pull(
    force: Annotated[bool, typer.Option("--force", help="Write over data/accounts.csv and data/won.csv.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Write accounts and closed-won opportunities into data/accounts.csv and data/won.csv."""
    from lastword.salesforce.client import connect, from_environment
    from lastword.salesforce.pull import pull as fetch

    written = fetch(open_project(project), connect(from_environment()), force=force)
    if json:
        print_json({str(path): rows for path, rows in written.items()})
    else:
        for path, rows in written.items():
            typer.echo(f"{rows:,} rows are in {path}")


def _show(result: "Pushed", *, dry_run: bool) -> None:
    done = "To be sent" if dry_run else "Sent"
    typer.echo(f"{done} to {result.target}: {result.changed:,} of {result.accounts:,} accounts")
    if dry_run:
        if result.waiting:
            typer.echo(f"{result.waiting:,} of them are in a job whose end isn't known: a push asks for it first")
        for row in result.first:
            typer.echo("  " + " | ".join(row.values()))
        return
    typer.echo(f"Salesforce took {result.accepted:,}")
    for account, said in list(result.failures.items())[:_SHOWN]:
        typer.echo(f"  {account}: {said}")
