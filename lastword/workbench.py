"""A project in a notebook: train with other settings, compare, look at the tables.

    project = open_project("lastword-demo")
    trained = project.train(model={"horizon_days": 120}, boosting={"num_leaves": 16, "learning_rate": 0.05})
    trained.compare(project.version("champion"))

A thin layer: a training here is that of `lastword train`, with its gate, its lock, its guard and its record in MLflow, and
settings changed in memory alone. lastword.toml stays as it is.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lastword.environment import set_quiet_defaults
from lastword.errors import ConfigurationError, Refusal
from lastword.experiment import Experiment, open_version
from lastword.exploration import Past, Replay
from lastword.project import Project, find_project

if TYPE_CHECKING:
    import pandas as pd

    from lastword.explanation import Explanation
    from lastword.runner import Listener, Outcome, StageOutcome

NO_SETTING_OF_A_MODEL = ("model.promote", "as_of")
"""What an experiment asks for without it being a change that lastword.toml would need."""

LINE_WIDTH = 120


def open_project(folder: str | Path | None = None) -> "Workbench":
    """The project in `folder`; of the current folder or the nearest one above where none is named.

    A notebook runs in an event loop, in which Django declines to touch a database unless told that nobody else waits for it.
    """
    set_quiet_defaults(os.environ)
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    return Workbench(find_project(Path(folder) if folder is not None else None))


@dataclass(frozen=True)
class Workbench:
    """A project, ready for experiments."""

    project: Project

    def train(
        self,
        *,
        model: Mapping[str, Any] | None = None,
        boosting: Mapping[str, Any] | None = None,
        features: Mapping[str, Any] | None = None,
        grades: Mapping[str, Any] | None = None,
        seed: int | None = None,
        as_of: date | None = None,
        promote: Literal["never", "if_better", "always"] = "never",
        progress: bool = True,
    ) -> Experiment:
        """Train, evaluate and register a version as `lastword train` does, with some settings changed.

        Parameters
        ----------
        model, boosting, features, grades
            Keys of [model], [model.boosting], [features] and [grades] in lastword.toml.
        promote
            An experiment doesn't replace the serving model unless asked: "if_better" leaves it to the guard.
        progress
            A line for each finished stage.

        Raises
        ------
        ConfigurationError
            A setting that is unknown or out of range, named as if lastword.toml had it.
        Refusal
            Too few wins, a blocked leak, another run at work.
        """
        trees = {"boosting": boosting} if boosting is not None else {}
        sections = {"model": {**(model or {}), **trees, "promote": promote}, "features": features or {}, "grades": grades or {}}
        single = {"seed": seed, "as_of": as_of}
        changes = sections | {name: value for name, value in single.items() if value is not None}
        outcome = self._carry_out(changed(self.project, changes), "notebook", progress)
        return self.version(_trained_version(outcome))

    def version(self, version: str | int) -> Experiment:
        """A version trained before, by its number or as "champion" or "challenger"."""
        return open_version(self.project, str(version))

    def versions(self) -> "pd.DataFrame":
        """Grain: version, newest first; as `lastword model list --json` has them, the key figures a column each."""
        import pandas as pd

        from lastword.serving_history import listed

        rows = [{**each, **each["figures"]} for each in listed(self.project)]
        return pd.DataFrame(rows).drop(columns="figures", errors="ignore")

    def current(self) -> Experiment:
        """The version to look at: the champion; where none serves, the newest.

        Raises
        ------
        Refusal
            None has been trained yet.
        """
        versions = self.versions()
        if versions.empty:
            raise Refusal(f"no model has been trained in {self.project.folder}: run `lastword train`")
        serves = versions.loc[["champion" in names for names in versions["aliases"]], "version"]
        return self.version((serves if len(serves) else versions["version"]).iloc[0])

    def runs(self) -> "pd.DataFrame":
        """Grain: MLflow run, newest first; see `models.registry.training_runs`."""
        from models.registry import training_runs

        return training_runs(self.project)

    def features(self, as_of: date | None = None, progress: bool = False) -> "pd.DataFrame":
        """What the champion would see of every account as of a day: one row per account_id, a column per feature.

        The inputs pass the gate as in any run. Without a champion: every feature that has support as of that day.
        """
        import pandas as pd

        dated = changed(self.project, {"as_of": as_of}) if as_of else self.project
        return pd.read_parquet(self._carry_out(dated, "features", progress).folder / "features.parquet")

    def past(self, as_of: date | None = None) -> Past:
        """The inputs as they pass the gate, and the rows that a model may learn from as of a day."""
        from lastword.exploration import gather_past

        return gather_past(changed(self.project, {"as_of": as_of}) if as_of else self.project, datetime.now(UTC))

    def gate(self) -> "pd.DataFrame":
        """Rows in, used, not yet known and set aside, by input table: see `exploration.gate_counts`."""
        from lastword.exploration import gate_counts

        return gate_counts(self.project)

    def gate_reasons(self) -> "pd.DataFrame":
        """What was wrong with rows and cells, and how often: see `exploration.gate_reasons`."""
        from lastword.exploration import gate_reasons

        return gate_reasons(self.project)

    def indicators(self) -> "pd.DataFrame":
        """Grain: indicator, strongest evidence first; columns as in docs/tables.md. Of the published run."""
        import pandas as pd

        from lastword.exploration import published_folder

        return pd.read_parquet(published_folder(self.project) / "indicators.parquet")

    def recommendations(self, progress: bool = False) -> dict[str, Any]:
        """What to change in the plan, and what each change would do: recommendations.json, made on today's inputs."""
        from lastword.results import read_report

        folder = self._carry_out(self.project, "recommend", progress).folder
        return read_report(folder, "recommendations.json") or {}

    def backtest(self, progress: bool = False) -> Replay:
        """Past landmarks replayed, as `lastword backtest` does: plan, model, blend and final at the same k."""
        from lastword.exploration import read_replay

        return read_replay(self._carry_out(self.project, "backtest", progress))

    def rehearsal(self, folder: str | Path, overrides: Mapping[str, Any] | None = None) -> "Rehearsal":
        """A copy of the project to try decisions on; the ledger of this one stays as it is.

        Parameters
        ----------
        folder
            Where to copy it to; a folder that isn't there yet.
        overrides
            Keys of [overrides] to differ in the copy.
        """
        from lastword.exploration import rehearsal_of

        copy = rehearsal_of(self.project, Path(folder))
        return Rehearsal(changed(copy, {"overrides": {"approve_from_steps": 0, **(overrides or {})}}))

    def final(self) -> "pd.DataFrame":
        """The final table as it is now, overrides included: one row per account."""
        from lastword.results import final_scores

        return final_scores(self.project)

    def queue(self, limit: int | None = None) -> "pd.DataFrame":
        """The review queue, what a look is worth most first, and why each account is in it."""
        from lastword import results

        return results.with_why(self.project, results.review_queue(self.project).head(limit))

    def reasons(self, account_id: str | None = None) -> "pd.DataFrame":
        """Both opinions in points, attribute by attribute, of one account or of all: see `kept_reasons.reasons_of`."""
        from lastword.kept_reasons import reasons_of

        accounts = self.final()
        chosen = accounts if account_id is None else accounts[accounts["account_id"] == account_id]
        return reasons_of(self.project, chosen)

    def explain(self, account_id: str) -> "Explanation":
        """One account: its row, its reasons, the gap by cause, and all of it in sentences, as `lastword explain` has them."""
        from lastword.explanation import explain_account

        return explain_account(self.project, account_id, datetime.now(UTC))

    def _carry_out(self, project: Project, command: str, progress: bool) -> "Outcome":
        from lastword.runner import Silence, run_stages

        listener: Listener = Lines() if progress else Silence()
        return run_stages(project, command, datetime.now(UTC), listener=listener)


class Rehearsal(Workbench):
    """A copy of a project, on which decisions may be made up and dated back. The original never hears of them."""

    def decide(self, account_id: str, grade: str, reason: str, by: str, at: datetime, expires_on: date | None = None) -> str:
        """Record an override as if made at an instant of the past; the entry's action, `hold_out` where the draw held it out."""
        from overrides import ledger
        from overrides.store import open_store

        open_store(self.project.store_url)
        return ledger.add(account_id, grade, reason, "", by, expires_on, at, self.project.settings).action


class Lines:
    """Hears a run and writes a line per finished stage below the notebook's cell."""

    def started(self, title: str, position: int, total: int) -> None:
        pass

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        from lastword.terminal import stage_line

        sys.stdout.write(f"{stage_line(stage, LINE_WIDTH)}\n")
        sys.stdout.flush()


def changed(project: Project, changes: Mapping[str, Any]) -> Project:
    """The project with settings changed in memory, checked as lastword.toml is, and with a note of what differs from it.

    Raises
    ------
    ConfigurationError
        One line on the first mistake: which key, what was found, what to write.
    """
    from pydantic import ValidationError

    from lastword.mistakes import explain_all, key_name
    from lastword.settings import Settings

    before = project.settings.model_dump()
    try:
        settings = Settings.model_validate(_merged(before, changes))
    except ValidationError as error:
        first, *others = explain_all(error.errors(), Settings)
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigurationError(f"{key_name(first.at)}: {first.text}{more}") from None
    was, told = _flat(before), _flat(settings.model_dump())
    differ = {key: value for key, value in told.items() if was.get(key) != value and key not in NO_SETTING_OF_A_MODEL}
    return replace(project, settings=settings, changes=tuple((key, _as_text(value)) for key, value in differ.items()))


def _trained_version(outcome: "Outcome") -> str:
    version = outcome.stages[-1].counts.get("version")
    if version is None:
        from lastword.results import read_report

        report = read_report(outcome.folder, "metrics.json") or {"model": {}}
        raise Refusal(f"nothing was trained: {report['model'].get('refused_because')}")
    return str(version)


def _merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the changes in them, tables merged key by key."""
    merged = dict(settings)
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys and their values."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
