"""How the text or value of a cell is read: expressions that give null where it can't be, never an error."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from expectations.columns import Given

FILLED = r"[^\t\n\f\r \p{Z}]"
VISIBLE = (ord("!"), ord("~"))
NUMBER = r"^[\t\n\f\r ]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[\t\n\f\r ]*\z"
DATE = r"^\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?\s*\z"
"""An ISO date, or an ISO timestamp, whose date is that in UTC."""

YES = ("true", "yes", "y", "t", "1", "1.0")
NO = ("false", "no", "n", "f", "0", "0.0")


@dataclass(frozen=True)
class Cell:
    """A column's cells as read, and whether the source has something in them at all (what then is null was unreadable)."""

    value: ir.Value
    filled: ir.BooleanValue


def read_cell(column: Given, source: ir.Value) -> Cell:
    """Read a column of a source as its kind says.

    text → string, byte for byte (only blank text is null; a whole number loses its fraction), number → finite float64,
    date → date (of a timestamp: in UTC), flag → boolean; as given → the source's type.
    """
    filled = _filled(source)
    readers = {"text": _text, "number": _number, "date": _date, "flag": _flag, "as given": lambda value: value}
    return Cell(filled.ifelse(readers[column.kind](source), ibis.null()), filled)


def _filled(value: ir.Value) -> ir.BooleanValue:
    """False for null, for blank text, and for NaN, which is how frames write that there is no number.

    What begins with a visible ASCII character isn't blank: nearly all text is told by that, without the search.
    """
    if value.type().is_string():
        visible = value.ascii_str().between(*VISIBLE)
        return ibis.cases((visible, True), else_=value.re_search(FILLED)).fill_null(False)
    if value.type().is_floating():
        return value.notnull() & ~value.isnan().fill_null(False)
    return value.notnull()


def _text(value: ir.Value) -> ir.StringValue:
    text = value.cast("string")
    if value.type().is_decimal():
        return text.re_replace(r"\.0+$", "")
    if not value.type().is_floating():
        return text
    whole = value.try_cast("int64")  # engines write large numbers in ways of their own
    return (whole.cast("float64") == value).fill_null(False).ifelse(whole.cast("string"), text)


def _number(value: ir.Value) -> ir.FloatingValue:
    if value.type().is_string():
        value = value.re_search(NUMBER).ifelse(value.strip(), ibis.null("string"))
    if not (value.type().is_string() or value.type().is_numeric() or value.type().is_boolean()):
        return ibis.null("float64")
    number = value.try_cast("float64")
    return (number.isinf() | number.isnan()).ifelse(ibis.null("float64"), number)


def _date(value: ir.Value) -> ir.DateValue:
    if value.type().is_date():
        return value
    if value.type().is_timestamp():
        return value.date()
    if not value.type().is_string():
        return ibis.null("date")
    iso = value.re_search(DATE).ifelse(value.strip().replace(",", "."), ibis.null("string"))
    return iso.try_cast("timestamp('UTC')").date()


def _flag(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_boolean():
        return value
    said = value.cast("string").strip().lower()
    return ibis.cases((said.isin(YES), True), (said.isin(NO), False), else_=ibis.null("boolean"))
