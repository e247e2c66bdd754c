"""Numbers as people type them."""

import pytest

from lastword.errors import ConfigurationError
from lastword.web.typed_numbers import typed_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25000", 25_000),
        (" 25,000 ", 25_000),
        ("1,234,567.5", 1_234_567.5),
        ("25 000", 25_000),
        ("−5", -5),
        ("+7.5 %", 7.5),
        (".5", 0.5),
    ],
)
def test_numbers_are_read(text, value):
    assert typed_number(text, "it", -1e9, 1e9, "10", unit="%") == value


@pytest.mark.parametrize("text", ["", "  ", "abc", "1,5", "1.000.000", "12,34", "1e5", "nan", "inf", "٣", "5%%", "9" * 60])
def test_what_is_none_is_refused_with_what_was_expected(text):
    with pytest.raises(ConfigurationError, match=r"^the amount .*: expected (a number, as|one as) 25,000$"):
        typed_number(text, "the amount", 0, 1e15, "25,000", unit="%")


def test_what_is_out_of_range_is_refused():
    with pytest.raises(ConfigurationError, match=r"^the growth of -101 can't be: expected -100 to 10,000$"):
        typed_number("-101", "the growth", -100, 10_000, "10")
