"""A trained version as a notebook sees it: what was measured of it, what the guard says, the model itself."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.serving_history import Moved, guard_refuses, promote_version

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project
    from models.propensity import Propensity
    from models.registry import Version
    from models.served import Served

SECTIONS = ("temporal", "look_alike")
SHOWN = ("auc", "average_precision", "lift_at_15", "capture_at_15", "calibration_slope", "ece")
"""Metrics in a notebook's table; `metrics()` has all."""


@dataclass(frozen=True)
class Experiment:
    """A version of the registered model. `registered` is what MLflow says of it, `folder` holds its files."""

    project: "Project"
    registered: "Version"
    folder: Path

    @property
    def version(self) -> str:
        """Its number in the registry."""
        return self.registered.version

    @property
    def run_id(self) -> str:
        """The run's folder in .lastword/runs; `registered.run_id` is MLflow's."""
        return self.registered.tags.get("run_id", "")

    @property
    def promoted(self) -> bool:
        """Whether it came to serve when it was trained."""
        return self.registered.tags.get("promoted") == "yes"

    @property
    def refused_because(self) -> str | None:
        """Why it didn't come to serve when it was trained; None where it did. With promote="never", that."""
        return self.registered.tags.get("refused_because") or None

    @property
    def guard_refuses(self) -> str | None:
        """Which rules of promotion it breaks, whatever was asked for; None where it may serve."""
        return guard_refuses(self.registered) or None

    @cached_property
    def artifacts(self) -> Path:
        """The folder with the files of its MLflow run: figures.json, promotion.json, leakage.json, the model card …"""
        from models.registry import artifacts_of

        return artifacts_of(self.project, self.registered.run_id)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Everything measured of it, as in metrics.json."""
        return self.report("figures.json")

    @property
    def card(self) -> Path | None:
        """The model card, a page of HTML; None where the training made none."""
        return next(iter(sorted(self.artifacts.glob("*card*.html"))), None)

    @cached_property
    def served(self) -> "Served":
        """What scoring uses: `.score(features)` gives logit, propensity and points, as the final table has them."""
        from models.served import load_served

        return load_served(self.folder)

    @property
    def model(self) -> "Propensity":
        """The fitted model: `.predict(features)`, `.logit(features)`, `.contributions(features)`, `.recipe`."""
        return self.served.model

    def checks(self) -> "pd.DataFrame":
        """Grain: rule of promotion. Columns: rule, met, said."""
        import pandas as pd

        found = self.report("promotion.json")["checks"]
        return pd.DataFrame([{"rule": each["name"], "met": each["ok"], "said": each["said"]} for each in found])

    def metrics(self) -> "pd.DataFrame":
        """Grain: opinion and metric, on the same rows that the fit has not seen.

        Columns: version, opinion (model, plan, blend, chance), metric, estimate, low and high (95 %; null for chance).
        """
        import pandas as pd

        section: dict[str, Any] = next((self.figures[name] for name in SECTIONS if name in self.figures), {})
        rows = [
            {"version": self.version, "opinion": opinion, "metric": name, **_figure(value)}
            for opinion, measured in section.items()
            for name, value in measured.items()
        ]
        return pd.DataFrame(rows, columns=["version", "opinion", "metric", "estimate", "low", "high"])

    def compare(self, other: "Experiment") -> "pd.DataFrame":
        """This model's metrics beside another's. Grain: metric and version; columns as `metrics`, without the opinion.

        The rows `test_rows` and `test_wins` tell whether both were measured on the same outcomes: another horizon or date has
        others. The intervals are each version's own; the paired comparison with the champion is among `checks()`.
        """
        import pandas as pd

        parts = [each._comparable() for each in (self, other)]
        both = pd.concat(parts, ignore_index=True)
        order = {metric: place for place, metric in enumerate(dict.fromkeys(both["metric"]))}
        return both.sort_values("metric", key=lambda column: column.map(order), kind="stable", ignore_index=True)

    def promote(self, by: str, note: str = "", override_guard: str | None = None, now: datetime | None = None) -> Moved:
        """Let it serve, as `lastword model promote` does, the guard included. `lastword score` makes its scores current."""
        return promote_version(self.project, self.version, by, note, override_guard, now or datetime.now(UTC))

    def _comparable(self) -> "pd.DataFrame":
        import pandas as pd

        own = self.metrics()
        window = self.figures.get("windows", {}).get("test", {})
        sizes = [
            {"version": self.version, "metric": f"test_{count}", "estimate": float(window[count])}
            for count in ("rows", "wins")
            if count in window
        ]
        columns = ["metric", "version", "estimate", "low", "high"]
        model = own.loc[own["opinion"] == "model", columns]
        return pd.concat([pd.DataFrame(sizes, columns=columns).astype(model.dtypes.to_dict()), model]) if sizes else model

    def report(self, name: str) -> dict[str, Any]:
        """A JSON file of its MLflow run: figures.json, promotion.json, leakage.json; a Refusal where it is gone."""
        path = self.artifacts / name
        if not path.is_file():
            raise Refusal(f"{name} of version {self.version} is gone from {self.artifacts}; train again")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _repr_html_(self) -> str:
        """The decision, what was changed, the figures beside the plan's, and the guard's rules."""
        table = self.metrics()
        table = table[table["metric"].isin(SHOWN)].pivot(index="metric", columns="opinion", values="estimate")
        table = table.reindex(index=SHOWN, columns=[name for name in ("model", "plan", "blend", "chance") if name in table])
        changed = self.registered.tags.get("changed_settings")
        said = [f"<b>Version {self.version}</b>: {escape(self._fate())}"]
        said += [f"Settings: <code>{escape(changed)}</code>"] if changed else []
        lines = "".join(f"<p style='margin:.2em 0'>{line}</p>" for line in said)
        rules = "".join(_rule(met, said) for _, met, said in self.checks().itertuples(index=False))
        figures = table.to_html(float_format="{:.3f}".format, na_rep="")
        return f"<div>{lines}{figures}<ul>{rules}</ul></div>"

    def _fate(self) -> str:
        if self.promoted:
            return "promoted; it serves from the next scoring on"
        refused = self.guard_refuses
        return f"not promoted; the guard refuses it: {refused}" if refused else "not promoted; the guard allows it"


def open_version(project: "Project", version: str) -> Experiment:
    """A version that was trained before, by its number or an alias.

    Raises
    ------
    LastwordError
        There is no such version, or its files are gone.
    """
    from models.registry import aliases, files_of, get_version

    found = get_version(project, aliases(project).get(version, version))
    return Experiment(project, found, files_of(project, found.version).folder)


def _figure(value: Any) -> dict[str, float | None]:
    ends = value if isinstance(value, dict) else {"estimate": value}
    return {end: ends.get(end) for end in ("estimate", "low", "high")}


def _rule(met: bool, said: str) -> str:
    return f"<li>{escape(said)}</li>" if met else f"<li><b>not met</b>: {escape(said)}</li>"
