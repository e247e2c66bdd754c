"""The planners' part of an account's page: its potential spend with what people entered, and where it stands as a customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from lastword.customer_results import customer_record
from lastword.errors import ConfigurationError
from lastword.spend_results import kept_of, posted_account
from lastword.web.typed_numbers import typed_number
from overrides.spend_entries import CLEAR, GROWTH, LONGEST_REASON, MOST, VALUE, SpendLine

KINDS = {VALUE: "value a year", GROWTH: "growth in %"}
LONGEST_NOTE = 2000
FIELDS = ("kind", "amount", "reason", "note")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to enter: amount as spend_entries.add takes it."""

    kind: str
    amount: float
    reason: str
    note: str


@dataclass(frozen=True)
class SpendCard:
    """Potential spend on an account's page.

    Attributes
    ----------
    posted : the row that the current run posted, None where it wrote none.
    now, next : in words what counts, and what will from the next scoring on ("" where that is the same).
    standing : the entry that the next scoring goes by.
    lines : all entries in words, newest first; the last of the tuple says whether it stands.
    texts, errors : what was typed in, and what is wrong with it, by field.
    """

    posted: dict[str, Any] | None
    now: str
    next: str
    standing: SpendLine | None
    lines: tuple[tuple[SpendLine, str, bool], ...]
    texts: Mapping[str, str]
    errors: Mapping[str, str]


def spend_card(
    request: HttpRequest,
    account_id: str,
    lines: tuple[SpendLine, ...],
    texts: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> SpendCard:
    """The card of an account; `lines` are its entries, newest first."""
    from overrides.publish import current_run

    run = current_run()
    posted = None if run is None else posted_account(kept_of(request.project, run.run_id), account_id)
    stands = standing(lines)
    currency = request.project.settings.currency
    shown = tuple((line, entry_words(line), stands is not None and line.entry_id == stands.entry_id) for line in lines)
    return SpendCard(
        posted, now_words(posted, currency), next_words(posted, stands, currency), stands, shown, texts or {}, errors or {}
    )


def customer_of(request: HttpRequest, account_id: str) -> Any:
    """Where the account stands as a customer in the current run; None where it is none."""
    from overrides.publish import current_run

    run = current_run()
    return None if run is None else customer_record(request.project.run_folder(run.run_id), account_id)


def standing(lines: tuple[SpendLine, ...]) -> SpendLine | None:
    """The entry that the next scoring goes by: of those since the last taking back the newest value, else the newest growth."""
    since: list[SpendLine] = []
    for line in lines:
        if line.kind == CLEAR:
            break
        since.append(line)
    return next((line for kind in (VALUE, GROWTH) for line in since if line.kind == kind), None)


def entry_words(line: SpendLine) -> str:
    """120,000 a year; growth of +10 %; taken back."""
    if line.amount is None:
        return "taken back"
    if line.kind == VALUE:
        return f"{line.amount:,.0f} a year"
    return f"growth of {100 * line.amount:+.3g} %".replace("-", "−")


def now_words(posted: Mapping[str, Any] | None, currency: str) -> str:
    """What the current run goes by, and why."""
    if posted is None:
        return "The current run posted no potential spend for it."
    if posted["potential_spend"] is None or posted["potential_spend"] != posted["potential_spend"]:
        return f"No potential: {posted['reason']}."
    return f"{posted['potential_spend']:,.0f} {currency} a year by {posted['spend_method']}: {posted['reason']}."


def next_words(posted: Mapping[str, Any] | None, stands: SpendLine | None, currency: str) -> str:
    """What the next scoring will make of it, "" where it stays as it is."""
    manual = posted is not None and bool(posted["manual"])
    if stands is None:
        return "Nothing entered stands any more: from the next scoring on the method decides." if manual else ""
    amount = coming(posted, stands)
    if amount is None:
        spent = "nothing was spent in the prior year, so nothing can grow: the method decides"
        return f"The {entry_words(stands)} that {stands.by} entered does nothing: {spent}."
    if manual and posted is not None and abs(posted["potential_spend"] - amount) <= max(0.5, 1e-9 * amount):
        return ""
    return f"From the next scoring on: {amount:,.0f} {currency} a year, as {stands.by} entered ({entry_words(stands)})."


def coming(posted: Mapping[str, Any] | None, stands: SpendLine) -> float | None:
    """The potential that an entry gives; None where a growth finds no spend."""
    assert stands.amount is not None
    if stands.kind == VALUE:
        return stands.amount
    spend = None if posted is None else posted["prior_year_spend"]
    return spend * (1 + stands.amount) if spend is not None and spend > 0 else None


def wish_of(texts: Mapping[str, str]) -> tuple[Wish | None, dict[str, str]]:
    """What a form asks to enter, or None and what is wrong, by field."""
    errors: dict[str, str] = {}
    kind, amount = texts.get("kind", ""), 0.0
    if kind not in KINDS:
        errors["kind"] = "Choose one: a value a year, or a growth."
    try:
        if kind == GROWTH:
            amount = typed_number(texts.get("amount", ""), "the growth in %", -100, 10_000, "10 for a tenth more", unit="%") / 100
        else:
            amount = typed_number(texts.get("amount", ""), "the value", 0, MOST, "120,000 a year")
    except ConfigurationError as error:
        errors["amount"] = f"{str(error)[:1].upper()}{str(error)[1:]}."
    errors |= _text_errors(texts)
    if errors:
        return None, errors
    return Wish(kind, amount, texts["reason"].strip(), texts.get("note", "")), {}


def _text_errors(texts: Mapping[str, str]) -> dict[str, str]:
    reason, note = texts.get("reason", ""), texts.get("note", "")
    found = {}
    if not reason.strip():
        found["reason"] = "The reason is empty: say in a few words how you know."
    elif len(reason) > LONGEST_REASON or "\0" in reason:
        found["reason"] = (
            f"A reason has at most {LONGEST_REASON} characters, and these are {len(reason)}: the rest into the note."
        )
    if len(note) > LONGEST_NOTE or "\0" in note:
        found["note"] = f"A note has at most {LONGEST_NOTE:,} characters, and these are {len(note):,}: shorten it."
    return found
