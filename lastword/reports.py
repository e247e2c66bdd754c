"""The JSON files of a run's folder, metrics.json first among them."""

import json
from collections.abc import Mapping
from typing import Any

from lastword.run import Run


def write_metrics(
    run: Run,
    mode: str,
    version: str | None,
    promoted: bool = False,
    refused_because: str | None = None,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """metrics.json: the mode, which version serves, whether it was promoted in this run and why not, and what was measured."""
    settings = run.project.settings
    model = {"name": settings.mlflow.model_name, "version": version, "promoted": promoted, "refused_because": refused_because}
    write_json(run, "metrics.json", {"mode": mode, "engine": settings.engine.name, "model": model, "figures": figures or {}})


def add_figures(run: Run, figures: Mapping[str, Any]) -> None:
    """Put these among the figures of the run's metrics.json; what is None was not measured and is left out."""
    metrics = read_json(run, "metrics.json") or {}
    measured = {name: figure for name, figure in figures.items() if figure is not None}
    write_json(run, "metrics.json", metrics | {"figures": metrics.get("figures", {}) | measured})


def write_json(run: Run, name: str, content: Mapping[str, Any]) -> None:
    """Write a JSON file into the run's folder."""
    (run.folder / name).write_text(to_json(content), encoding="utf-8")


def read_json(run: Run, name: str) -> dict[str, Any] | None:
    """A JSON file of the run's folder; None where there is none."""
    path = run.folder / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def to_json(content: Mapping[str, Any]) -> str:
    """Text of a JSON file; what could not be measured (NaN) is null, which every reader of JSON understands."""
    return json.dumps(null_for_nan(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def null_for_nan(value: Any) -> Any:
    """The value with None in place of every NaN in it."""
    if isinstance(value, Mapping):
        return {name: null_for_nan(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [null_for_nan(each) for each in value]
    return None if isinstance(value, float) and value != value else value
