"""Instants and days as people write them into an address: always UTC."""

from datetime import UTC, date, datetime, time, timedelta

from lastword.errors import ConfigurationError

EARLIEST = 2000


def instant_of(name: str, text: str) -> datetime | None:
    """An instant: 2026-11-20T12:00, with or without an offset; a day alone means its end. None where nothing is given.

    Raises
    ------
    ConfigurationError
        It can't be read, or lies before the year 2000.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if len(text) <= len("2026-11-20"):
            return end_of(_checked(date.fromisoformat(text)))
        read = datetime.fromisoformat(text.replace(" ", "+"))  # a + of an address that wasn't escaped
        _checked(read.date())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{name} {text[:40]!r} is no time: expected a day as in 2026-11-20 (its end), or 2026-11-20T12:00, in UTC"
        ) from None


def day_of(name: str, text: str) -> date | None:
    """A day; None where nothing is given. ConfigurationError where it can't be read, or lies before the year 2000."""
    text = text.strip()
    try:
        return _checked(date.fromisoformat(text)) if text else None
    except ValueError:
        raise ConfigurationError(f"{name} {text[:40]!r} is no day: expected one as in 2026-11-20") from None


def start_of(day: date) -> datetime:
    """The first instant of a day."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """The last instant of a day."""
    return start_of(day) + timedelta(days=1) - timedelta(microseconds=1)


def _checked(day: date) -> date:
    if not EARLIEST <= day.year < 9999:
        raise ValueError(day)
    return day
