"""What publishing costs beside the plain thing: the same rows into one bare table.

    python -m benchmarks.publish [--rows 1000000] [--repeats 3]

On SQLite the plain thing is `executemany` of the same tuples into a table without indexes, on PostgreSQL (one is started for
it) a bare COPY of the same rows from a CSV file. Publishing has the indexes of the review queue, the final table in its file
and everything that is expected of it. The rows are the scores of a small demo, repeated under new ids. Meanwhile a reader asks
for an account again and again: the longest that it waited is printed. The seconds are the median of all rounds.
"""

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from benchmarks.web import in_own_process
from lastword.contracts import SCORE_COLUMNS
from overrides.score_batches import ScoreFile
from overrides.score_rows import csv_bytes, sqlite_values, typed_batches

TABLE = ", ".join(f'"{name}"' for name in SCORE_COLUMNS)
ONE_ACCOUNT = "SELECT account_id, final_grade FROM final_scores LIMIT 1"


def main(arguments: Sequence[str] | None = None) -> None:
    from tests.stores import running_postgres

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, running_postgres() as server:
        folder = Path(temporary)
        scores = repeated_scores(folder, given.rows)
        print(f"{given.rows:,} rows, median of {given.repeats}, seconds of wall-clock time", flush=True)
        stores = {
            "SQLite": (partial(plain_sqlite, scores, folder), lambda: f"sqlite:///{folder}/{time.time_ns()}.db"),
            "PostgreSQL": (partial(plain_postgres, scores, server), lambda: server.url(server.new_database())),
        }
        for name, (plain, new_store) in stores.items():
            rounds = [(plain(), *publishing(scores, folder, new_store())) for _ in range(given.repeats)]
            report(name, rounds)


def report(name: str, rounds: Sequence[tuple[float, float, float, float]]) -> None:
    """One line: the plain thing, publishing, how many times as long, the longest wait of a reader, the peak of memory."""
    bare, ours, waited, memory = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(
        f"{name:<12}plain {bare:6.1f} s   publish {ours:6.1f} s   {ours / bare:5.2f} ×   "
        f"longest wait of a reader {1000 * waited:.0f} ms   peak {memory:,.0f} MB",
        flush=True,
    )


def repeated_scores(folder: Path, rows: int) -> Path:
    """The scores of a demo of 700 accounts under so many ids, in order, in a file."""
    demo = folder / "demo"
    in_own_process(
        "from lastword.demo import generate; from datetime import date; generate(folder, 700, 7, date(2026, 6, 1))", demo
    )
    in_own_process("from lastword.cli import app; app(['run', '--project', str(folder)], standalone_mode=False)", demo)
    found = pd.read_parquet(next((demo / ".lastword" / "runs").glob("*/scores.parquet"))).assign(queued_since=None)
    copies = [found.assign(account_id=f"{number:06d}-" + found["account_id"]) for number in range(-(-rows // len(found)))]
    path = folder / "scores.parquet"
    pd.concat(copies).sort_values("account_id").head(rows).to_parquet(path, index=False)
    return path


def publishing(scores: Path, folder: Path, url: str) -> tuple[float, float, float]:
    """Seconds of a publication, the longest that a reader waited meanwhile, and the peak of memory in MB; of its own process."""
    target = Path(tempfile.mkdtemp(dir=folder))
    said = in_own_process(
        f"from benchmarks.publish import publish_twice; publish_twice(Path({str(scores)!r}), folder, {url!r})", target
    )
    seconds, waited, memory = json.loads(said.splitlines()[-1])
    return seconds, waited, memory


def publish_twice(scores: Path, folder: Path, url: str) -> None:
    """Publish a first time for the reader to have something to read, then measure the second; prints a line of JSON."""
    from resource import RUSAGE_SELF, getrusage

    from expectations.gate import check_final
    from expectations.suites import load
    from overrides.publish import RunRecord, publish
    from overrides.store import open_store

    load()
    open_store(url)
    project = SimpleNamespace(runs_folder=folder)
    seconds, waits = 0.0, [0.0]
    for run_id in ("r1", "r2"):
        run = folder / run_id
        run.mkdir()
        (run / "validation.json").write_text('{"ok": true, "tables": {}, "expectations": []}')
        record = RunRecord(run_id, "full", date(2026, 6, 1), "2026", "model")
        publication = partial(
            publish, project, ScoreFile(scores), record, run, datetime.now(UTC), partial(check_final, folder=run)
        )
        seconds, waits = with_reader(publication, url if run_id == "r2" else None)
    print(json.dumps([seconds, max(waits), getrusage(RUSAGE_SELF).ru_maxrss / 1000]))


def with_reader(work: Callable[[], object], url: str | None) -> tuple[float, list[float]]:
    """Seconds that `work` takes, and how long a reader waited for each answer that it asked for meanwhile, in its own process."""
    if url is None:
        return timed(work), [0.0]
    script = f"from benchmarks.publish import read_until_told; read_until_told({url!r})"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()  # it has begun
        seconds = timed(work)
        waits, _ = reader.communicate("stop\n")
    return seconds, json.loads(waits)


def read_until_told(url: str) -> None:
    """Read an account of the final table over and over until a line comes in; prints the seconds of each answer as JSON."""
    from overrides.store import open_store

    open_store(url)
    stopped = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
    print("reading", flush=True)
    waits = []
    while not stopped.is_set():
        waits.append(timed(_read_one))
        time.sleep(0.01)
    print(json.dumps(waits))


def _read_one() -> None:
    from overrides.store import reading

    with reading() as cursor:
        cursor.execute(ONE_ACCOUNT)
        cursor.fetchall()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def plain_sqlite(scores: Path, folder: Path) -> float:
    """Seconds of `executemany` of the tuples, which are made before, into a new table."""
    operations = SimpleNamespace(ops=SimpleNamespace(adapt_datetimefield_value=str))
    rows: list[tuple[object, ...]] = []
    for batch in typed_batches(ScoreFile(scores)):
        rows.extend(zip(*(sqlite_values(operations, str(name), cells) for name, cells in batch.items()), strict=True))
    with closing(sqlite3.connect(folder / f"plain-{time.time_ns()}.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE plain ({TABLE})")
        insert = f"INSERT INTO plain VALUES ({', '.join('?' * len(SCORE_COLUMNS))})"
        return timed(lambda: (connection.executemany(insert, rows), connection.commit()))


def plain_postgres(scores: Path, server: object) -> float:
    """Seconds of a COPY of the rows, from a CSV file that is written before, into a new table."""
    import psycopg

    from overrides.store import open_store

    url = server.url(server.new_database())  # type: ignore[attr-defined]
    open_store(url).close()
    with tempfile.TemporaryFile() as file, psycopg.connect(url, autocommit=True) as connection:
        for batch in typed_batches(ScoreFile(scores)):
            file.write(csv_bytes(batch))
        file.seek(0)
        connection.execute(f"CREATE TABLE plain AS SELECT {TABLE} FROM lastword_score WHERE false")

        def copied() -> None:
            with connection.cursor() as cursor, cursor.copy(f"COPY plain ({TABLE}) FROM STDIN WITH (FORMAT csv)") as copy:
                while piece := file.read(1 << 20):
                    copy.write(piece)

        return timed(copied)


if __name__ == "__main__":
    main()
