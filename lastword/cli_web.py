"""`lastword web` and `lastword user`: the review application, and who may sign in to it."""

from typing import Annotated

import typer

from lastword.cli_options import JsonOption, ProjectOption, open_project, parse_one_of, print_json

ROLES = ("viewer", "reviewer", "approver", "admin")

user_app = typer.Typer(help="Who may sign in to the review application, and as what.", no_args_is_help=True)


def web(
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, metavar="N", help="Where to listen.")] = 8000,
    project: ProjectOption = None,
) -> None:
    """Serve the review application until Ctrl-C."""
    from lastword.web.server import serve

    serve(open_project(project), port, lambda address: typer.echo(f"The review application is at {address}"))


@user_app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with; decisions carry it.")],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", parser=parse_one_of(*ROLES), help=", ".join(ROLES))] = "reviewer",
    password: Annotated[
        str,
        typer.Option(
            "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where it isn't given."
        ),
    ] = "",
    project: ProjectOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody sign in, or give them another role and password."""
    from lastword.web.people import add_person

    person = add_person(open_project(project), name, role, password)
    if json:
        print_json({"name": person.username, "role": person.role})
    else:
        typer.echo(f"{person.username} may sign in as {person.role}")


def add_commands(app: typer.Typer) -> None:
    """`web` and `user` on the command line."""
    app.command()(web)
    app.add_typer(user_app, name="user")
