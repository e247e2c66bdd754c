"""The API on both databases: a store of its own for every test, and the site that serves it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lastword.settings import Web
from tests.stores import (  # noqa: F401
    Project,
    postgres_server,
    postgres_template,
    project,
    scores_of,
    sqlite_template,
)

PUBLISHED_AT = datetime(2026, 6, 1, 6, tzinfo=UTC)
ACCOUNTS = ("007", "a/1", "b 2", "=cmd", "é€", "x#y?z%", "z9")
"""Graded A B C D F A B by the model, in this order; ids as customers have them."""


@pytest.fixture
def served(project: Project) -> Iterator[Project]:  # noqa: F811
    """A store with nothing published, served."""
    from django.conf import settings

    settings.LASTWORD_PROJECT = SimpleNamespace(
        settings=SimpleNamespace(**vars(project.settings), web=Web()),
        store_url=project.store_url,
        folder=project.runs_folder.parent,
        state_folder=project.runs_folder.parent,
        lock_path=project.runs_folder.parent / "lock",
        runs_folder=project.runs_folder,
        run_folder=lambda run_id: project.runs_folder / run_id,
    )
    yield project
    del settings.LASTWORD_PROJECT


@pytest.fixture
def published(served: Project) -> Project:
    """ACCOUNTS, published once."""
    served.publish(
        scores_of(ACCOUNTS, PUBLISHED_AT, region=["EMEA", "APAC", None, "=1+1", "EMEA", "EMEA", "EMEA"]), now=PUBLISHED_AT
    )
    return served
