"""A published demo's site for tests of pages: the same small population for all, a store of its own for each test."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from lastword.project import Project, find_project

PEOPLE = {"vera": "viewer", "rita": "reviewer", "rolf": "reviewer", "anna": "approver", "adam": "admin"}
PASSWORD = "correct horse battery staple"
AS_OF = date(2026, 6, 1)


@pytest.fixture(scope="session")
def published_demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A demo of 700 accounts, trained and published, with PEOPLE who may sign in; to be copied, never changed.

    Made once: processes that test side by side wait for the first to make it.
    """
    if kept := os.environ.get("LASTWORD_TEST_DEMO"):  # a developer's own copy, for quick repeats
        return Path(kept)
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "published-demo"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            publish_demo(folder.with_suffix(".unfinished"), 700)
            folder.with_suffix(".unfinished").rename(folder)
    return folder


def publish_demo(folder: Path, accounts: int) -> None:
    """A demo of so many accounts as of AS_OF, trained and published, with PEOPLE who may sign in."""
    from lastword.demo import generate
    from lastword.runner import run_stages
    from lastword.web.people import add_person
    from lastword.web.site import close_store, configure

    generate(folder, accounts, 7, AS_OF)
    project = find_project(folder)
    configure(project)
    run_stages(project, "run", datetime.now(UTC))
    for name, role in PEOPLE.items():
        add_person(project, name, role, PASSWORD)
    close_store()


@pytest.fixture
def site(published_demo: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of the published demo, its site configured and its store open."""
    from lastword.web.site import close_store, configure

    folder = tmp_path / "demo"
    close_store()
    shutil.copytree(published_demo, folder)
    project = find_project(folder)
    configure(project)
    yield project
    close_store()
