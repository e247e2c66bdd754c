"""Style sheets, scripts and icons: kept by browsers for a year, since the address changes with the content."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")


class VersionedFiles(StaticFilesStorage):
    """/static/app.css?v=1a2b3c4d: no step of collecting and renaming files before a release."""

    def url(self, name: str) -> str:
        """The address of a file, with the digest of what is in it."""
        return f"{super().url(name)}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"no static file is called {name}")
    return sha256(Path(path).read_bytes()).hexdigest()[:8]


class Compression(GZipMiddleware):
    """Compress what is text; workbooks and Parquet are compressed already.

    Compressed pages can leak a secret that stands beside text of an attacker's choice (BREACH). The one secret in our pages
    is the CSRF token: Django masks it anew in each answer, and its middleware adds bytes of random length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Compress where the browser takes it."""
        if not response.get("Content-Type", "").startswith(TEXT):
            return response
        return super().process_response(request, response)
