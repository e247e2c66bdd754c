"""The smallest project on which every command works, for tests of the program as a whole."""

from pathlib import Path

from lastword.project import Project
from tests.gate_project import write_project

PLAN = """
version = "1"
[[segments]]
name = "A"
min_points = 0
[[attributes]]
name = "name"
kind = "qualitative"
weight = 1
points = { One = 100, Two = 50 }
default = 10
"""


def small_project(folder: Path, **files: str) -> Project:
    """Six accounts, one win and a plan of one attribute; `files` replaces inputs by their text."""
    project = write_project(folder, **files)
    project.plan_path.write_text(PLAN, encoding="utf-8")
    return project
