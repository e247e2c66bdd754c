"""How values are shown on every page."""

import pytest

from lastword.web.templatetags.shown import number, percent, short, signed


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (57, 0, "+57"),
        (-66.4, 0, "−66"),
        (-0.04, 0, "0"),
        (0.04, 0, "0"),
        (-0.04, 1, "0.0"),
        (-0.06, 1, "−0.1"),
        (0, 0, "0"),
        (-10, 0, "−10"),
        (-1000, 0, "−1,000"),
        (None, 0, "–"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(value, digits, text):
    assert signed(value, digits) == text


def test_numbers_shares_and_short_amounts_neither():
    assert [number(-0.4), number(-0.4, 1), number(-1234.5, 1)] == ["0", "−0.4", "−1,234.5"]
    assert [percent(-0.001), percent(-0.01), percent(-0.001, 1)] == ["0 %", "−1 %", "−0.1 %"]
    assert [short(-0.0), short(-1500), short(0)] == ["0", "−1.5 k", "0"]
