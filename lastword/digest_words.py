"""A digest as people read it: a subject, a text, and the same as HTML."""

from collections.abc import Sequence
from html import escape

from lastword.card_words import counted
from lastword.digest import LAPSES_WITHIN_DAYS, Digest

QUEUE_REASONS = {
    "disparity": "the opinions part",
    "audit": "drawn for audit",
    "stale": "the override is stale",
    "redundant": "the override is redundant",
}


def subject(digest: Digest) -> str:
    """One line without line ends."""
    news = f"{counted(digest.new, 'account')} newly in the queue" if digest.new else "nobody newly in the queue"
    return " ".join(f"{digest.project}: {news}, as of {digest.as_of}".split())


def as_text(digest: Digest) -> str:
    """The digest as plain text."""
    lines = [subject(digest), "", *_run_lines(digest), ""]
    lines += [f"Queue: {counted(digest.under_review, 'account')} under review, {digest.new:,} new: {digest.link}"]
    lines += [f"  {accounts:>6,}  {reason_words(reason)}" for reason, accounts in digest.new_by_reason.items()]
    if digest.first:
        lines += ["", "Look at these first"]
        for each in digest.first:
            lines += [f"  {each.name} ({each.account_id}): {reason_words(each.reason)}", f"    {each.why}", f"    {each.link}"]
    if digest.warnings:
        lines += ["", "Watch out", *(f"  {said}" for said in digest.warnings)]
    if digest.lapsing:
        lines += ["", _lapsing_title(digest)]
        lines += [f"  {each.expires_on}  {each.account_id}, {each.grade} by {each.by}: {each.link}" for each in digest.lapsing]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_html(digest: Digest) -> str:
    """The same as a page that mail programs show: no script, no picture, nothing that is fetched."""
    parts = [f"<h1 style='font-size:18px'>{escape(subject(digest))}</h1>", *(f"<p>{escape(x)}</p>" for x in _run_lines(digest))]
    link = f"<a href='{escape(digest.link)}'>{counted(digest.under_review, 'account')} under review</a>"
    parts.append(f"<p>{link}, {digest.new:,} new</p>")
    parts.append(_table([(f"{accounts:,}", escape(reason_words(reason))) for reason, accounts in digest.new_by_reason.items()]))
    if digest.first:
        rows = [
            (f"<a href='{escape(each.link)}'>{escape(each.name)}</a>", escape(reason_words(each.reason)), escape(each.why))
            for each in digest.first
        ]
        parts += ["<h2 style='font-size:15px'>Look at these first</h2>", _table(rows)]
    if digest.warnings:
        items = "".join(f"<li>{escape(said)}</li>" for said in digest.warnings)
        parts += ["<h2 style='font-size:15px'>Watch out</h2>", f"<ul>{items}</ul>"]
    if digest.lapsing:
        lapsing = [
            (
                f"{each.expires_on}",
                f"<a href='{escape(each.link)}'>{escape(each.account_id)}</a>",
                escape(f"{each.grade} by {each.by}"),
            )
            for each in digest.lapsing
        ]
        parts += [f"<h2 style='font-size:15px'>{escape(_lapsing_title(digest))}</h2>", _table(lapsing)]
    body = "\n".join(part for part in parts if part)
    return f"<!doctype html>\n<html lang='en'><body style='font-family:sans-serif;font-size:14px'>\n{body}\n</body></html>\n"


def reason_words(reason: str) -> str:
    """Why an account is in the queue; a trigger's name says it itself."""
    return QUEUE_REASONS.get(reason, reason)


def _run_lines(digest: Digest) -> list[str]:
    published = f"Run {digest.run_id}, published {digest.published_at:%Y-%m-%d %H:%M} UTC, {counted(digest.accounts, 'account')}."
    more = len(digest.runs) - 1
    return [published, *([f"Also of {counted(more, 'run')} before it."] if more else [])]


def _lapsing_title(digest: Digest) -> str:
    more = digest.lapsing_in_all - len(digest.lapsing)
    listed = f" (the first {len(digest.lapsing)} of {digest.lapsing_in_all:,})" if more else ""
    return f"Overrides that lapse within {LAPSES_WITHIN_DAYS} days{listed}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Cells are HTML already."""
    if not rows:
        return ""
    style = "style='padding:2px 12px 2px 0;vertical-align:top;text-align:left'"
    lines = ["".join(f"<td {style}>{cell}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"
