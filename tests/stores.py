"""Stores to test on: SQLite files and databases of a real PostgreSQL server that lives for the test run."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from lastword.contracts import GRADES
from overrides.publish import Published, RunRecord, publish
from overrides.store import open_store

AS_OF = date(2026, 6, 1)
REASONS = ("relationship", "budget known", "data is wrong", "other")


@dataclass(frozen=True)
class Project:
    """What publishing needs of a project, and the settings that the ledger reads."""

    store_url: str
    runs_folder: Path
    settings: Any

    def publish(self, scores: pd.DataFrame, run_id: str = "r1", now: datetime | None = None, **record: Any) -> Published:
        """Publish scores as a run of their own."""
        folder = self.runs_folder / run_id
        folder.mkdir(parents=True, exist_ok=True)
        run = replace(RunRecord(run_id, "full", AS_OF, "2026", "model", "propensity", "3"), **record)
        return publish(self, scores.assign(run_id=run_id), run, folder, now or datetime.now(UTC))


def settings_of(**overrides: Any) -> Any:
    """The parts of lastword.toml that the store reads, with their defaults."""
    defaults = {"expires_after_days": 180, "approve_from_steps": 0, "reasons": REASONS, "note_for": (), "holdout": 0.0}
    return SimpleNamespace(seed=7, overrides=SimpleNamespace(**defaults | overrides))


def scores_of(account_ids: Sequence[str], scored_at: datetime | None = None, **columns: Any) -> pd.DataFrame:
    """Scores of these accounts: the model says the grades in turn, the plan D; `columns` change any of them."""
    grades = [GRADES[place % len(GRADES)] for place in range(len(account_ids))]
    frame = pd.DataFrame(
        {
            "account_id": list(account_ids),
            "name": [f"Name of {account}" for account in account_ids],
            "plan_points": 30.0,
            "plan_segment": "Bronze",
            "plan_grade": "D",
            "propensity": 0.25,
            "model_points": 62.5,
            "model_grade": grades,
            "account_status": "prospect",
            "coverage": True,
            "disparity": 32.5,
            "review_value": 1.0,
            "policy_grade": grades,
            "policy_decided_by": "model",
            "key_account": False,
            "high_value": None,
            "run_id": "r1",
            "model_version": "3",
            "plan_version": "2026",
            "as_of": pd.Timestamp(AS_OF),
            "scored_at": pd.Timestamp(scored_at or datetime.now(UTC)),
        }
    )
    nothing = (
        "region",
        "sub_region",
        "country",
        "industry",
        "sub_industry",
        "open_reason",
        "override_review",
        "trigger_said",
        "why",
        "why_family",
    )
    factors = ("log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_gain")
    measures = ("disparity_rank", "disparity_points", "disparity_grade")
    unknown = (*measures, "grade_confidence", "potential_spend", "expected_value", *factors)
    frame = frame.assign(queued_since=None, **dict.fromkeys(nothing), **dict.fromkeys(unknown, float("nan")))
    return frame.assign(**columns)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; every store on it is a database copied from one that is already migrated."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql://lastword@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, template: str = "template1") -> str:
        name = f"store_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of a test run; skips where PostgreSQL isn't installed."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server of our own on a free port of loopback, its data thrown away, run by a user who isn't root."""
    programs = _postgres_programs()
    as_user = _as_ordinary_user()
    folder = Path(tempfile.mkdtemp(prefix="lastword-postgres-"))
    if as_user:
        shutil.chown(folder, "postgres")
    port = _free_port()
    run = [*as_user, str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "lastword", "--no-sync"]
    subprocess.run([*run, "-E", "UTF8", "--locale=C.UTF-8"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -k {folder} -c fsync=off"
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log"), "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield PostgresServer(port)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A migrated database that stores are copied from."""
    name = postgres_server.new_database()
    open_store(postgres_server.url(name)).close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that stores are copied from."""
    path = tmp_path_factory.mktemp("template") / "lastword.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/lastword.db"
    server = request.getfixturevalue("postgres_server")
    return server.url(server.new_database())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """A project whose store is open and empty."""
    if request.param == "sqlite":
        path = tmp_path / "lastword.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.new_database(request.getfixturevalue("postgres_template")))
    store = open_store(url)
    yield Project(url, tmp_path / "runs", settings_of())
    store.close()


def _postgres_programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders = [folder for folder in folders if (folder / "initdb").exists()]
    if not folders:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) aren't installed: the store is tested on SQLite alone")
    return folders[-1]


def _as_ordinary_user() -> list[str]:
    """How to run a program as somebody other than root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL refuses to run as root and there is no user postgres")
    return ["runuser", "-u", "postgres", "--"]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
