"""The command line. Thin: each command reads its arguments, calls one thing and prints what came of it."""

import gc
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lastword import (
    cli_backup,
    cli_handover,
    cli_indicators,
    cli_model,
    cli_overrides,
    cli_plan,
    cli_planning,
    cli_results,
    cli_salesforce,
    cli_spend,
    cli_triggers,
    cli_web,
)
from lastword.cli_options import (
    JsonOption,
    PrefectOption,
    ProfileOption,
    ProjectOption,
    TuneOption,
    open_project,
    parse_date,
    print_json,
)
from lastword.endings import end_code
from lastword.environment import set_quiet_defaults
from lastword.errors import Refusal

if TYPE_CHECKING:
    from lastword.project import Project
    from lastword.runner import Outcome

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""So seldom, as thousands of modules make objects that stay: Python's own 700 takes a tenth of a run's time for nothing."""

app = typer.Typer(
    name="lastword",
    help="Predictive account scoring in which the analysts have the last word.",
    epilog="Start with: lastword demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_overrides.app, name="override")
app.add_typer(cli_model.app, name="model")
app.add_typer(cli_spend.app, name="spend")
app.add_typer(cli_salesforce.app, name="salesforce")
app.add_typer(cli_plan.app, name="plan")


def main() -> None:
    """The `lastword` command: runs what the arguments say and exits with the contract's code."""
    set_quiet_defaults(os.environ)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.exit(end_code(lambda: app(standalone_mode=False), sys.argv[1:]))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"lastword {version('lastword')}")
        raise typer.Exit


@app.callback()
def lastword(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Predictive account scoring in which the analysts have the last word."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to; new or empty.")] = Path(),
    json: JsonOption = False,
) -> None:
    """Write a commented project folder: lastword.toml, plan.toml and data/."""
    from lastword.project import init_project

    project = init_project(folder)
    if json:
        print_json({"project": str(project.folder)})
    else:
        typer.echo(f"A project is in {project.folder}. Put your files into data/, adjust lastword.toml, then: lastword validate")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="New, empty or an earlier demo.")] = Path("lastword-demo"),
    accounts: Annotated[int, typer.Option("--accounts", min=100, metavar="N", help="How many accounts.")] = 14_000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed gives another population.")] = 7,
    prefect: Annotated[bool, typer.Option("--prefect/--no-prefect", help="Run as a Prefect flow.")] = True,
    json: JsonOption = False,
) -> None:
    """Generate accounts with known truth, then do all of `run` on them and show where to look."""
    from lastword import summary
    from lastword.demo import generate
    from lastword.project import find_project
    from lastword.terminal import waiting

    with waiting(f"generating {accounts:,} accounts"):
        generate(folder, accounts, seed, _now().date())
    project = find_project(folder)
    from lastword.web.site import configure

    configure(project)  # before the run opens the store
    outcome = _carry_out(project, "run", prefect, json=json)
    from lastword.web.people import add_demo_person

    name, password = add_demo_person(_now())
    if json:
        print_json(summary.outcome_json(project, outcome) | {"sign_in": {"name": name, "password": password}})
    else:
        summary.print_tour(project, outcome)
        summary.print_sign_in(project, name, password)


@app.command()
def validate(project: ProjectOption = None, prefect: PrefectOption = False, json: JsonOption = False) -> None:
    """Check the inputs against the expectations; bad rows go to quarantine with their reason."""
    from lastword import summary

    opened = open_project(project)
    _show(opened, _carry_out(opened, "validate", prefect), json, summary.print_validation)


@app.command()
def train(
    tune: TuneOption = None,
    project: ProjectOption = None,
    prefect: PrefectOption = False,
    profile: ProfileOption = False,
    json: JsonOption = False,
) -> None:
    """Train both models on past index dates; the better one of champion and challenger serves."""
    from lastword import summary

    opened = open_project(project)
    _show(opened, _carry_out(opened, "train", prefect, tune=tune, json=json, profile=profile), json, summary.print_model)


@app.command()
def score(
    project: ProjectOption = None, prefect: PrefectOption = False, profile: ProfileOption = False, json: JsonOption = False
) -> None:
    """Score every account with the champion and the plan, find where they part, and publish."""
    from lastword import summary

    opened = open_project(project)
    _show(opened, _carry_out(opened, "score", prefect, json=json, profile=profile), json, summary.print_run)


@app.command()
def run(
    tune: TuneOption = None,
    project: ProjectOption = None,
    prefect: PrefectOption = False,
    profile: ProfileOption = False,
    json: JsonOption = False,
) -> None:
    """Validate, train and score."""
    from lastword import summary

    opened = open_project(project)
    _show(opened, _carry_out(opened, "run", prefect, tune=tune, json=json, profile=profile), json, summary.print_run)


@app.command()
def rescore(
    since: Annotated[
        date | None,
        typer.Option(
            "--since",
            metavar="DATE",
            parser=parse_date,
            help="Inputs changed since this day. Default: as of which the current publication is.",
        ),
    ] = None,
    project: ProjectOption = None,
    prefect: PrefectOption = False,
    profile: ProfileOption = False,
    json: JsonOption = False,
) -> None:
    """Score only the accounts whose inputs changed, and publish."""
    from lastword import summary

    opened = open_project(project)
    _show(opened, _carry_out(opened, "rescore", prefect, since, json=json, profile=profile), json, summary.print_run)


@app.command()
def backtest(project: ProjectOption = None, prefect: PrefectOption = False, json: JsonOption = False) -> None:
    """Replay past index dates: plan, model, blend and overrides on the same accounts, at the same k."""
    from lastword import backtest_summary

    outcome = _carry_out(open_project(project), "backtest", prefect)
    if json:
        print_json(backtest_summary.backtest_json(outcome))
    else:
        backtest_summary.print_backtest(outcome)


def _show(project: "Project", outcome: "Outcome", json: bool, print_result: "Callable[[Project, Outcome], None]") -> None:
    if json:
        from lastword.summary import outcome_json

        print_json(outcome_json(project, outcome))
    else:
        print_result(project, outcome)


cli_results.add_commands(app)
cli_plan.add_commands(app)
cli_indicators.add_commands(app)
cli_web.add_commands(app)
cli_backup.add_commands(app)
cli_planning.add_commands(app)
cli_handover.add_commands(app)
cli_triggers.add_commands(app)


def _now() -> datetime:
    return datetime.now(UTC)


def _carry_out(
    project: "Project",
    command: str,
    prefect: bool,
    since: date | None = None,
    *,
    tune: float | None = None,
    json: bool = False,
    profile: bool = False,
) -> "Outcome":
    try:
        outcome = _run(project, command, prefect, since, tune, profile)
        for warning in outcome.warnings:
            typer.echo(f"lastword: {warning}", err=True)
        return outcome
    except Refusal as refusal:
        if not json:
            from lastword.leakage_report import print_if_blocked

            print_if_blocked(project, refusal)
        raise


def _run(project: "Project", command: str, prefect: bool, since: date | None, tune: float | None, profile: bool) -> "Outcome":
    from lastword.terminal import StageLines, profiling

    with StageLines() as lines, profiling(lines, profile) as listener:
        if prefect or os.environ.get("PREFECT_API_URL"):
            from flows.launch import run_through_prefect

            return run_through_prefect(project, command, since=since, tune_minutes=tune, listener=listener)
        from lastword.runner import run_stages

        if tune is not None:
            from lastword.workbench import changed

            project = changed(project, {"model": {"tune_minutes": tune}})
        return run_stages(project, command, _now(), since=since, listener=listener)


if __name__ == "__main__":
    main()
