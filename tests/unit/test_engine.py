"""The engine that [engine] names, or one line that says why it can't be had."""

import sys

import pytest

from features.engine import connect
from lastword.errors import ConfigurationError
from lastword.project import find_project
from tests.small_project import small_project


@pytest.fixture
def project(tmp_path):
    return small_project(tmp_path, settings='[engine]\nname = "spark"\n')


def test_duckdb_is_limited_and_in_utc(tmp_path):
    project = small_project(tmp_path, settings='[engine]\nmemory_limit = "1GB"\n')
    connection = connect(find_project(project.folder), tmp_path)
    said = connection.raw_sql("SELECT current_setting('memory_limit'), current_setting('TimeZone')").fetchone()
    assert said == ("953.6 MiB", "UTC")


def test_without_pyspark_one_line_says_what_to_install(project, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigurationError, match=r'pip install "lastword\[spark\]"'):
        connect(project, tmp_path)


def test_without_java_one_line_says_where_it_was_looked_for(project, tmp_path, monkeypatch):
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="needs Java 17, and there is none on .*nowhere/bin"):
        connect(project, tmp_path)
