"""What is asked of overrides and answered about them: the queries, bodies and answers of overrides.py."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictBool

from lastword.web.api.final_scores import FinalScore
from lastword.web.api.parsing import AccountId, Day, Name, Note, Text
from lastword.web.api.queries import After, Since

MOST_ROWS = 5000
LARGEST_ENTRY_ID = 2**63 - 1

ExpectedEntry = Annotated[
    Text | None, Field(description='the entry that you saw in force, "" for none: 409 where another is by now')
]
ExpectedRun = Annotated[Text | None, Field(description="run_id of the scores that you saw: 409 where there are new ones")]
OnBehalfOf = Annotated[Name | None, Field(description="who decided in your system; kept beside the token's name")]


class InForceQuery(Schema):
    """Which overrides in force."""

    reason: list[Text] = Field(default_factory=list, description="with one of these reasons")
    by: list[Text] = Field(default_factory=list, description="made by one of these people; a token is token:NAME")
    since: Since = None
    after: After = None
    limit: int = Field(1000, ge=1, le=10_000, description="entries of a page")


class HistoryQuery(Schema):
    """Whose history."""

    account_id: AccountId | None = Field(None, description="all of one account's entries; without it: everybody's, in pages")
    since: Since = None
    after: int | None = Field(None, ge=0, le=LARGEST_ENTRY_ID, description="entry_id of the last entry that you have")
    limit: int = Field(1000, ge=1, le=10_000, description="entries of a page")


def _example(**example: Any) -> ConfigDict:
    """A name that isn't expected is refused; the reference shows the example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class DecisionBody(Schema):
    """A decision on one account: `grade`, or `choice`."""

    model_config = _example(account_id="00042", grade="A", reason="relationship", expected_entry_id="")

    account_id: AccountId
    grade: Text | None = Field(None, description="A B C D F: the final grade from now on")
    choice: Literal["accept_model", "accept_plan", "grade"] | None = Field(
        None, description="accept_model or accept_plan: that opinion's grade"
    )
    reason: Text = Field(description="one of [overrides] reasons in lastword.toml")
    note: Note = ""
    expires_on: Day | None = Field(
        None, description="the last day in force, UTC; without it: [overrides] expires_after_days from today"
    )
    expected_entry_id: ExpectedEntry = None
    expected_run_id: ExpectedRun = None
    on_behalf_of: OnBehalfOf = None


class RevocationBody(Schema):
    """The end of an override."""

    model_config = _example(account_id="00042", note="The talks ended")

    account_id: AccountId
    note: Note = ""
    expected_entry_id: ExpectedEntry = None
    on_behalf_of: OnBehalfOf = None


class BulkRow(Schema):
    """One decision of many."""

    model_config = ConfigDict(extra="forbid")

    account_id: AccountId
    grade: Text
    reason: Text
    note: Note | None = None
    expires_on: Day | None = None
    expected_entry_id: ExpectedEntry = None
    expected_run_id: ExpectedRun = None


class BulkBody(Schema):
    """Decisions on many accounts, all or nothing unless `only_clean`."""

    model_config = _example(rows=[{"account_id": "00042", "grade": "A", "reason": "relationship"}], dry_run=True)

    rows: list[BulkRow] = Field(min_length=1, max_length=MOST_ROWS)
    dry_run: StrictBool = Field(False, description="only say what would become of each row")
    only_clean: StrictBool = Field(False, description="leave conflicts and errors out instead of refusing everything")
    on_behalf_of: OnBehalfOf = None


class EntryAnswer(Schema):
    """An entry of the ledger; seen_… is what the store said then. A revocation has no grade, kind, reason and expires_on."""

    entry_id: str
    account_id: str
    action: Literal["add", "supersede", "revoke", "hold_out"]
    grade: str | None
    kind: str | None
    reason: str | None
    note: str
    by: str
    made_at: datetime
    expires_on: date | None
    previous_entry_id: str | None
    seen_run_id: str | None
    seen_plan_points: float | None
    seen_model_points: float | None
    seen_plan_grade: str | None
    seen_model_grade: str | None
    approved_by: str | None
    batch_id: int | None


class EntriesAnswer(Schema):
    """A page of entries."""

    overrides: list[EntryAnswer]
    next: str | None


class HistoryAnswer(Schema):
    """Entries of the ledger, oldest first."""

    entries: list[dict[str, Any]]
    next: str | None


class DecidedAnswer(Schema):
    """What became of a decision: an entry, or a proposal that waits for a second person; and the account's row since."""

    entry: EntryAnswer | None
    proposal: dict[str, Any] | None
    final_score: FinalScore | None  # type: ignore[valid-type]


class BulkOutcome(Schema):
    """What becomes of a row, the `line`th from 1."""

    line: int
    account_id: str
    outcome: Literal["new", "changed", "unchanged", "waiting", "conflict", "error"]
    said: str


class BulkAnswer(Schema):
    """What becomes of every row."""

    dry_run: bool
    counts: dict[str, int]
    rows: list[BulkOutcome]
