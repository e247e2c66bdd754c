"""Imports go one way, each heavy package has one door, and the command line starts without any of them."""

import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
HEAVY = (
    "django",
    "duckdb",
    "great_expectations",
    "ibis",
    "lightgbm",
    "mlflow",
    "numpy",
    "pandas",
    "prefect",
    "pydantic",
    "sklearn",
)


def test_the_import_contracts_hold(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_an_import_against_the_layers_is_found(tmp_path):
    for package in ("upper", "lower"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("import upper\n" if package == "lower" else "")
    contract = '[[tool.importlinter.contracts]]\nname = "n"\ntype = "layers"\nlayers = ["upper", "lower"]\n'
    packages = '[tool.importlinter]\nroot_packages = ["upper", "lower"]\n'
    (tmp_path / "pyproject.toml").write_text(packages + contract)
    code = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"],
        cwd=tmp_path,
        capture_output=True,
    ).returncode
    assert code == 1


def test_the_command_line_starts_without_a_heavy_package():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, lastword.cli; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(HEAVY) & set(loaded)
