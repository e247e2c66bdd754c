"""A mail server and a webhook's receiver to test against: each listens on this computer alone and keeps what it got."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class MailServer:
    """What came in. `password` is what AUTH PLAIN must send; `refused` addresses aren't taken, while `down` nothing is."""

    port: int = 0
    password: str = ""
    refused: tuple[str, ...] = ()
    down: bool = False
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)


@dataclass
class Receiver:
    """What was posted: headers and body. `status` is the answer, `location` goes with a redirect."""

    port: int = 0
    status: int = 200
    location: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/s3cret-path"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Speaks as much SMTP as a message takes (RFC 5321), without TLS."""
    kept = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            if kept.down:
                self.say("421 closed for today")
                return
            self.say("220 test")
            to: list[str] = []
            while line := self.rfile.readline():
                said = line.decode().strip()
                verb = said.upper().partition(" ")[0]
                if verb in ("EHLO", "HELO"):
                    self.say("250-test")
                    self.say("250 AUTH PLAIN")
                elif verb == "AUTH":
                    given = base64.b64decode(said.split()[2]).decode().split("\0")[2]
                    self.say("235 welcome" if given == kept.password else f"535 {given} is wrong")
                elif verb == "MAIL":
                    self.say("250 ok")
                elif verb == "RCPT":
                    address = said.partition("<")[2].partition(">")[0]
                    if address in kept.refused:
                        self.say("550 nobody here")
                    else:
                        to.append(address)
                        self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    content = b"".join(each[1:] if each.startswith(b"..") else each for each in lines)
                    kept.messages.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
                    kept.recipients.append(to)
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok" if verb == "RSET" else "502 what?")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with _serving(server):
            yield kept


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Takes what is posted to it."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posts.append((dict(self.headers), body))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            kept.posts.append((dict(self.headers), b"GET"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with _serving(server):
            yield kept


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
