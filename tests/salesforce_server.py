"""A stand-in of Salesforce's Bulk API 2.0 on loopback: ingest jobs, query jobs with pages, and the ways in which it fails."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "00Dxx!secret-token"


class Salesforce:
    """What the organisation knows, and how it shall fail.

    Attributes
    ----------
    objects : the fields of every object by external id, as upserts leave them.
    refuses : external id to the message that its row is refused with.
    busy : so many requests from now on are answered with 503.
    cut : a step (create, upload, close, state, results) whose answer is an error 500, after it was done.
    answers : the records of queries by the object asked for, `page` of them at once.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, str]] = {}
        self.refuses: dict[str, str] = {}
        self.busy = 0
        self.cut = ""
        self.expired = False
        self.fails_jobs = ""
        self.answers: dict[str, list[dict[str, str]]] = {}
        self.page = 2
        self.jobs: dict[str, dict] = {}
        self.requests: list[tuple[str, str]] = []
        self.address = ""

    @property
    def environment(self) -> dict[str, str]:
        return {"SALESFORCE_INSTANCE_URL": self.address, "SALESFORCE_ACCESS_TOKEN": TOKEN}

    def uploads(self) -> list[str]:
        """External ids in the order in which jobs took them in."""
        return [row for job in self.jobs.values() for row in job.get("ids", [])]

    def process(self, job: dict) -> None:
        job["state"] = "Failed" if self.fails_jobs else "JobComplete"
        job["errorMessage"] = self.fails_jobs
        rows = [] if self.fails_jobs else list(csv.DictReader(io.StringIO(job["data"])))
        job["ids"] = [row[job["externalIdFieldName"]] for row in rows]
        for row in rows:
            key = row[job["externalIdFieldName"]]
            if key in self.refuses:
                job["failed"].append({"sf__Id": "", "sf__Error": self.refuses[key], **row})
            else:
                self.objects[key] = row
                job["done"].append({"sf__Id": "001", "sf__Created": "false", **row})


def _csv(rows: list[dict[str, str]], heads: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, heads, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@contextmanager
def running() -> Iterator[Salesforce]:
    """A server on a free port for as long as it is needed."""
    organisation = Salesforce()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *said: object) -> None:
            pass

        def answer(self, code: int, content: object = None, **headers: str) -> None:
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode() if content is not None else b""
            self.send_response(code)
            self.send_header("Content-Type", "text/csv" if isinstance(content, str) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def fail(self, code: int, error: str, message: str) -> None:
            self.answer(code, [{"errorCode": error, "message": message}])

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            address = urlsplit(self.path)
            organisation.requests.append((self.command, address.path))
            if organisation.busy:
                organisation.busy -= 1
                self.fail(503, "REQUEST_LIMIT_EXCEEDED", "try later")
                return
            if organisation.expired or self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.fail(401, "INVALID_SESSION_ID", "Session expired or invalid")
                return
            kind, *rest = address.path.split("/jobs/")[1].split("/")
            step = self.step_of(rest)
            job = organisation.jobs.get(rest[0]) if rest else None
            if rest and job is None:
                self.fail(404, "NOT_FOUND", "The requested resource does not exist")
                return
            reply = self.carry_out(kind, rest, job, body, parse_qs(address.query))
            if organisation.cut == step:
                organisation.cut = ""
                self.fail(500, "UNKNOWN", "cut off")
                return
            self.answer(*reply[:2], **(reply[2] if len(reply) > 2 else {}))

        def step_of(self, rest: list[str]) -> str:
            return {"POST": "create", "PUT": "upload", "PATCH": "close"}.get(
                self.command, "results" if len(rest) > 1 else "state"
            )

        def carry_out(self, kind: str, rest: list[str], job: dict | None, body: str, asked: dict) -> tuple:
            if self.command == "POST":
                made = json.loads(body) | {"id": f"750{len(organisation.jobs):03}", "state": "Open", "done": [], "failed": []}
                if kind == "query":
                    made["state"] = "JobComplete"
                organisation.jobs[made["id"]] = made
                return 200, {"id": made["id"], "state": made["state"]}
            if self.command == "PUT":
                job["data"] = body
                return 201, None
            if self.command == "PATCH":
                job["state"] = json.loads(body)["state"]
                return 200, {"id": job["id"], "state": job["state"]}
            if len(rest) == 1:
                if job["state"] == "UploadComplete":
                    organisation.process(job)
                return 200, {"id": job["id"], "state": job["state"], "errorMessage": job.get("errorMessage", "")}
            if kind == "query":
                return self.page_of(job, int(asked.get("locator", ["0"])[0]))
            rows = job["done"] if rest[1] == "successfulResults" else job["failed"]
            return 200, _csv(rows, list(rows[0]) if rows else ["sf__Id", "sf__Error"])

        def page_of(self, job: dict, start: int) -> tuple:
            name = job["query"].partition(" FROM ")[2].split()[0]
            fields = job["query"].removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
            rows = organisation.answers[name]
            part, end = rows[start : start + organisation.page], start + organisation.page
            locator = str(end) if end < len(rows) else "null"
            return 200, _csv(part, fields), {"Sforce_Locator": locator, "Sforce_NumberOfRecords": str(len(part))}

        do_GET = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    organisation.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield organisation
    finally:
        server.shutdown()
        server.server_close()
