"""Every test runs as the product does: with the switches that the command line sets before anything heavy is imported."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import hypothesis

from lastword.environment import set_quiet_defaults

set_quiet_defaults(os.environ)
hypothesis.settings.register_profile("unhurried", deadline=None)  # a busy computer is no mistake
hypothesis.settings.load_profile("unhurried")


def pytest_configure() -> None:
    """Set Django up as the site does: a process can be set up once, and tests of stores and of pages share one."""
    import django
    from django.conf import settings

    from lastword.settings import Web
    from lastword.web.settings import settings_of
    from overrides.store import database_settings

    if not settings.configured:
        folder = Path(tempfile.mkdtemp(prefix="lastword-tests-"))
        project = SimpleNamespace(state_folder=folder, settings=SimpleNamespace(web=Web()))
        settings.configure(**settings_of(project, database_settings("sqlite:///:memory:")))
        django.setup()
