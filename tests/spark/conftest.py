"""One Spark for all tests: it takes ten seconds to start. Skipped, saying why, where there is no Java or no PySpark."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from features.engine import connect
from lastword.errors import ConfigurationError

QUICK_TO_START = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Compiling costs more than it saves on a few hundred rows."""

FAR_FROM_UTC = "Pacific/Auckland"
"""The computer's own time zone must not show in any value."""


def opened(name, folder):
    """A connection to an engine, as a project that asks for it opens it."""
    engine = SimpleNamespace(name=name, master=None, memory_limit="1GB")
    return connect(SimpleNamespace(settings=SimpleNamespace(engine=engine), state_folder=folder), folder)


@pytest.fixture(scope="session")
def java(tmp_path_factory):
    """A running Spark: whoever connects to one gets a session of it."""
    arguments = " ".join(f"--conf {name}={value}" for name, value in QUICK_TO_START.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{arguments} pyspark-shell")
        patch.setenv("TZ", FAR_FROM_UTC)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]))
        try:
            opened("spark", tmp_path_factory.mktemp("spark"))
        except ConfigurationError as error:
            pytest.skip(str(error))


@pytest.fixture
def engines(java, tmp_path):
    """Both engines, by name."""
    return {name: opened(name, tmp_path) for name in ("duckdb", "spark")}
