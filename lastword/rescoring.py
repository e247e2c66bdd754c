"""Scoring only the accounts whose inputs changed: everything else keeps its scores, and the evidence they rest on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import table_files
from lastword.changes import published
from lastword.errors import Refusal
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project
    from lastword.score_work import Work
    from models.scorecard import PlanReference


@dataclass(frozen=True)
class Frozen:
    """What a rescore takes over from the publication before it: so that rescoring a few accounts moves no others."""

    plan_reference: "PlanReference"
    folder: Path
    as_of: date


def to_freeze(run: Run, plan_reference: "PlanReference", model_version: str | None) -> dict[str, Any]:
    """What a publication keeps so that a rescore can take it over: reference.json."""
    return {"plan": plan_reference.to_json(), "scored_by": scored_by(run, model_version)}


def scored_by(run: Run, model_version: str | None) -> dict[str, str | None]:
    """What every account's score rests on besides its own inputs: a change of it asks for a full score."""
    plan = run.project.plan_path.read_bytes()
    return {
        "model": model_version,
        "plan.toml": hashlib.sha256(plan).hexdigest(),
        "lastword.toml": settings_print(run.project),
    }


def settings_print(project: "Project") -> str:
    """By which one sees whether anything in lastword.toml that scores rest on has changed."""
    deciding = project.settings.model_dump_json(include={"features", "grades", "disparity", "final", "spend"}, warnings=False)
    return hashlib.sha256(deciding.encode()).hexdigest()


def frozen(run: Run, model_version: str | None) -> Frozen:
    """What the current publication froze.

    Raises
    ------
    Refusal
        There is no publication yet, or another model, plan or policy serves since: then every account must be scored.
    """
    from models.scorecard import PlanReference

    current = published(run)
    for name, value in scored_by(run, model_version).items():
        if value != current.reference["scored_by"][name]:
            raise Refusal(f"the {name} that scores is not that of the last publication: run `lastword score` for all accounts")
    return Frozen(PlanReference.from_json(current.reference["plan"]), run.project.run_folder(current.run_id), current.as_of)


def with_carried_over(work: "Work", scored: Sequence[Path], accounts: "pd.DataFrame", before: Path) -> list[Path]:
    """The new scores, and of every account that wasn't scored the row it had; accounts no longer given are gone. One file."""
    import pandas as pd

    from lastword.batch_scoring import write_scores

    kept = scores_before(before)
    kept = kept.loc[kept.index.intersection(accounts.index)]
    new = [pd.read_parquet(path).set_index("account_id") for path in scored]
    kept = kept.loc[kept.index.difference(pd.concat(new).index) if new else kept.index]
    path = work.scores / "all.parquet"
    columns = new[0].columns if new else kept.columns
    write_scores(pd.concat([*new, kept[columns]]).loc[accounts.index], path)
    return [path]


def scores_before(folder: Path) -> "pd.DataFrame":
    """The scores of the publication before, by account_id: its folder has them, and where that is gone, the store."""
    from overrides.final import current_scores

    path = folder / "scores.parquet"
    found: pd.DataFrame = table_files.read(path).to_pandas() if path.is_file() else current_scores()
    return found.set_index("account_id")
