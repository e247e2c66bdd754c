"""Lists of grades to compare: an opinion of the publication, or a file that somebody brought."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.http import HttpRequest

from lastword.errors import ConfigurationError
from lastword.planning_results import OPINIONS, grades_of, grades_of_table
from lastword.web import brought
from overrides.review_upload import read_upload

if TYPE_CHECKING:
    import pandas as pd

FILE = "file:"
_KIND = "lists"
_COLUMNS = ("account_id", "grade")
_GONE = "this list is gone: it was brought by somebody else, or is older than a day; bring the file again"


@dataclass(frozen=True)
class GradeList:
    """One list: how an address names it, and what people call it."""

    source: str
    title: str

    @property
    def is_opinion(self) -> bool:
        """Whether it is a column of the final table."""
        return self.source in OPINIONS


def list_of(request: HttpRequest, source: str) -> GradeList:
    """The list that an address names.

    Raises
    ------
    ConfigurationError
        It is neither an opinion nor a file.
    Refusal
        The file is gone, or somebody else's.
    """
    if source in OPINIONS:
        return GradeList(source, source)
    if source.startswith(FILE):
        return GradeList(source, str(_found(request, source)["name"]))
    raise ConfigurationError(
        f"list {source[:40]!r} is unknown: expected one of {', '.join(OPINIONS)}, or a file that you brought"
    )


def grades(request: HttpRequest, source: str) -> "pd.Series":
    """The grades of a list by account_id; errors as for `list_of`."""
    import pandas as pd

    if source in OPINIONS:
        return grades_of(request.project, source)
    return pd.Series(_found(request, source)["grades"], dtype="str")


def keep_list(request: HttpRequest, content: bytes, name: str) -> str:
    """Read a file with account_id and grade, keep it for a day; how an address names it. InputError where it can't be read."""
    path = Path(Path(name).name)
    found = grades_of_table(read_upload(content, name, _COLUMNS), path)
    by, kept = request.user.username, {"grades": {str(account): str(grade) for account, grade in found.items()}}
    return FILE + brought.keep(request.project, _KIND, path.name, by, kept, request.now)


def _found(request: HttpRequest, source: str) -> dict[str, object]:
    return brought.find(request.project, _KIND, source.removeprefix(FILE), request.user.username, request.now, _GONE)
