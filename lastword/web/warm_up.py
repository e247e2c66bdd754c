"""What the first visitor would wait seconds for is done when the server starts: imports, templates, the first drawing."""

import gc
import logging
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lastword.project import Project

AHEAD = (
    "altair",
    "features.catalog",
    "lastword.planning.whatif",
    "models.agreement",
    "models.explain",
    "models.gap",
    "models.scorecard",
    "pyarrow.compute",
    "pyarrow.parquet",
    "vl_convert",
)
"""What pages import when they first need it. Before the processes part, so that they share the memory."""


def prepare() -> None:
    """Import what pages need and compile their templates, once for all processes; what is there by then is never garbage.

    Looking through all of it for garbage would hold a process up for a tenth of a second now and then.
    """
    from django.template.loader import get_template

    for name in AHEAD:
        import_module(name)
    folder = Path(__file__).with_name("templates")
    for path in sorted(folder.rglob("*.html")):
        get_template(path.relative_to(folder).as_posix())
    gc.collect()
    gc.freeze()


def prepare_process(project: "Project") -> None:
    """In each process: draw and read ahead what can't be shared, beside its first answers."""
    Thread(target=_read_and_draw, args=(project,), name="warm-up", daemon=True).start()


def _read_and_draw(project: "Project") -> None:
    from django.db import connections

    from lastword.charts.theme import chart_of, finished, to_svg
    from lastword.web.pages.filtering import hierarchy_of
    from overrides.state import store_state

    try:
        hierarchy_of(project, store_state(datetime.now(UTC)).run_id)
        to_svg(finished(chart_of([{"x": 0}]).mark_point().encode(x="x:Q"), "First drawing", "Nothing is shown of it."))
    except Exception:  # a page that reads or draws says better what is wrong
        logging.getLogger(__name__).debug("the warm-up failed", exc_info=True)
    finally:
        connections.close_all()
