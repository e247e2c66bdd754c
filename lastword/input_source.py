"""Where an input is and how it is written, as [inputs] has it."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from lastword.configuration import Section
from lastword.mistakes import did_you_mean, shown, wrong


class InputSource(Section):
    """Where an input is. A path is relative to the project folder; a URL is used as it is.

    `delimiter` and `encoding` are those of a CSV file (utf-8 with or without a byte order mark), `sheet` is the sheet of a
    workbook, None for its first.
    """

    path: Annotated[str, Field(min_length=1, examples=['"data/accounts.csv"'])]
    delimiter: Annotated[str, Field(examples=['";"'])] = ","
    encoding: Annotated[str, Field(examples=['"latin-1"'])] = "utf-8"
    sheet: Annotated[str | None, Field(min_length=1, examples=['"Accounts"'])] = None

    @property
    def is_url(self) -> bool:
        """Whether `path` names a scheme, as https:// or postgresql:// do, rather than a file."""
        return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", self.path) is not None

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        if "\0" in path:
            raise wrong('a null character cannot be in a path; write path = "data/accounts.csv"')
        return path

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, delimiter: str) -> str:
        if len(delimiter) != 1 or delimiter in '"\r\n\0':
            raise wrong(f'{shown(delimiter)} is not one character; write delimiter = ";" or, for tabs, delimiter = "\\t"')
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except (LookupError, ValueError):
            from encodings.aliases import aliases

            nearest = did_you_mean(encoding.replace("-", "_"), [*aliases, *aliases.values()], quote=True)
            raise wrong(f'{shown(encoding)} is no text encoding that Python knows{nearest}; write encoding = "utf-8"') from None
        return encoding


def _read_source(value: object) -> object:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict | InputSource):
        return value
    raise wrong(f'{shown(value)} is no path; write a path or URL in quotes, or a table such as {{ path = "data/accounts.csv" }}')


Source = Annotated[InputSource, BeforeValidator(_read_source)]
"""A path or URL alone, or a table with more."""
