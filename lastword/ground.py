"""What the scores of every account rest on besides its own row."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lastword.plan import Plan
    from lastword.settings import Settings
    from models.scorecard import PlanReference
    from models.served import Served


@dataclass(frozen=True)
class Ground:
    """The same for every account of a run; small, and it can be sent to other processes.

    Attributes
    ----------
    reference
        What plan points are measured against.
    model_folder, model_version
        The champion as it is stored; None where the plan stands alone.
    """

    settings: "Settings"
    plan: "Plan"
    reference: "PlanReference"
    model_folder: Path | None
    model_version: str | None
    run_id: str
    as_of: date
    now: datetime

    @property
    def served(self) -> "Served | None":
        """The champion, loaded once in each process."""
        return None if self.model_folder is None else _loaded(self.model_folder)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> "Served":
    from models.served import load_served

    return load_served(folder)
