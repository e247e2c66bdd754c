"""Opening a store: addresses, migrations, the guards in the database, refusals of one line."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import ConfigurationError, Refusal
from overrides import events, ledger
from overrides.final import current_scores, final_table
from overrides.publish import current_run
from overrides.store import open_store, transaction
from tests.stores import scores_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_new_store_has_the_final_table_in_the_contracts_order(empty_url):
    open_store(empty_url)
    with transaction() as cursor:
        cursor.execute("SELECT * FROM final_scores")
        assert tuple(column[0] for column in cursor.description) == FINAL_COLUMNS
        assert cursor.fetchall() == []


def test_the_models_and_the_migrations_agree(empty_url):
    from django.core.management import call_command

    open_store(empty_url)
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_opening_again_keeps_what_is_there(project):
    project.publish(scores_of(["a", "b"]), "r1")
    open_store(project.store_url)
    assert current_run().run_id == "r1"


def test_a_store_of_before_the_gain_is_brought_up_to_date_with_its_scores(project):
    from django.core.management import call_command

    project.publish(scores_of(["a", "b"], review_gain=2.5), "r1")
    call_command("migrate", "overrides", "0003", verbosity=0)
    open_store(project.store_url)
    assert current_scores()[["account_id", "review_gain"]].values.tolist() == [
        ["a", pytest.approx(float("nan"), nan_ok=True)],
        ["b", pytest.approx(float("nan"), nan_ok=True)],
    ]
    assert final_table()["account_id"].tolist() == ["a", "b"]


def test_one_process_can_open_one_store_after_another(tmp_path):
    for name in ("one", "two", "one"):
        store = open_store(f"sqlite:///{tmp_path}/{name}.db")
        assert store.address == f"{tmp_path}/{name}.db"
        assert current_run() is None
    assert store.vendor == "sqlite"


def test_processes_that_open_a_new_store_at_once_all_succeed(empty_url):
    program = f"from overrides.store import open_store; open_store({empty_url!r})"
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True) for _ in range(4)]
    assert [run.result().stderr for run in runs] == [""] * 4


def test_sqlite_is_set_up_for_several_processes(tmp_path):
    open_store(f"sqlite:///{tmp_path}/lastword.db")
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_store_of_a_newer_version_is_refused(project):
    with transaction() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('overrides', '9999_later', '2026-06-01 00:00:00')"
        )
    with pytest.raises(Refusal, match=r"newer Lastword \(it has 9999_later\)"):
        open_store(project.store_url)


def test_a_store_of_before_approvals_keeps_its_ledger_its_guards_and_the_view(project):
    from django.core.management import call_command

    project.publish(scores_of(["a", "b"]))
    ledger.add("a", "C", "other", "so", "ann", None, datetime.now(UTC), project.settings)
    before = ledger.history("a", datetime.now(UTC))
    call_command("migrate", "overrides", "0004", verbosity=0)
    open_store(project.store_url)
    assert ledger.history("a", datetime.now(UTC)) == before
    assert final_table().set_index("account_id").loc["a", ["final_grade", "decided_by"]].tolist() == ["C", "override"]
    for statement in CHANGES_OF_THE_LEDGER:
        with pytest.raises(DatabaseError, match="append-only"), transaction() as cursor:
            cursor.execute(statement)
    assert ledger.revoke("a", "", "ann", datetime.now(UTC)).approved_by is None


@pytest.mark.parametrize("statement", ["UPDATE lastword_event SET said = 'x'", "DELETE FROM lastword_event", "REPLACE"])
def test_the_database_refuses_to_change_the_record_of_events(project, statement):
    events.record("sign_in", "ann", "ann", "Signs in", NOW)
    replacing = {
        "sqlite": 'INSERT OR REPLACE INTO lastword_event (event_id, made_at, kind, "by", subject, said, details) '
        "SELECT event_id, made_at, kind, 'eve', subject, said, details FROM lastword_event",
        "postgresql": "TRUNCATE lastword_event",
    }
    with pytest.raises(DatabaseError, match="events is append-only"), transaction() as cursor:
        cursor.execute(replacing[connection.vendor] if statement == "REPLACE" else statement)
    assert [line.by for line in events.timeline(now=NOW).lines] == ["ann"]


CHANGES_OF_THE_LEDGER = (
    "UPDATE lastword_override_entry SET grade = 'B'",
    "DELETE FROM lastword_override_entry",
    "UPDATE lastword_override_entry SET note = note WHERE entry_id > 0",
)


@pytest.mark.parametrize("statement", CHANGES_OF_THE_LEDGER)
def test_the_database_refuses_to_change_the_ledger(project, statement):
    project.publish(scores_of(["a"]))
    ledger.add("a", "A", "other", "", "ann", None, NOW, project.settings)
    before = ledger.history("a", NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction() as cursor:
        cursor.execute(statement)
    assert ledger.history("a", NOW) == before


def test_the_database_refuses_to_replace_or_truncate(project):
    project.publish(scores_of(["a"]))
    entry = ledger.add("a", "A", "other", "", "ann", None, NOW, project.settings)
    statement = {
        "sqlite": 'INSERT OR REPLACE INTO lastword_override_entry (entry_id, account_id, action, note, "by", made_at) '
        f"VALUES ({entry.entry_id}, 'a', 'revoke', '', 'eve', '2026-06-01')",
        "postgresql": "TRUNCATE lastword_override_entry CASCADE",
    }[connection.vendor]
    with pytest.raises(DatabaseError, match="append-only"), transaction() as cursor:
        cursor.execute(statement)
    assert [line["action"] for line in ledger.history("a", NOW)] == ["add"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/db", "of kind 'mysql'"),
        ("lastword.db", "of kind 'nothing'"),
        ("sqlite://", "of kind 'sqlite'"),
        ("postgresql://ann:s3cret@host/db?nonsense=1", "can't be read as a PostgreSQL address"),
    ],
)
def test_an_address_that_is_none_is_a_configuration_error(url, said):
    with pytest.raises(ConfigurationError, match=said) as raised:
        open_store(url)
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unreachable_server_is_refused_without_the_password():
    with pytest.raises(Refusal, match=r"ann@127\.0\.0\.1:1/db") as raised:
        open_store("postgresql://ann:s3cret@127.0.0.1:1/db?connect_timeout=2")
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_options_of_libpq_come_through(postgres_server):
    url = postgres_server.url(postgres_server.new_database()) + "?application_name=planner&options=-c%20work_mem%3D7MB"
    open_store(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name'), current_setting('work_mem')")
        assert cursor.fetchone() == ("planner", "7MB")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"can't be made: Not a directory; give a writable one"):
        open_store(f"sqlite:///{tmp_path}/file/state/lastword.db")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "lastword.db").write_text("account_id;name\n" * 100)
    with pytest.raises(Refusal, match=r"lastword\.db can't be used: file is not a database"):
        open_store(f"sqlite:///{tmp_path}/lastword.db")


@pytest.fixture
def writer(project):
    """Another process's connection to the SQLite file, in the middle of writing."""
    project.publish(scores_of(["a"]))
    other = sqlite3.connect(project.store_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
def test_reading_waits_for_no_writer(project, writer):
    connection.cursor().execute("PRAGMA busy_timeout = 0")
    assert final_table()["account_id"].tolist() == ["a"]
    assert ledger.in_force(NOW).empty
    assert current_run().run_id == "r1"


@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
def test_a_writer_that_takes_too_long_is_named_as_the_cause(project, writer):
    connection.cursor().execute("PRAGMA busy_timeout = 0")
    with pytest.raises(Refusal, match="is busy: another process has been writing for 30 s; try again when it is done"):
        ledger.add("a", "A", "other", "", "ann", None, NOW, project.settings)
    writer.execute("ROLLBACK")
    assert ledger.add("a", "A", "other", "", "ann", None, NOW, project.settings).grade == "A"


@pytest.fixture
def read_only_folder():
    """A folder that whoever runs the test may not write in; root becomes somebody else for the while."""
    folder = Path(tempfile.mkdtemp(prefix="lastword-read-only-"))
    open_store(f"sqlite:///{folder}/lastword.db").close()
    folder.chmod(0o555)
    (folder / "lastword.db").chmod(0o444)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65_534)
    yield folder
    if was_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("lastword.db", "readonly database"),
        ("other.db", "unable to open database file"),
        ("new/lastword.db", "can't be made: Permission denied"),
    ],
)
def test_a_read_only_folder_is_refused_in_one_line(read_only_folder, path, said):
    with pytest.raises(Refusal, match=said) as raised:
        open_store(f"sqlite:///{read_only_folder}/{path}")
    assert "\n" not in str(raised.value)
