"""Works recommendations out in a process of its own, as `lastword indicators --recommend` does, and tells how far it is."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.project import find_project
from lastword.web.background import Tell, Work

if TYPE_CHECKING:
    from lastword.runner import StageOutcome

RECOMMENDING = Work("recommending", "lastword.web.recommender", "lastword indicators --recommend")


def main(folder: str) -> None:
    """Do the work for the project in a folder, as the process that is started for it."""
    from lastword.runner import run_stages

    project = find_project(Path(folder))
    RECOMMENDING.perform(project, lambda tell, by: run_stages(project, "recommend", datetime.now(UTC), listener=_Teller(tell)))


class _Teller:
    """Hears the stages (see runner.Listener) and tells how far they are."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def started(self, title: str, position: int, total: int) -> None:
        self.tell(title, position + 1, total)

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        pass


if __name__ == "__main__":
    main(sys.argv[1])
