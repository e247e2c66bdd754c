"""Charts whose marks lead somewhere: drawn as links that a keyboard reaches and a screen reader reads out."""

import re
from typing import Any

from lastword.charts.theme import to_svg

ANYWHERE = "http://links.invalid"
"""Stands for the site while a chart is drawn: the drawing knows absolute addresses alone."""

_LINKED = re.compile(rf'<a xlink:href="{re.escape(ANYWHERE)}([^"]*)"><path aria-label="([^"]*)"')
_UNLINKED = re.compile(r'<path aria-label="([^"]*)"')


def link_to(path: str) -> str:
    """The address of a page of the site as a mark's `href`."""
    return f"{ANYWHERE}{path}"


def to_linked_svg(chart: Any) -> str:
    """As `to_svg`, for a chart whose marks have an href of `link_to` and a description: a group of named links, no picture."""
    svg = to_svg(chart).replace('<svg role="img"', '<svg role="group"', 1)
    svg = _LINKED.sub(r'<a href="\1" aria-label="\2"><title>\2</title><path', svg)
    return _UNLINKED.sub(r'<path role="img" aria-label="\1"', svg)
