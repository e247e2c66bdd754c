"""How values are shown on every page: numbers with a thousands separator, a dash for what isn't known, ages in days."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
UNKNOWN = "–"
MINUS = "−"
_CHIPS = {letter: format_html('<span class="grade grade-{}">{}</span>', letter.lower(), letter) for letter in "ABCDF"}
_NO_CHIP = format_html('<span class="grade grade-none" title="no grade">{}</span>', UNKNOWN)


@register.filter
def number(value: Any, digits: int = 0) -> str:
    """12,345; with `digits` decimals; a dash where unknown."""
    if value is None or value != value:
        return UNKNOWN
    return unsigned_zero(f"{value:,.{digits}f}").replace("-", MINUS)


@register.filter
def signed(value: Any, digits: int = 0) -> str:
    """+57 or −66; a dash where unknown."""
    if value is None or value != value:
        return UNKNOWN
    return unsigned_zero(f"{value:+,.{digits}f}").replace("-", MINUS)


@register.filter
def percent(value: Any, digits: int = 0) -> str:
    """A share of 0–1 as 37 %."""
    if value is None or value != value:
        return UNKNOWN
    return f"{unsigned_zero(f'{100 * value:,.{digits}f}').replace('-', MINUS)} %"


@register.filter
def short(value: Any) -> str:
    """A large amount in few characters: 2.1 M, 340 k."""
    if value is None or value != value:
        return UNKNOWN
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}".replace("-", MINUS)
    return unsigned_zero(f"{value:.3g}").replace("-", MINUS)


@register.filter
def known(value: Any) -> Any:
    """The value, or a dash where there is none."""
    return UNKNOWN if value is None or value == "" or value != value else value


@register.filter
def day(value: Any) -> str:
    """2026-11-23, in UTC."""
    return UNKNOWN if value is None or value != value else f"{value:%Y-%m-%d}"


@register.filter
def moment(value: Any) -> SafeString | str:
    """A <time> of minutes in UTC, whole in its title."""
    if value is None or value != value:
        return UNKNOWN
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        f"{value:%Y-%m-%dT%H:%M:%SZ}",
        f"{value:%Y-%m-%d %H:%M:%S}",
        f"{value:%Y-%m-%d %H:%M}",
    )


@register.filter
def age(value: Any, now: datetime) -> str:
    """How long ago in days: "today", "3 d"."""
    if value is None or value != value:
        return UNKNOWN
    then = value.date() if isinstance(value, datetime) else value
    days = (now.date() - then).days if isinstance(then, date) else 0
    return "today" if days <= 0 else f"{days} d"


@register.filter
def grade(value: Any) -> SafeString:
    """A grade as a chip: the letter on its step of the ramp; a dash where there is none."""
    return _CHIPS.get(value, _NO_CHIP) if isinstance(value, str) else _NO_CHIP


@register.filter
def direction(value: Any) -> str:
    """The class of a gap: which opinion is higher."""
    if value is None or value != value or value == 0:
        return "gap-none"
    return "gap-model" if value > 0 else "gap-plan"


def unsigned_zero(text: str) -> str:
    """What is rounded to nothing has no sign: 0 for -0, 0.0 for +0.0."""
    return text if text.strip("+-0.,") else text.lstrip("+-")
