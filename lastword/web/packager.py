"""Makes the hand-over package in a process of its own, as `lastword handover` does; the packages that were made stay for a while.

Each is one .zip in the project's state folder, named by its run: made again, it takes the place of the one before.
"""

import sys
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from lastword.handover.package import hand_over, manifest_in
from lastword.project import Project, find_project
from lastword.web.background import Tell, Work

PACKAGING = Work("packaging", "lastword.web.packager", "lastword handover handover.zip")
MOST_KEPT = 5


@dataclass(frozen=True)
class Package:
    """A package that was made, and what its manifest says."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """The run that it is of."""
        return str(self.manifest["run_id"])

    @property
    def name(self) -> str:
        """What its file is called."""
        return self.path.name

    @property
    def size(self) -> int:
        """Bytes of the .zip."""
        return self.path.stat().st_size

    def file(self, name: str) -> IO[bytes]:
        """One of its files, to be read; KeyError where it has none of that name."""
        archive = zipfile.ZipFile(self.path)
        try:
            return archive.open(name)
        finally:
            archive.close()  # what is open of it stays so until it is closed itself


def packages(project: Project) -> list[Package]:
    """The packages that are kept, the one made last first."""
    found = [_package(path) for path in _folder(project).glob("handover-*.zip")]
    return sorted((each for each in found if each is not None), key=lambda each: each.manifest["made_at"], reverse=True)


def make(project: Project, now: datetime, by: str, tell: Tell | None = None) -> Package:
    """Make the package of the current publication, say so in the audit, and drop those beyond MOST_KEPT.

    Raises
    ------
    Refusal
        Nothing is published, or it can't be written.
    """
    from overrides.events import EXPORT, record
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(project.store_url)
    current = current_run()
    folder = _folder(project)
    with suppress(OSError):  # said by what writes the package
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = "handover.zip" if current is None else f"handover-{current.run_id}.zip"
    made = hand_over(project, folder / name, now, force=True, tell=tell)
    rows = made.manifest["files"]["accounts.csv"]["rows"]
    said = f"Makes the hand-over package of run {made.manifest['run_id']}: {rows:,} accounts"
    record(EXPORT, by, "hand-over", said, now, {"run_id": made.manifest["run_id"], "rows": rows})
    for old in packages(project)[MOST_KEPT:]:
        old.path.unlink(missing_ok=True)
    return Package(made.path, made.manifest)


def main(folder: str) -> None:
    """Do the work for the project in a folder, as the process that is started for it."""
    from lastword.web.site import configure

    project = find_project(Path(folder))
    configure(project)
    PACKAGING.perform(project, lambda tell, by: make(project, datetime.now(UTC), by, tell))


def _folder(project: Project) -> Path:
    return project.state_folder / "handover"


def _package(path: Path) -> Package | None:
    manifest = manifest_in(path)
    return None if manifest is None or "run_id" not in manifest or "made_at" not in manifest else Package(path, manifest)


if __name__ == "__main__":
    main(sys.argv[1])
