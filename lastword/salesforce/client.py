"""The door to Salesforce: jobs of the Bulk API 2.0. Every failure is a sentence, and none has the access token in it."""

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lastword.errors import ConfigurationError, Refusal

INSTANCE, TOKEN = "SALESFORCE_INSTANCE_URL", "SALESFORCE_ACCESS_TOKEN"
OPEN, COMPLETE, FAILED, ABORTED = "Open", "JobComplete", "Failed", "Aborted"

_TRIES = 4
_SECONDS = 120
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Results:
    """What became of a job's rows, by external id; `said` is why the job as a whole failed, "" where it didn't."""

    accepted: frozenset[str]
    failed: Mapping[str, str]
    said: str = ""


def instance_address(environment: Mapping[str, str]) -> str:
    """The address of the organisation from its environment variable, without a slash at the end.

    Raises
    ------
    ConfigurationError : it isn't given, or is no https address (http is for this computer alone).
    """
    address = environment.get(INSTANCE, "").strip().rstrip("/")
    parts = urlsplit(address)
    if (
        not parts.hostname
        or parts.username
        or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL))
    ):
        raise ConfigurationError(
            f"{INSTANCE} isn't set to your organisation's address: set it, as in https://acme.my.salesforce.com"
        )
    return f"{parts.scheme}://{parts.netloc}"


def connect(environment: Mapping[str, str], seconds_between: float = 1.0) -> "Client":
    """A client by SALESFORCE_INSTANCE_URL and SALESFORCE_ACCESS_TOKEN.

    Raises
    ------
    ConfigurationError : one of them isn't given.
    """
    token = environment.get(TOKEN, "").strip()
    if not token:
        raise ConfigurationError(f"{TOKEN} isn't set: set it to an access token of your organisation")
    return Client(instance_address(environment), token, seconds_between)


class Client:
    """Jobs of one organisation. `seconds_between` is the wait between questions, and the first one after "busy"."""

    def __init__(self, address: str, token: str, seconds_between: float) -> None:
        from simple_salesforce.api import DEFAULT_API_VERSION
        from simple_salesforce.bulk2 import SFBulk2Handler

        self._token, self._seconds = token, seconds_between
        url = f"{address}/services/data/v{DEFAULT_API_VERSION}/jobs/"
        self._handler = SFBulk2Handler(token, url, session=_session(seconds_between))

    def create_upsert(self, name: str, external_id: str) -> str:
        """A new job that upserts objects by an external id; its id."""
        with self._stated():
            return str(self._jobs(name).create_job("upsert", external_id_field=external_id)["id"])

    def send(self, job_id: str, text: str) -> None:
        """Upload the CSV of a job and let Salesforce begin."""
        with self._stated():
            self._jobs().upload_job_data(job_id, text)
            self._jobs().close_job(job_id)

    def state(self, job_id: str) -> str | None:
        """The state of a job; None where Salesforce has forgotten it (after seven days)."""
        from simple_salesforce.exceptions import SalesforceResourceNotFound

        try:
            with self._stated():
                return str(self._jobs().get_job(job_id, False)["state"])
        except Refusal as refusal:
            if isinstance(refusal.__cause__, SalesforceResourceNotFound):
                return None
            raise

    def abort(self, job_id: str) -> None:
        """End a job that has not begun."""
        with self._stated():
            self._jobs().abort_job(job_id, False)

    def results(self, job_id: str, external_id: str) -> Results:
        """Wait until a job has ended, then what became of its rows."""
        said = self._wait(job_id, is_query=False)
        accepted = frozenset(row[external_id] for row in self._rows(job_id, "successfulResults"))
        failed = {row[external_id]: row.get("sf__Error", "") for row in self._rows(job_id, "failedResults")}
        return Results(accepted, failed, said)

    def query(self, soql: str) -> Iterator[dict[str, str]]:
        """The records of a query as text by field, read page by page."""
        with self._stated():
            job_id = str(self._jobs().create_job("query", query=soql)["id"])
        if said := self._wait(job_id, is_query=True):
            raise Refusal(f"Salesforce didn't answer the query {soql!r}: {said}; check [salesforce.pull] in lastword.toml")
        locator = ""
        while True:
            with self._stated():
                page = self._jobs().get_query_results(job_id, locator)
            yield from csv.DictReader(io.StringIO(page["records"], newline=""))
            locator = page["locator"]
            if not locator:
                return

    def _wait(self, job_id: str, *, is_query: bool) -> str:
        """Until the job has ended; why it failed, "" where it didn't."""
        from simple_salesforce.exceptions import SalesforceOperationError

        with self._stated():
            try:
                self._jobs().wait_for_job(job_id, is_query, self._seconds)
            except SalesforceOperationError:
                job = self._jobs().get_job(job_id, is_query)
                if job["state"] not in (FAILED, ABORTED):
                    raise
                return str(job.get("errorMessage") or f"the job {job_id} ended as {job['state']}")
        return ""

    def _rows(self, job_id: str, kind: str) -> list[dict[str, str]]:
        """Through a file: the client would guess the encoding of a text."""
        with tempfile.TemporaryDirectory(prefix="lastword-salesforce-") as folder:
            path = Path(folder) / "results.csv"
            with self._stated():
                self._jobs().download_ingest_results(str(path), job_id, kind)
            with path.open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))

    def _jobs(self, name: str = "Account") -> Any:
        """The client of single steps, which the one for whole uploads keeps to itself: only with steps can a job be resumed."""
        return getattr(self._handler, name)._client

    @contextmanager
    def _stated(self) -> Iterator[None]:
        import requests
        from simple_salesforce.exceptions import SalesforceError, SalesforceOperationError

        try:
            yield
        except SalesforceError as error:
            raise Refusal(self._without_token(_said(error))) from error
        except SalesforceOperationError as error:
            raise Refusal(self._without_token(f"Salesforce didn't finish: {_one_line(error)}; run the command again")) from error
        except requests.RequestException as error:
            said = f"Salesforce can't be reached ({type(error).__name__}): check {INSTANCE} and the network, then run it again"
            raise Refusal(said) from error

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…")


def _session(seconds_between: float) -> Any:
    """Asks again where Salesforce is busy, a bounded number of times; never after an answer was lost on its way."""
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class _Patient(Session):
        def request(self, *arguments: Any, **options: Any) -> Any:
            return super().request(*arguments, **{"timeout": _SECONDS} | options)

    busy = Retry(
        total=_TRIES,
        read=0,
        status_forcelist=(429, 503),
        allowed_methods=None,
        backoff_factor=seconds_between,
        raise_on_status=False,
        retry_after_max=_SECONDS,
    )
    session = _Patient()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=busy))
    return session


def _said(error: Any) -> str:
    content = error.content
    first = content[0] if isinstance(content, list) and content else content
    said = f"{first.get('errorCode', '')}: {first.get('message', '')}" if isinstance(first, dict) else _one_line(first)
    if error.status == 401:
        return f"Salesforce doesn't take the access token ({said}): get a new one and set {TOKEN}"
    if error.status in (429, 503):
        return f"Salesforce is still busy after {_TRIES + 1} tries ({said}): run the same command later, it goes on where it was"
    if error.status == 403:
        return f"Salesforce refuses ({said}): check the rights of the token's user and the limits of the organisation"
    return f"Salesforce answers {error.status} ({said}): check [salesforce] in lastword.toml and the fields in Salesforce"


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())[:300]


def from_environment() -> Mapping[str, str]:
    """The process's own environment."""
    return os.environ
