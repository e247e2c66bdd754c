"""A project folder: its settings, and where everything of the project is."""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from lastword.configuration import configuration_error, read_toml, shown_path
from lastword.errors import ConfigurationError, Refusal, refuse_os_error
from lastword.mistakes import Mistake
from lastword.plan import Plan, load_plan
from lastword.settings import InputSource, Settings
from lastword.toml_lines import Place

SETTINGS_FILE = "lastword.toml"
PLAN_FILE = "plan.toml"
SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Project:
    """A project folder and its settings. Every path is absolute; what the program writes is under `state_folder`."""

    folder: Path
    settings: Settings
    changes: tuple[tuple[str, str], ...] = ()
    """Settings that are not lastword.toml's but were made for one experiment: (dotted key, value as TOML has it)."""

    @property
    def settings_path(self) -> Path:
        return self.folder / SETTINGS_FILE

    @property
    def plan_path(self) -> Path:
        return self.folder / PLAN_FILE

    @property
    def state_folder(self) -> Path:
        return self.folder / ".lastword"

    @property
    def runs_folder(self) -> Path:
        return self.state_folder / "runs"

    @property
    def quarantine_folder(self) -> Path:
        return self.state_folder / "quarantine"

    @property
    def docs_folder(self) -> Path:
        return self.state_folder / "docs"

    @property
    def lock_path(self) -> Path:
        return self.state_folder / "lock"

    @property
    def artifacts_folder(self) -> Path:
        """Where MLflow keeps the files of models and runs."""
        return self.state_folder / "mlartifacts"

    @property
    def store_url(self) -> str:
        """The database of scores and overrides; the path of an SQLite file made absolute."""
        return self._absolute_url(self.settings.store.url)

    @property
    def mlflow_uri(self) -> str:
        """MLflow's tracking database or server; the path of an SQLite file made absolute."""
        return self._absolute_url(self.settings.mlflow.tracking_uri)

    def run_folder(self, run_id: str) -> Path:
        """Where a run keeps its tables."""
        return self.runs_folder / run_id

    def load_plan(self) -> Plan:
        """Read plan.toml; ConfigurationError on the first mistake in it."""
        return load_plan(self.plan_path)

    def input_source(self, table: str) -> InputSource | None:
        """Where an input is, the path of a file made absolute; None where the project does not have this input."""
        source: InputSource | None = getattr(self.settings.inputs, table)
        if source is None or source.is_url:
            return source
        return source.model_copy(update={"path": str(self.folder / Path(source.path).expanduser())})

    def column_mapping(self, table: str) -> dict[str, str]:
        """Our column names to those of the source, where [columns.<table>] gives other ones; a new dict each time."""
        return dict(self.settings.columns.get(table, {}))

    def as_of(self, today: date) -> date:
        """The day to score as if it were: what is dated from this day on is not known yet."""
        return today if self.settings.as_of == "today" else self.settings.as_of

    def mistake(self, at: Place, text: str) -> ConfigurationError:
        """An error on a setting of lastword.toml that only proves wrong later, naming its line.

        `at` leads to the key, as in ("columns", "accounts", "industry").
        """
        return configuration_error(self.settings_path, Mistake(at, text))

    def _absolute_url(self, url: str) -> str:
        """`folder / path` is the path alone where that is absolute already."""
        if not url.startswith(SQLITE):
            return url
        return f"{SQLITE}{(self.folder / url.removeprefix(SQLITE)).as_posix()}"


def find_project(folder: Path | None = None) -> Project:
    """The project in `folder`; where none is named, that of the current folder or the nearest folder above that has one.

    Raises
    ------
    ConfigurationError
        where there is no lastword.toml, or a mistake is in it.
    """
    start = (folder or Path()).resolve()
    candidates = [start] if folder else [start, *start.parents]
    found = next((candidate for candidate in candidates if _has_settings(candidate)), None)
    if found is None:
        where = f"in {shown_path(start)}" if folder else f"in {start} or any folder above"
        target = shown_path(start) if folder else "DIR"
        raise ConfigurationError(
            f"no {SETTINGS_FILE} {where}; run `lastword init {target}`, or name a project with --project DIR"
        )
    return Project(found, read_toml(found / SETTINGS_FILE, Settings))


def init_project(folder: Path) -> Project:
    """Write a commented lastword.toml and plan.toml and an empty data/ into `folder`, which is made where there is none.

    Raises
    ------
    Refusal
        where the folder is not empty, is no folder, or cannot be written; no file is left behind then.
    """
    folder = folder.resolve()
    try:
        _refuse_unless_empty(folder)
        _write_templates(folder)
    except OSError as error:
        raise refuse_os_error(error, folder) from error
    return find_project(folder)


def template(name: str) -> str:
    """The text of lastword.toml or plan.toml as `lastword init` writes it."""
    return files("lastword").joinpath("templates", name).read_text(encoding="utf-8")


def _has_settings(folder: Path) -> bool:
    try:
        return (folder / SETTINGS_FILE).is_file()
    except PermissionError:
        return False


def _refuse_unless_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refusal(f"{shown_path(folder)} is a file; name a new or an empty folder")
    if folder.exists() and any(folder.iterdir()):
        raise Refusal(f"{shown_path(folder)} is not empty; name a new or an empty folder")


def _write_templates(folder: Path) -> None:
    """All or nothing: what was written is taken away again where the disk refuses the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / "data").mkdir()
        for name in (PLAN_FILE, SETTINGS_FILE):
            (folder / name).write_text(template(name), encoding="utf-8")
    except OSError:
        for name in (PLAN_FILE, SETTINGS_FILE):
            (folder / name).unlink(missing_ok=True)
        if (folder / "data").is_dir():
            (folder / "data").rmdir()
        raise
