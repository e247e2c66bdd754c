"""Listening, what is said about it, and how serving ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from lastword.errors import ConfigurationError, Refusal
from lastword.project import init_project
from lastword.settings import Web
from lastword.web.server import address_of, is_loopback, listen, warnings_of


def test_a_port_that_is_taken_is_refused_with_another_one_to_try():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Refusal, match=f"port {port} of 127.0.0.1 is taken by another program: give a free one"):
            listen("127.0.0.1", port)


def test_a_host_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="--host no.such.host.invalid: no such address"):
        listen("no.such.host.invalid", 0)


def test_an_address_of_another_computer_is_refused():
    with pytest.raises(Refusal, match="can't be listened on"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "loopback", "address"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:8000/"),
        ("::1", True, "http://[::1]:8000/"),
        ("localhost", True, "http://localhost:8000/"),
        ("0.0.0.0", False, "http://localhost:8000/"),
        ("10.1.2.3", False, "http://10.1.2.3:8000/"),
        ("server", False, "http://server:8000/"),
    ],
)
def test_the_address_is_one_that_can_be_typed(host, loopback, address):
    assert is_loopback(host) == loopback
    assert address_of(host, 8000) == address


@pytest.mark.parametrize(
    ("host", "web", "expected"),
    [
        ("127.0.0.1", Web(), []),
        ("0.0.0.0", Web(), ["without encryption", "localhost alone"]),
        ("0.0.0.0", Web(hosts=("a.example",)), ["without encryption"]),
        ("0.0.0.0", Web(hosts=("a.example",), proxies=1), []),
    ],
)
def test_what_speaks_against_a_host_is_said(host, web, expected):
    said = warnings_of(host, web)
    assert len(said) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, said, strict=True))


@pytest.fixture
def start(tmp_path):
    """`lastword web` on a new project, at a free port; other values of two settings."""
    started = []

    def start(https="false", store='"sqlite:///.lastword/lastword.db"'):
        project = init_project(tmp_path / "project")
        text = project.settings_path.read_text(encoding="utf-8")
        text = re.sub("^https .*$", f"https = {https}", re.sub("^url .*$", f"url = {store}", text, flags=re.M), flags=re.M)
        project.settings_path.write_text(text, encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "lastword.cli", "web", "--port", str(port), "--project", str(project.folder)]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process, port

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_interrupted_and_ends_quietly(start, how):
    process, port = start()
    assert process.stdout.readline() == f"The review application is at http://127.0.0.1:{port}/ (Ctrl-C ends it)\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=60) as answer:
        assert answer.status == 200
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def test_https_without_a_proxy_is_refused_before_anybody_is_led_in_circles(start):
    process, _ = start(https="true")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "[web] https: https = true needs a proxy that speaks it" in said


def test_a_store_that_cannot_be_opened_is_one_line(start):
    process, _ = start(store='"postgresql://nobody@127.0.0.1:9/none"')
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the store postgresql://nobody@127.0.0.1:9/none can't be used" in said
    assert len(said.splitlines()) == 1


def test_any_wsgi_server_finds_the_project_by_the_environment(tmp_path):
    project = init_project(tmp_path / "project")
    code = (
        "from django.test import Client\n"
        "from lastword.web.wsgi import application\n"
        "print(Client(headers={'host': 'localhost'}).get('/sign-in').status_code)"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LASTWORD_PROJECT": str(project.folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr
