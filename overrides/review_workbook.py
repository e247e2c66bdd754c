"""The review workbook: accounts to decide on as an .xlsx, locked but for the columns to fill in; `review_upload` reads it back.

Text stays text in every spreadsheet: whatever a cell begins with, none becomes a formula, and ids keep their zeros and digits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from lastword.contracts import GRADES
from lastword.errors import Refusal
from overrides.cells import holds_ids, is_quoted
from overrides.decisions import LONGEST_NOTE
from overrides.workbook import LONGEST_CELL

SHEET, HOW_TO = "review", "how to"
MOST_ACCOUNTS = 20_000

EVIDENCE = {
    "account_id": 16,
    "name": 30,
    "region": 10,
    "country": 9,
    "industry": 18,
    "plan_points": 11,
    "plan_segment": 14,
    "plan_grade": 10,
    "model_points": 12,
    "model_grade": 11,
    "disparity": 9,
    "why": 46,
    "final_grade": 10,
}
TO_FILL = {"grade": 8, "reason": 20, "note": 36, "expires_on": 12}
SEEN = {"entry_id": 4, "seen_run_id": 4, "seen_model_grade": 4, "seen_plan_grade": 4}
COLUMNS = {**EVIDENCE, **TO_FILL, **SEEN}
"""The columns in order, and how wide they are in characters. Those of SEEN are hidden."""

_NUMBERS = {"plan_points": "0", "model_points": "0", "disparity": "+0.0;-0.0;0.0"}
_GRADES = ("plan_grade", "model_grade", "final_grade", "grade")
_DATE = "yyyy-mm-dd"
_RAMP = {"A": ("#08427A", "#FFFFFF"), "B": ("#2A6FAE", "#FFFFFF"), "C": ("#8DB8DD", "#1D2733"), "D": ("#CFDFEE", "#1D2733")}
_RAMP["F"] = ("#ECEFF3", "#1D2733")
_LINE, _LOCKED, _OPEN = "#D9DEE4", "#F5F7F9", "#FFF8E1"
_ALLOWED = {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True}
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FIRST_REASON = 12
"""Row of the second sheet, from 0, from which the reasons are listed for the drop-down."""


@dataclass(frozen=True)
class About:
    """What the second sheet says of the first, and what its drop-downs offer.

    Attributes
    ----------
    run_id, as_of : the current publication.
    asked_for : the filters, in words.
    reasons, expires_after_days : of [overrides].
    """

    run_id: str
    as_of: date
    asked_for: str
    by: str
    now: datetime
    reasons: Sequence[str]
    expires_after_days: int


def write_review_workbook(target: Path | IO[bytes], rows: Iterable[Mapping[str, Any]], about: About) -> int:
    """Write the workbook of these accounts, in their order; gives their number.

    Parameters
    ----------
    rows
        As worklist.queue_rows gives them. Where an override is in force, the columns to fill in hold it.

    Raises
    ------
    Refusal
        More than MOST_ACCOUNTS, a text that no cell holds, or no room to write.
    """
    import xlsxwriter
    import xlsxwriter.exceptions

    try:
        with xlsxwriter.Workbook(target, _OPTIONS) as workbook:
            formats = _formats(workbook)
            sheet = workbook.add_worksheet(SHEET)
            _lay_out(sheet, formats)
            count = 0
            for count, row in enumerate(rows, start=1):
                _refuse_too_many(count)
                _write(sheet, count, _cells(row), formats)
            _finish(workbook, sheet, count, about)
            _write_how_to(workbook, count, about)
    except xlsxwriter.exceptions.FileCreateError as error:
        raise Refusal(f"the workbook can't be written: {error.args[0]}; free some space and export again") from error
    return count


def _refuse_too_many(count: int) -> None:
    if count > MOST_ACCOUNTS:
        raise Refusal(f"a review workbook holds at most {MOST_ACCOUNTS:,} accounts and these are more: narrow the filter")


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of an account by column."""
    decided = row["entry_id"] is not None
    override = {
        "grade": row["final_grade"],
        "reason": row["override_reason"],
        "note": row["override_note"],
        "expires_on": row["override_expires_on"],
    }
    seen = {
        "entry_id": str(row["entry_id"]) if decided else None,
        "seen_run_id": row["run_id"],
        "seen_model_grade": row["model_grade"],
        "seen_plan_grade": row["plan_grade"],
    }
    return {**{name: row[name] for name in EVIDENCE}, **(override if decided else dict.fromkeys(TO_FILL)), **seen}


def _write(sheet: Any, line: int, cells: Mapping[str, Any], formats: Mapping[str, Any]) -> None:
    for place, name in enumerate(COLUMNS):
        value = cells[name]
        if value is None or value == "":
            sheet.write_blank(line, place, None, formats[name])
        elif name in _NUMBERS:
            sheet.write_number(line, place, round(value, 1), formats[name])
        elif name == "expires_on":
            sheet.write_datetime(line, place, value, formats[name])
        else:
            sheet.write_string(line, place, _text(name, str(value), line), formats[name])


def _text(name: str, text: str, line: int) -> str:
    """A text that a reader would take for one with the ' of a CSV gets one more, so that reading gives back the same text."""
    if not holds_ids(name) and is_quoted(text):
        text = "'" + text
    if len(text) > LONGEST_CELL:
        raise Refusal(
            f"{name} of account {line} has {len(text)} characters and a cell holds {LONGEST_CELL}: "
            "leave the account out by another filter"
        )
    return text


def _formats(workbook: Any) -> dict[str, Any]:
    """The format of each column; cells are text (@) where they hold text, so that editing one doesn't run it either."""
    base = {"valign": "top", "border": 1, "border_color": _LINE, "font_size": 10}
    formats = {name: {**base, "num_format": _NUMBERS.get(name, "@"), "bg_color": _LOCKED} for name in COLUMNS}
    for name in TO_FILL:
        formats[name] |= {"locked": False, "bg_color": _OPEN}
    for name in _GRADES:
        formats[name] |= {"align": "center"}
    for name in ("plan_segment", "why"):
        formats[name] |= {"indent": 1}
    for name in ("why", "note"):
        formats[name] |= {"text_wrap": True}
    formats["expires_on"] |= {"num_format": _DATE, "align": "center"}
    header = {**base, "bold": True, "valign": "vcenter", "num_format": "@"}
    return {
        **{name: workbook.add_format(properties) for name, properties in formats.items()},
        "header": workbook.add_format({**header, "bg_color": "#E4E9EE"}),
        "header to fill": workbook.add_format({**header, "bg_color": "#0B62A8", "font_color": "#FFFFFF"}),
    }


def _lay_out(sheet: Any, formats: Mapping[str, Any]) -> None:
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 20)
    for place, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(place, place, width, None, {"hidden": True} if name in SEEN else {})
        sheet.write_string(0, place, name, formats["header to fill" if name in TO_FILL else "header"])


def _finish(workbook: Any, sheet: Any, count: int, about: About) -> None:
    """What counts for all rows: drop-downs, the ramp of the grades, the filter, the lock, the printed page."""
    places = {name: place for place, name in enumerate(COLUMNS)}
    last = max(count, 1)
    for name, rule in _rules(about).items():
        sheet.data_validation(1, places[name], last, places[name], rule)
    for letter, (colour, ink) in _RAMP.items():
        chip = workbook.add_format({"bg_color": colour, "font_color": ink, "bold": True})
        for name in _GRADES:
            rule = {"type": "cell", "criteria": "==", "value": f'"{letter}"', "format": chip}
            sheet.conditional_format(1, places[name], last, places[name], rule)
    sheet.autofilter(0, 0, count, len(COLUMNS) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{_letter(len(COLUMNS) - 1)}{last + 1}"})
    sheet.protect("", _ALLOWED)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&R&P / &N")


def _rules(about: About) -> dict[str, dict[str, Any]]:
    first, last = _FIRST_REASON + 1, _FIRST_REASON + len(about.reasons)
    return {
        "grade": {
            "validate": "list",
            "source": list(GRADES),
            "error_title": "No such grade",
            "error_message": "Choose A, B, C, D or F, or leave the cell empty to decide nothing.",
        },
        "reason": {
            "validate": "list",
            "source": f"='{HOW_TO}'!$A${first}:$A${last}",
            "error_title": "No such reason",
            "error_message": "Choose one of the reasons in the list.",
        },
        "note": {
            "validate": "length",
            "criteria": "<=",
            "value": LONGEST_NOTE,
            "error_title": "Too long",
            "error_message": f"A note has at most {LONGEST_NOTE} characters.",
        },
        "expires_on": {
            "validate": "date",
            "criteria": ">=",
            "value": about.now.astimezone(UTC).date(),
            "error_title": "No date to come",
            "error_message": "Write a date of today or later, or leave the cell empty for the usual time.",
        },
    }


def _write_how_to(workbook: Any, count: int, about: About) -> None:
    """Three sentences, what the workbook holds, and the reasons that its drop-down offers."""
    sheet = workbook.add_worksheet(HOW_TO)
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    bold, plain = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "@"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 78, wrapped)
    sheet.write_string(0, 0, "How to use this workbook", bold)
    for line, said in enumerate(_sentences(about), start=1):
        sheet.set_row(line, 32)
        sheet.merge_range(line, 0, line, 1, "", wrapped)
        sheet.write_string(line, 0, said, wrapped)
    for line, (name, value) in enumerate(_facts(count, about).items(), start=5):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, value, wrapped)
    sheet.write_string(_FIRST_REASON - 1, 0, "Reasons", bold)
    for line, reason in enumerate(about.reasons, start=_FIRST_REASON):
        sheet.write_string(line, 0, reason, plain)
    sheet.protect("", {"format_columns": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _sentences(about: About) -> tuple[str, str, str]:
    return (
        "Give a grade and a reason to each account you decide on, with a note and a last day (expires_on) if you want; without a "
        f"last day a decision counts for {about.expires_after_days} days, and a row without a grade changes nothing.",
        "Only the yellow columns can be edited; filter as you like, and leave the hidden columns at the end, by which Lastword "
        "sees whether an account has moved since.",
        "Then save and import the file in Lastword under Workbook: you see what each row would do before anything is recorded, "
        "and the decisions carry your name.",
    )


def _facts(count: int, about: About) -> dict[str, str]:
    return {
        "Accounts": f"{count:,} of at most {MOST_ACCOUNTS:,}",
        "Asked for": about.asked_for,
        "Run": about.run_id,
        "As of": about.as_of.isoformat(),
        "Exported": f"{about.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC by {about.by}",
    }


def _letter(place: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))
