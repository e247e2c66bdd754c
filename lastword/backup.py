"""A project's decisions and models in one file, and back: a consistent copy of the store, the runs, the models, the settings.

In the archive are store.db (SQLite) or store.dump (PostgreSQL, by pg_dump), mlflow.db where MLflow's is SQLite, lastword.toml,
plan.toml and of .lastword the folders of FOLDERS. The inputs aren't: they come from elsewhere. Nor is web_secret: whoever
has it could sign anybody in, and without it everybody just signs in again.
"""

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lastword.errors import InputError, Refusal, refuse_os_error
from lastword.project import PLAN_FILE, SETTINGS_FILE, SQLITE, Project, find_project

FOLDERS = ("runs", "mlartifacts", "docs", "quarantine")
STORE_FILE, STORE_DUMP, MLFLOW_FILE = "store.db", "store.dump", "mlflow.db"


@dataclass(frozen=True)
class Backup:
    """What an archive holds: its size in bytes, and the names of its parts."""

    path: Path
    size_bytes: int
    parts: tuple[str, ...]


def back_up(project: Project, path: Path) -> Backup:
    """Write the archive `path` (.tar.gz) while the project may be in use: the store as of one instant, then what it refers to.

    Raises
    ------
    Refusal
        The file exists or can't be written, there is no store yet, or pg_dump isn't there or fails.
    """
    if path.exists():
        raise Refusal(f"{path} exists: give another name, or move it away")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".lastword-backup-") as folder:
            parts = list(_parts(project, Path(folder)))
            archive = Path(folder) / "archive"
            with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
                for name, source in parts:
                    tar.add(source, name)
            archive.chmod(0o600)  # password digests are in it
            archive.rename(path)
    except OSError as error:
        raise refuse_os_error(error, path) from error
    return Backup(path, path.stat().st_size, tuple(name for name, _ in parts))


def restore(path: Path, folder: Path) -> Project:
    """Bring an archive back into `folder`: a new one, or a project whose state and store are empty.

    Raises
    ------
    InputError
        The file isn't there or is no backup.
    Refusal
        The folder has runs or a store already, or settings that differ; nothing was changed then.
    """
    try:
        with _unpacked(path) as unpacked:
            _refuse_other_settings(unpacked, folder)
            folder.mkdir(parents=True, exist_ok=True)
            added = [name for name in (SETTINGS_FILE, PLAN_FILE) if not (folder / name).exists()]
            for name in added:
                shutil.copy(unpacked / name, folder / name)
            try:
                project = find_project(folder)
                _refuse_unless_empty(project)
                _refuse_other_kind(unpacked, project)
            except Exception:
                for name in added:
                    (folder / name).unlink()
                raise
            _bring_back(unpacked, project)
    except OSError as error:
        raise refuse_os_error(error, folder) from error
    return project


def _parts(project: Project, folder: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, file or folder): the databases first, so that the files that they name are all there."""
    if project.store_url.startswith(SQLITE):
        yield STORE_FILE, _sqlite_copy(_sqlite_path(project.store_url), folder / STORE_FILE)
    else:
        yield STORE_DUMP, _postgresql_dump(project.store_url, folder / STORE_DUMP)
    if project.mlflow_uri.startswith(SQLITE) and _sqlite_path(project.mlflow_uri).exists():
        yield MLFLOW_FILE, _sqlite_copy(_sqlite_path(project.mlflow_uri), folder / MLFLOW_FILE)
    for path in (project.settings_path, project.plan_path, *(project.state_folder / name for name in FOLDERS)):
        if path.exists():
            yield path.relative_to(project.folder).as_posix(), path


def _sqlite_copy(source: Path, target: Path) -> Path:
    """The database as of one instant, whoever writes to it meanwhile."""
    if not source.exists():
        raise Refusal(f"there is no store at {source}: nothing was published yet")
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30)) as database:
        try:
            database.execute("VACUUM INTO ?", [str(target)])
        except sqlite3.Error as error:
            raise Refusal(f"{source} can't be copied: {error}") from error
    return target


def _postgresql_dump(url: str, target: Path) -> Path:
    _run_postgresql("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", url=url)
    return target


def _run_postgresql(program: str, *arguments: str, url: str) -> None:
    """The password goes by the environment: arguments are in every list of processes."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    if shutil.which(program) is None:
        raise Refusal(f"{program} isn't there: install PostgreSQL's client programs, of the server's version or newer")
    options = conninfo_to_dict(url)
    password = options.pop("password", None)
    environment = dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})
    command = [program, *arguments, f"--dbname={make_conninfo('', **options)}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Refusal(f"{program} failed: {' '.join(done.stderr.split())[:500]}")


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; give one that `lastword backup` wrote")
    with tempfile.TemporaryDirectory(prefix="lastword-restore-") as folder:
        try:
            with tarfile.open(path, "r:gz") as tar:
                tar.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise InputError(f"{path} can't be read as a backup: {error}") from error
        unpacked = Path(folder)
        if not (unpacked / SETTINGS_FILE).is_file() or not any((unpacked / name).is_file() for name in (STORE_FILE, STORE_DUMP)):
            raise InputError(f"{path} is no backup: it lacks {SETTINGS_FILE} or the store")
        yield unpacked


def _refuse_other_settings(unpacked: Path, folder: Path) -> None:
    for name in (SETTINGS_FILE, PLAN_FILE):
        here = folder / name
        if here.exists() and here.read_bytes() != (unpacked / name).read_bytes():
            raise Refusal(f"{here} differs from the backup's: move it away, or restore into a new folder")


def _refuse_unless_empty(project: Project) -> None:
    taken = [project.state_folder / name for name in FOLDERS if (project.state_folder / name).exists()]
    taken += [path for path in (_sqlite_path(url) for url in (project.store_url, project.mlflow_uri)) if path.exists()]
    if taken:
        raise Refusal(f"{taken[0]} exists: a backup is never restored over anything; name a new folder, or move it away")
    if not project.store_url.startswith(SQLITE) and _has_tables(project.store_url):
        raise Refusal("the database of [store] url has tables of Lastword: restore into an empty one")


def _has_tables(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'lastword%'").fetchone()
    except psycopg.Error as error:
        raise Refusal(f"the database of [store] url can't be reached: {' '.join(str(error).split())}") from error
    return bool(row and row[0])


def _refuse_other_kind(unpacked: Path, project: Project) -> None:
    if (unpacked / STORE_DUMP).exists() == project.store_url.startswith(SQLITE):
        raise Refusal("the backup's store is of another kind than [store] url: let both be SQLite or both PostgreSQL")


def _bring_back(unpacked: Path, project: Project) -> None:
    if project.store_url.startswith(SQLITE):
        _put(unpacked / STORE_FILE, _sqlite_path(project.store_url), shutil.copy)
    else:
        dump = str(unpacked / STORE_DUMP)
        _run_postgresql("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", dump, url=project.store_url)
    for name in FOLDERS:
        if (unpacked / ".lastword" / name).exists():
            _put(unpacked / ".lastword" / name, project.state_folder / name, shutil.copytree)
    if (unpacked / MLFLOW_FILE).exists() and project.mlflow_uri.startswith(SQLITE):
        _put(unpacked / MLFLOW_FILE, _sqlite_path(project.mlflow_uri), shutil.copy)


def _put(source: Path, target: Path, copy: Callable[[Path, Path], object]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    copy(source, target)


def _sqlite_path(url: str) -> Path:
    """The file of an SQLite URL; of any other a path that never exists."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else Path(os.devnull) / "none"
