"""Lets a test see what a page was rendered with, as `response.context`: import the fixture into the test's module."""

import pytest


@pytest.fixture(autouse=True)
def rendered_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's own instrumentation, without the rest of its test environment."""
    from django.template import Template
    from django.test.utils import instrumented_test_render

    monkeypatch.setattr(Template, "_render", instrumented_test_render)
