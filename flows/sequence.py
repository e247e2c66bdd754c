"""A command's sequence of stages as Prefect tasks. Everything a stage does is in lastword.stages; nothing is computed here."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from lastword.contracts import Counts
from lastword.errors import LastwordError
from lastword.project import Project, find_project
from lastword.runner import Listener, Outcome, run_stages
from lastword.stages import Run, Stage
from lastword.workbench import changed

listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
"""Who hears of the stages: the command line, when it is the one that calls the flow."""


def run_sequence(command: str, project_folder: str, since: date | None = None, tune_minutes: float | None = None) -> Outcome:
    """The body of every flow: open the project, run `command`'s stages as tasks, leave the links. Call it inside a flow."""
    project = find_project(Path(project_folder))
    if tune_minutes is not None:
        project = changed(project, {"model": {"tune_minutes": tune_minutes}})
    outcome = run_stages(project, command, datetime.now(UTC), since=since, listener=listener.get(), wrap=as_task)
    create_markdown_artifact(
        links(project, command, outcome), key=artifact_key(project, "flow", command), description=f"{command}: where to look"
    )
    return outcome


def as_task(stage: Stage, run: Run) -> Callable[[], Counts]:
    """A stage as a task of its own name. One retry, and none of what Lastword itself refused: it would refuse again."""

    @task(
        name=stage.name,
        description=stage.title,
        retries=1,
        retry_condition_fn=is_worth_a_retry,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def execute() -> Counts:
        counts = stage.execute(run)
        table = [{"count": name, "value": value} for name, value in counts.items()]
        create_table_artifact(table, key=artifact_key(run.project, "stage", stage.name), description=stage.title)
        return counts

    return execute


def is_worth_a_retry(_task: Any, _task_run: Any, state: Any) -> bool:
    """Whether a failed task may fare better a second time: not where Lastword stated why it refuses."""
    return not isinstance(state.data, LastwordError)


def links(project: Project, command: str, outcome: Outcome) -> str:
    """Markdown: this run's tables and pages, and what each stage counted."""
    tables = [f"- [{path.name}]({path.as_uri()})" for path in sorted(outcome.folder.glob("*.*"))]
    page = project.docs_folder / "validation.html"
    pages = [f"- [validation report]({page.as_uri()})"] if page.is_file() else []
    warnings = [f"- warning: {said}" for said in outcome.warnings]
    return "\n".join([f"# {command}: run {outcome.run_id}", "", *tables, *pages, *warnings])


def artifact_key(project: Project, *names: str) -> str:
    """An artifact's key may have lower-case letters, digits and dashes alone."""
    text = " ".join((project.settings.name, *names)).lower()
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text).split())
