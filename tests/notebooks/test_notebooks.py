"""The notebooks as their reader opens them: each runs from top to bottom on a project, and shows pictures."""

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import jupytext
import nbformat
import pytest
from filelock import FileLock
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from lastword.demo.write import write_demo
from lastword.workbench import open_project

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
NAMES = ["01_data", "02_train", "03_disagreements", "04_backtest"]
ACCOUNTS = 500
AS_OF = date(2026, 6, 1)
PICTURES = {"01_data": 5, "02_train": 12, "03_disagreements": 5, "04_backtest": 2}
"""At least so many in each, on a population of this size."""
KEPT = ("cell_type", "source")


@pytest.fixture(scope="session")
def trained(tmp_path_factory, worker_id):
    """A small demo, trained and published, once for all workers. Its model serves whatever it is worth: few wins prove little."""
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    folder = shared / "notebooks" / "demo"
    with FileLock(shared / "notebooks.lock"):
        if not folder.exists():
            build(folder)
    return folder


@pytest.fixture
def demo(trained, tmp_path):
    """A copy for one test: two workers don't wait for each other's lock, and what one trains the other doesn't see."""
    return Path(shutil.copytree(trained, tmp_path / "demo"))


@pytest.fixture
def desk(tmp_path):
    """An empty folder to run a notebook in."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def build(folder: Path) -> None:
    draft, truth = folder.with_name("draft"), folder.with_name("truth")
    for path in (draft, truth):
        path.mkdir(parents=True)
    write_demo(draft, truth, ACCOUNTS, seed=7, as_of=AS_OF)
    settings = draft / "lastword.toml"
    settings.write_text(settings.read_text().replace("[model]", '[model]\npromote = "always"\nmin_wins = 30'))
    command = [sys.executable, "-m", "lastword.cli", "run", "--project", str(draft), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    draft.rename(folder)


def executed(name: str, folder: Path | None, where: Path, most_cells: int | None = None) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in a folder of its own."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
    notebook.cells = notebook.cells[:most_cells]
    environment = {key: value for key, value in os.environ.items() if key != "LASTWORD_PROJECT"}
    environment |= {"PYTHONPATH": str(ROOT)} | ({"LASTWORD_PROJECT": str(folder)} if folder else {})
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(where)}}).execute(
        env=environment
    )
    return notebook


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures(notebook):
    return [each for each in outputs(notebook) if {"image/svg+xml", "image/png"} & set(each.get("data", {}))]


def tree():
    """Every file that belongs to the checkout, with its time."""
    folders = [ROOT / name for name in ("notebooks", "lastword", "models", "docs", "tests")]
    return {
        path: path.stat().st_mtime_ns
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    "name",
    [
        "01_data",
        pytest.param("02_train", marks=pytest.mark.slow),
        "03_disagreements",
        pytest.param("04_backtest", marks=pytest.mark.slow),
    ],
)
def test_a_notebook_runs_from_top_to_bottom_and_shows_pictures(demo, desk, name):
    before, ledger = tree(), (demo / ".lastword" / "lastword.db").read_bytes()
    champion = open_project(demo).version("champion").version
    notebook = executed(name, demo, desk)
    assert [each for each in outputs(notebook) if each.output_type == "stream" and each.name == "stderr"] == []
    assert len(pictures(notebook)) >= PICTURES[name]
    assert not [each for each in outputs(notebook) if "<script" in str(each.get("data", {}).get("text/html", ""))]
    assert tree() == before, "nothing of the checkout is touched"
    assert list(desk.iterdir()) == [], "nothing is left where it was run"
    assert (demo / ".lastword" / "lastword.db").read_bytes() == ledger, "no decision enters the ledger"
    assert open_project(demo).version("champion").version == champion


def test_without_a_project_the_first_cell_says_what_to_do_in_one_line(desk):
    with pytest.raises(CellExecutionError) as stated:
        executed("01_data", None, desk, most_cells=2)
    assert "make demo" in stated.value.traceback
    assert "File" not in stated.value.traceback


def test_a_notebook_finds_the_demo_beside_it(demo, desk):
    (desk / "lastword-demo").symlink_to(demo)
    (desk / "notebooks").mkdir()
    notebook = executed("01_data", None, desk / "notebooks", most_cells=2)
    assert str(demo) in str(outputs(notebook)[0]["data"]["text/markdown"])


def test_there_is_a_pair_for_each():
    assert [path.stem for path in SOURCES] == NAMES
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_both_halves_of_a_pair_are_equal_and_the_ipynb_has_no_outputs(source):
    written, stored = jupytext.read(source), nbformat.read(source.with_suffix(".ipynb"), 4)
    nbformat.validate(stored)
    assert [[cell[key] for key in KEPT] for cell in stored.cells] == [[cell[key] for key in KEPT] for cell in written.cells]
    assert stored.metadata["jupytext"]["formats"] == written.metadata["jupytext"]["formats"] == "ipynb,py:percent"
    assert stored.metadata["kernelspec"]["name"] == "python3"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stored.cells)
    assert str(ROOT) not in source.read_text()


@pytest.mark.slow
def test_make_notebooks_writes_executed_copies_into_the_project(demo):
    before = tree()
    programs = f"BIN={Path(sys.executable).parent}"
    command = ["make", "notebooks", "-o", "setup", programs, f"DEMO={demo}", "NOTEBOOKS=01_data"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(demo / "notebooks" / "01_data.ipynb", 4)
    assert len(pictures(notebook)) >= PICTURES["01_data"]
    assert tree() == before
