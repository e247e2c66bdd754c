"""Serving the site: gunicorn with a few threads a process, on this computer alone unless told otherwise."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lastword.project import Project

PROCESSES, THREADS = 2, 4
HOST = "127.0.0.1"


def serve(project: "Project", port: int, announce: Callable[[str], object], host: str = HOST) -> None:
    """Serve the site until interrupted. `announce` hears the address once the store is open.

    Raises
    ------
    Refusal, ConfigurationError : the store can't be opened: see overrides.store.open_store.
    """
    from gunicorn.app.base import BaseApplication

    from lastword.web.site import application, close_store

    site = application(project)
    close_store()  # each process opens connections of its own
    options = {
        "bind": f"{host}:{port}",
        "workers": PROCESSES,
        "threads": THREADS,
        "worker_class": "gthread",
        "loglevel": "warning",
        "timeout": 120,
    }

    class Server(BaseApplication):
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return site

    announce(f"http://{host}:{port}/")
    Server().run()
