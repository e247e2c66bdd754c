"""The engine that tables are computed on. The only file that names DuckDB."""

import os
from pathlib import Path
from typing import Any

import ibis

from lastword.errors import Refusal


def connect(project: Any, folder: Path) -> ibis.BaseBackend:
    """Open the engine of `[engine]` for one run.

    Parameters
    ----------
    project
        Its settings name the engine and the memory that it may use.
    folder
        The run folder: what doesn't fit in memory is spilled to a folder of its own in it.

    Returns
    -------
    ibis.BaseBackend
        An in-memory DuckDB with one thread a core and UTC as its time zone.

    Raises
    ------
    Refusal
        The Spark engine is asked for.
    """
    engine = project.settings.engine
    if engine.name == "spark":
        raise Refusal(
            'lastword.toml: [engine] name = "spark": the Spark engine is not available in this version; write name = "duckdb"'
        )
    return ibis.duckdb.connect(
        memory_limit=engine.memory_limit, threads=os.cpu_count() or 1, temp_directory=str(folder / "spill")
    )
