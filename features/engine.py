"""The engine that tables are computed on: DuckDB on one machine, Spark beyond it. The only file that names either.

Both take the same expressions. A table is written as one Parquet file by DuckDB and as a folder of parts by Spark, in its own
order either way; whoever reads it with `read` or with pyarrow need not know which.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.parquet as pq

from lastword.errors import ConfigurationError

LOCAL_MASTER = "local[2]"
"""Where Spark runs when neither lastword.toml nor spark-submit says."""

CONNECT = "sc://"
ROWS_PER_GROUP = 122_880

SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",  # without it a null text of a frame becomes "nan"
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
"""What the values of our expressions hang on, whatever a cluster's own defaults are."""

_UNITS = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}

_UNKNOWN_ESCAPES = frozenset("\a\f\v")
"""Spark reads `\\f` as an f."""


def connect(project: Any, folder: Path) -> ibis.BaseBackend:
    """Open the engine of `[engine]` for one run.

    Parameters
    ----------
    project
        Its settings name the engine, its master and the memory that it may use.
    folder
        The run folder: what doesn't fit in memory DuckDB spills to a folder of its own in it.

    Returns
    -------
    ibis.BaseBackend
        An in-memory DuckDB with one thread a core, or a session of Spark with views of its own; UTC is the time zone of both.

    Raises
    ------
    ConfigurationError
        Spark is asked for and PySpark, Java or the master isn't there.
    """
    engine = project.settings.engine
    if engine.name == "spark":
        session = _spark(engine.master, engine.memory_limit, project.state_folder / "logs" / "spark.log")
        connection = ibis.pyspark.connect(session)
        connection.compiler = _like_duckdb()
        return connection
    return ibis.duckdb.connect(
        memory_limit=engine.memory_limit, threads=os.cpu_count() or 1, temp_directory=str(folder / "spill")
    )


def read(connection: ibis.BaseBackend, path: Path, name: str) -> ibis.Table:
    """A Parquet file, or a folder of its parts, as a table of this name."""
    if connection.name == "pyspark":
        connection._session.read.parquet(_address(path)).createOrReplaceTempView(name)
        return connection.table(name)
    return connection.read_parquet(path / "*.parquet" if path.is_dir() else path, table_name=name)


def write(table: ibis.Table, path: Path, rows_per_group: int = ROWS_PER_GROUP) -> None:
    """Write a table in its own order, what is there replaced: a Parquet file, on Spark a folder of parts whose names sort."""
    connection = ibis.get_backend(table)
    if connection.name == "pyspark":
        _write_parts(_frame(connection, table), path, rows_per_group)
    else:
        table.to_parquet(path, row_group_size=rows_per_group)


def carry_out(connection: ibis.BaseBackend, task: Callable[[int], None], count: int) -> None:
    """Carry a task out for each number under `count`, on Spark on as many machines as it has, else here, one after another.

    The task leaves what it makes in files. Spark sends it to other processes: it must be picklable, what it imports installed
    there, and the files in a folder that all machines see.
    """
    if connection.name != "pyspark" or count == 0:
        for number in range(count):
            task(number)
        return
    numbers = connection._session.range(count).repartition(count)
    numbers.mapInArrow(partial(_done, task), "id long").collect()


def _done(task: Callable[[int], None], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch["id"].to_pylist():
            task(number)
        yield batch


def _like_duckdb() -> Any:
    """Ibis's translation to Spark, but for what Spark then takes otherwise than DuckDB does."""
    import math
    import string

    import sqlglot as sg
    import sqlglot.expressions as sge
    from ibis.backends.sql.compilers.pyspark import PySparkCompiler

    class Compiler(PySparkCompiler):
        __slots__ = ()

        def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:  # noqa: N802
            """0.5 is a decimal to Spark, which cuts what is computed with it; its texts know few escapes."""
            if dtype.is_floating() and math.isfinite(value):
                return self.cast(repr(float(value)), dtype)
            if dtype.is_string() and not _UNKNOWN_ESCAPES.isdisjoint(value):
                return self.f.anon.decode(self.f.anon.unhex(value.encode().hex()), "UTF-8")
            return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

        def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
            """Spark's trim leaves tabs and the ends of lines."""
            blanks = self.f.anon.decode(self.f.anon.unhex(string.whitespace.encode().hex()), "UTF-8")
            return self.f.anon.btrim(arg, blanks)

        def visit_IsInf(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
            """Ibis 12 compares two of its own objects here, and finds nothing infinite."""
            return sg.or_(arg.eq(self.POS_INF), arg.eq(self.NEG_INF)) if op.arg.dtype.is_floating() else sge.false()

        def visit_BitXor(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
            """Spark has it, and Ibis 12 doesn't know."""
            return self.agg.bit_xor(arg, where=where)

    return Compiler()


def _frame(connection: Any, table: ibis.Table) -> Any:
    """The table as Spark's own data frame, what of it is in memory sent along."""
    connection._run_pre_execute_hooks(table)
    return connection._session.sql(connection.compile(table))


def _write_parts(frame: Any, path: Path, rows_per_group: int) -> None:
    frame.write.mode("overwrite").option("parquet.block.row.count.limit", rows_per_group).parquet(_address(path))


def _address(path: Path) -> str:
    """A cluster's own file system may be another: ours is a folder that all its machines see."""
    return f"file://{path.absolute()}"


def _spark(master: str | None, memory_limit: str, log: Path) -> Any:
    """A session with views and settings of its own; the process has one Spark, which ends with it."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ConfigurationError(
            'lastword.toml: [engine] name = "spark" needs PySpark, which is not installed; pip install "lastword[spark]", or '
            'write name = "duckdb"'
        ) from None
    try:
        session = _connected(SparkSession, master) if _is_remote(master) else _started(SparkSession, master, memory_limit, log)
    except ConfigurationError:
        raise
    except Exception as error:  # of Java, of gRPC or of PySpark: whatever says that there is no Spark
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConfigurationError(
            f'lastword.toml: [engine] name = "spark": no session of {master or LOCAL_MASTER} could be opened ({said}); Spark '
            f"needs Java 17 and a master that can be reached, see {log}"
        ) from error
    for name, value in SPARK_SETTINGS.items():
        session.conf.set(name, value)
    return session


def _is_remote(master: str | None) -> TypeGuard[str]:
    return master is not None and master.startswith(CONNECT)


def _connected(session: Any, url: str) -> Any:
    """A session of a Spark Connect server."""
    try:
        return session.builder.remote(url).create()
    except ImportError as error:
        raise ConfigurationError(
            f'lastword.toml: [engine] master = "{url}": Spark Connect needs gRPC ({error}); pip install "pyspark[connect]"'
        ) from error


def _started(session: Any, master: str | None, memory_limit: str, log: Path) -> Any:
    """A session of the Spark that this process has, started where it has none."""
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # spark-submit started us, and says where to run
    builder = session.builder.appName("lastword")
    if master is not None or not submitted:
        chosen = master or LOCAL_MASTER
        builder = builder.master(chosen)
        if chosen.startswith("local"):
            _check_java()
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            for name, value in _local_settings(chosen, memory_limit).items():
                builder = builder.config(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for name, value in {**SPARK_SETTINGS, "spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}.items():
        builder = builder.config(name, value)
    with _standard_error_in(log):
        return builder.getOrCreate().newSession()


@contextmanager
def _standard_error_in(log: Path) -> Iterator[None]:
    """Java keeps what is standard error when it is started: what it says goes to a file, not between the lines of a command."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    ours = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _local_settings(master: str, memory_limit: str) -> dict[str, str]:
    """Of a Spark within this machine: no pages, as much memory as is allowed, as many parts as cores."""
    said = re.fullmatch(r"local\[(\d+)(,.*)?\]", master)
    cores = int(said[1]) if said else 1 if master == "local" else os.cpu_count() or 1
    size, unit = re.fullmatch(r"([\d.]+)\s*(\w+?)B", memory_limit.upper()).groups()  # type: ignore[union-attr]
    return {
        "spark.ui.enabled": "false",
        "spark.driver.memory": f"{max(512, int(float(size) * _UNITS[unit] / 2**20))}m",
        "spark.sql.shuffle.partitions": str(cores),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(sys.path),
    }


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        where = f"{home}/bin" if home else "PATH"
        raise ConfigurationError(
            f'lastword.toml: [engine] name = "spark" needs Java 17, and there is none on {where}; install it (Debian: apt-get '
            'install openjdk-17-jre-headless), or write name = "duckdb"'
        )


def read_numbered(connection: ibis.BaseBackend, path: Path, name: str, number: str) -> ibis.Table | None:
    """A Parquet file with its rows numbered from 1 in a column `number`; None where the engine can't number them.

    Nor can it where the path reads as a pattern, or a column has the name that DuckDB numbers rows in.
    """
    if connection.name != "duckdb" or any(sign in str(path) for sign in "*?[{"):
        return None
    if "file_row_number" in (column.casefold() for column in pq.read_schema(path).names):
        return None
    rows = connection.read_parquet(path, table_name=name, file_row_number=True)
    return rows.mutate(**{number: rows.file_row_number + 1})


def hash_of(connection: ibis.BaseBackend, value: ibis.Value) -> ibis.Value:
    """A whole number for a value, any change of which gives another one: the engine's own hash, and so another on each engine."""
    return (_hash_of_spark if connection.name == "pyspark" else _hash)(value)


@ibis.udf.scalar.builtin(name="hash")
def _hash(value) -> dt.uint64: ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="xxhash64")
def _hash_of_spark(value) -> dt.int64: ...  # type: ignore[no-untyped-def]


@contextmanager
def reading(path: Path, refusal: Callable[[Exception], Exception]) -> Iterator[None]:
    """What DuckDB says of a file that it finds unreadable while it computes, said as `refusal` does."""
    import duckdb

    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if str(path) not in str(error):
            raise
        raise refusal(error) from error
