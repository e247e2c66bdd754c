"""Whether the same data and seed give the same bytes: the demo generated and run twice, on one thread and on two."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lastword.demo import generate
from tests.truth.market import AS_OF

MAY_DIFFER = ("run_id", "model_version", "scored_at")
"""Columns in which two runs of the same data and seed differ by contract."""

NAMES_ITS_FOLDER = "champion.json"
"""The one file of a run that says where the project is."""

SETTINGS = '[model]\nmin_wins = 30\npromote = "always"'
"""A model serves unless it is no better than chance, so that there are mostly its scores to compare."""


def repeated_figures(folder: Path, accounts: int, seed: int) -> dict[str, float]:
    """files: how many are compared; different_files: how many of them are not the same, or are there but once."""
    first, second = (file_prints(run_demo(folder / f"threads-{count}", accounts, seed, count)) for count in (1, 2))
    different = [name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name)]
    for name in different:
        print(f"different: {name}")
    return {"files": len(first), "different_files": len(different)}


def run_demo(folder: Path, accounts: int, seed: int, threads: int) -> Path:
    """The project after `lastword run` with so many threads."""
    project = generate(folder / "demo", accounts, seed, AS_OF)
    settings = project / "lastword.toml"
    settings.write_text(settings.read_text().replace("[model]", SETTINGS))
    path = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": path}
    command = [sys.executable, "-m", "lastword.cli", "run", "--project", str(project)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return project


def file_prints(project: Path) -> dict[str, str]:
    """A digest of everything generated, of the run's tables and reports, and of what is stored of the model, by name."""
    runs = project / ".lastword" / "runs"
    run = runs / json.loads((runs / "latest.json").read_text())["run_id"]
    named = run / NAMES_ITS_FOLDER
    model = {"model": Path(json.loads(named.read_text())["folder"])} if named.exists() else {}
    parquet = [*run.glob("*.parquet"), *(project / "data").glob("*.parquet")]
    tables = {path.name: digest(table_bytes(path)) for path in parquet}
    places = {"data": project / "data", "run": run} | model
    others = [(place, path) for place, folder in places.items() for path in folder.iterdir() if path.is_file()]
    compared = [(place, path) for place, path in others if path.suffix != ".parquet" and path.name != NAMES_ITS_FOLDER]
    return tables | {f"{place}/{path.name}": digest(path.read_bytes()) for place, path in compared}


def table_bytes(path: Path) -> bytes:
    """The table but for what may differ, as a stream of Arrow."""
    table = pq.read_table(path)
    kept = table.drop_columns([name for name in MAY_DIFFER if name in table.column_names])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, kept.schema) as stream:
        stream.write_table(kept)
    return sink.getvalue().to_pybytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
