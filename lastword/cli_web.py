"""`lastword web`, `lastword user` and `lastword token`: the review application, and who gets in."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, parse_one_of, print_json

if TYPE_CHECKING:
    from pathlib import Path

ROLES = ("viewer", "reviewer", "approver", "admin")
RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", parser=parse_one_of(*ROLES), help=", ".join(ROLES))]

user_app = typer.Typer(help="Who may sign in to the review application, and as what.", no_args_is_help=True)
token_app = typer.Typer(help="Tokens with which programs use the API.", no_args_is_help=True)


def web(
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, metavar="N", help="Where to listen.")] = 8000,
    host: Annotated[str, typer.Option("--host", metavar="H", help="On which address; 0.0.0.0 for all.")] = "127.0.0.1",
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=64, metavar="N", help="How many serve, with 4 threads each.")
    ] = 2,
    project: ProjectOption = None,
) -> None:
    """Serve the review application until Ctrl-C."""
    from lastword.web.server import serve

    opened = open_project(project)
    serve(opened, _announce, lambda sentence: typer.echo(f"Careful: {sentence}", err=True), port, host, processes)


@user_app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with; decisions carry it.")],
    role: RoleOption = "reviewer",
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody sign in, or give them another role and password. The password is asked for, or read from standard input."""
    _open_site(project)
    from lastword.web import people

    person = people.save_person(name, role, _password(), _by(), _now())
    if json:
        print_json({"name": person.username, "role": person.role})
    else:
        typer.echo(f"{person.username} may sign in as {person.role}")


@user_app.command(name="list")
def list_people(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Who may sign in, and who could once."""
    _open_site(project)
    from lastword.web import people

    rows = [
        {
            "name": person.username,
            "role": person.role,
            "access": "open" if person.is_active else "ended",
            "password": person.has_usable_password(),
            "last_sign_in": _utc_text(person.last_login),
        }
        for person in people.people()
    ]
    if json:
        print_json({"users": rows})
    else:
        _print_rows("Users", rows)


@user_app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who.")], project: ProjectOption = None, json: JsonOption = False
) -> None:
    """Take somebody off the list; what they decided stays. The application's page Users can end access and give it back."""
    _open_site(project)
    from lastword.web import people

    people.remove_person(name, _by(), _now())
    if json:
        print_json({"removed": name})
    else:
        typer.echo(f"{name} can't sign in any more; what they decided stays")


@token_app.command(name="add")
def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which program; the history carries it.")],
    role: RoleOption = "viewer",
    days: Annotated[int, typer.Option("--days", metavar="N", help="How long it lasts, 1 to 365.")] = 90,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token and print it, once."""
    _open_site(project)
    from lastword.web.tokens import make_token

    token, text = make_token(name, role, _by(), _now(), days)
    if json:
        print_json({"name": token.name, "role": token.role, "expires_at": _utc_text(token.expires_at), "token": text})
        return
    typer.echo(f"{token.name} is {token.role} until {token.expires_at:%Y-%m-%d}; the token is shown only now:", err=True)
    typer.echo(text)


@token_app.command(name="list")
def list_tokens(project: ProjectOption = None, json: JsonOption = False) -> None:
    """Every token there ever was, never its text."""
    _open_site(project)
    from lastword.web.tokens import state_of, tokens

    rows = [
        {
            "name": token.name,
            "role": token.role,
            "state": state_of(token, _now()),
            "made_by": token.made_by,
            "expires_at": _utc_text(token.expires_at),
            "last_used_on": None if token.last_used_on is None else token.last_used_on.isoformat(),
        }
        for token in tokens()
    ]
    if json:
        print_json({"tokens": rows})
    else:
        _print_rows("Tokens", rows)


@token_app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which.")], project: ProjectOption = None, json: JsonOption = False
) -> None:
    """End a token at once."""
    _open_site(project)
    from lastword.web.tokens import revoke_token

    token = revoke_token(name, _by(), _now())
    if json:
        print_json({"revoked": token.name})
    else:
        typer.echo(f"{token.name} is revoked")


def add_commands(app: typer.Typer) -> None:
    """`web`, `user` and `token` on the command line."""
    app.command()(web)
    app.add_typer(user_app, name="user")
    app.add_typer(token_app, name="token")


def _announce(address: str) -> None:
    typer.echo(f"The review application is at {address} (Ctrl-C ends it)")
    sys.stdout.flush()  # whoever started it through a pipe waits for this line


def _open_site(folder: "Path | None") -> None:
    from lastword.web.site import configure

    configure(open_project(folder))


def _password() -> str:
    """Never an argument: these are in every list of processes."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="Again"))
    return sys.stdin.readline().rstrip("\r\n")


def _by() -> str:
    import getpass

    return getpass.getuser()


def _now() -> datetime:
    return datetime.now(UTC)


def _utc_text(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    from lastword.summary import output_console, plain_table, text

    if not rows:
        typer.echo(f"{title}: none yet")
        return
    table = plain_table(title, *((name.replace("_", " "), "left") for name in rows[0]))
    for row in rows:
        table.add_row(*(("yes" if value else "no") if isinstance(value, bool) else text(value) for value in row.values()))
    output_console().print(table)
