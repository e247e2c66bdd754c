"""What the first visitor would wait seconds for is done when the server starts: heavy imports, and the first drawing."""

import logging
from importlib import import_module
from threading import Thread

AHEAD = (
    "altair",
    "features.catalog",
    "models.agreement",
    "models.explain",
    "models.scorecard",
    "pyarrow.compute",
    "pyarrow.parquet",
    "vl_convert",
)
"""What pages import when they first need it. Before the processes part, so that they share the memory."""


def import_ahead() -> None:
    """Import what pages need, once for all processes."""
    for name in AHEAD:
        import_module(name)


def draw_ahead() -> None:
    """Start drawing in this process, beside its first answers: what draws starts threads, so it can't be shared."""
    Thread(target=_draw, name="first drawing", daemon=True).start()


def _draw() -> None:
    from lastword.charts.theme import chart_of, finished, to_svg

    try:
        to_svg(finished(chart_of([{"x": 0}]).mark_point().encode(x="x:Q"), "First drawing", "Nothing is shown of it."))
    except Exception:  # a page that draws says better what is wrong
        logging.getLogger(__name__).debug("the first drawing failed", exc_info=True)
