"""Serving the site: gunicorn with a few threads a process, on this computer alone unless told otherwise."""

import errno
import logging
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError, Refusal

if TYPE_CHECKING:
    from lastword.project import Project
    from lastword.settings import Web

PROCESSES, THREADS = 2, 4
HOST, PORT = "127.0.0.1", 8000
QUIET = {"axes": logging.ERROR, "django.request": logging.ERROR, "django.security.DisallowedHost": logging.CRITICAL}
"""Wrong passwords are on record; wrong addresses and names of hosts are everyday, and would each bring a traceback."""


def serve(
    project: "Project",
    announce: Callable[[str], object],
    warn: Callable[[str], object],
    port: int = PORT,
    host: str = HOST,
    processes: int = PROCESSES,
) -> None:
    """Serve the site until interrupted; ends the process with exit code 0.

    Parameters
    ----------
    announce
        Hears the address once the store is open and the port is ours.
    warn
        Hears, in a sentence each, what speaks against serving it like this.

    Raises
    ------
    Refusal
        The port is taken, gunicorn isn't there, https is asked for without anything that speaks it, or the store can't be
        opened: see overrides.store.open_store.
    ConfigurationError
        There is no such host.
    """
    base = _gunicorn()
    web = project.settings.web
    if web.https and not web.proxies:
        said = "https = true needs a proxy that speaks it, or every page would lead to itself; write proxies = 1 too"
        raise project.mistake(("web", "https"), said)
    listener = listen(host, port)
    site = _site(project)
    for sentence in warnings_of(host, web):
        warn(sentence)
    announce(address_of(host, listener.getsockname()[1]))
    options = _options(project, listener, processes)

    class Server(base):  # type: ignore[misc, valid-type]
        def load_config(self) -> None:
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return site

    Server().run()


def listen(host: str, port: int) -> socket.socket:
    """A socket of our own at this address, so that nobody can take it between the question and the answer.

    Raises
    ------
    Refusal : the port is taken or asks for more rights.
    ConfigurationError : there is no such host.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigurationError(f"--host {host}: no such address; give one of this computer's, or 0.0.0.0 for all") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise _refusal(error, host, port) from error
    return listener


def warnings_of(host: str, web: "Web") -> list[str]:
    """What speaks against listening on this host with these settings."""
    if is_loopback(host):
        return []
    sentences = []
    if not web.https and not web.proxies:
        sentences.append("other computers reach this without encryption, passwords included: see docs/admin.md for https")
    if not web.hosts:
        sentences.append("it answers to the name localhost alone: add the name that others use to [web] hosts in lastword.toml")
    return sentences


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_of(host: str, port: int) -> str:
    """What to type into a browser on this computer."""
    try:
        shown = "localhost" if ip_address(host).is_unspecified else f"[{host}]" if ":" in host else host
    except ValueError:
        shown = host
    return f"http://{shown}:{port}/"


def _site(project: "Project") -> Callable[..., object]:
    from lastword.web.site import application, close_store, forget_expired
    from lastword.web.warm_up import prepare

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    site = application(project)
    prepare()
    forget_expired()
    close_store()  # each process opens connections of its own
    return site


def _options(project: "Project", listener: socket.socket, processes: int) -> dict[str, Any]:
    return {
        "bind": f"fd://{listener.fileno()}",
        "workers": processes,
        "threads": THREADS,
        "worker_class": "gthread",
        "loglevel": "warning",
        "timeout": 120,
        "forwarded_allow_ips": "",  # what proxies say is Django's to judge: see settings.py
        "control_socket_disable": True,
        "post_worker_init": partial(_prepare_process, project),
    }


def _prepare_process(project: "Project", worker: Any) -> None:
    from lastword.web.warm_up import prepare_process

    prepare_process(project)


def _refusal(error: OSError, host: str, port: int) -> Refusal:
    if error.errno == errno.EADDRINUSE:
        return Refusal(f"port {port} of {host} is taken by another program: give a free one, as in --port {port % 65_535 + 1}")
    if error.errno == errno.EACCES:
        return Refusal(f"port {port} asks for more rights than you have: give one from 1024 on, as in --port {PORT}")
    return Refusal(f"{host}:{port} can't be listened on ({error.strerror}): give another --host or --port")


def _gunicorn() -> Any:
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError as error:
        said = "gunicorn isn't there (it doesn't run on Windows): use WSL, or serve lastword.web.wsgi:application with waitress"
        raise Refusal(said) from error
    return BaseApplication
