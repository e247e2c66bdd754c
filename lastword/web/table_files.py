"""A table of a page as a file: .csv, .xlsx or .parquet, named in the audit."""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse

from lastword.errors import ConfigurationError, Refusal
from overrides.events import EXPORT, record

if TYPE_CHECKING:
    import pandas as pd

MOST_IN_XLSX = 100_000
"""Rows of an .xlsx, which is made before it is sent: about a quarter of a minute."""

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True)
class Link:
    title: str
    href: str


def file_links(href: str, query: list[tuple[str, str]] | None = None) -> list[Link]:
    """A link for each kind of file to a view that answers by `table_file`."""
    return [Link(f".{form}", f"{href}?{urlencode([*(query or []), ('format', form)])}") for form in TYPES]


def table_file(request: HttpRequest, frame: "pd.DataFrame", name: str, said: str) -> HttpResponse:
    """The table as the file that the address asks for (format=csv, xlsx or parquet).

    Parameters
    ----------
    name
        What the file is called, without day and suffix; the subject of the event.
    said
        What is in it, for the audit.

    Raises
    ------
    ConfigurationError
        Another format.
    Refusal
        More rows than an .xlsx is made of.
    """
    form = request.GET.get("format", "csv")
    if form not in TYPES:
        raise ConfigurationError(f"format {form[:20]!r} is unknown: expected csv, xlsx or parquet")
    if form == "xlsx" and len(frame) > MOST_IN_XLSX:
        raise Refusal(f"these are {len(frame):,} rows, too many for an .xlsx: take .csv or .parquet")
    file = BytesIO(_content(frame, form, name))
    details = {"format": form, "rows": len(frame), "query": request.GET.urlencode()}
    record(EXPORT, request.user.username, name, f"Exports {said} as .{form}: {len(frame):,} rows", request.now, details)
    filename = f"{name.replace(' ', '-')}-{request.now:%Y-%m-%d}.{form}"
    return FileResponse(file, as_attachment=True, filename=filename, content_type=TYPES[form])


def _content(frame: "pd.DataFrame", form: str, name: str) -> bytes:
    from overrides.spreadsheet import arrow_table, csv_text
    from overrides.workbook import workbook_bytes

    if form == "csv":
        return csv_text(frame).encode()
    if form == "xlsx":
        return workbook_bytes(frame, name, f"{name}.xlsx")
    import pyarrow.parquet as pq

    buffer = BytesIO()
    pq.write_table(arrow_table(frame), buffer)
    return buffer.getvalue()
