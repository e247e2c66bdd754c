"""A row of the queue as the page shows it: open, decided, waiting for a second person or set aside; how to take that back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lastword.web.pages.queue_columns import COLUMNS
from lastword.web.templatetags.shown import day
from overrides.tally import decided_today

OPEN, DECIDED, WAITING, ASIDE = "open", "decided", "waiting", "aside"


@dataclass(frozen=True)
class Undo:
    """The request that takes a decision back."""

    action: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Settled:
    """What became of an account: its state, a word or two for it, and how to take it back (None where this person can't).

    `whole` says all of it.
    """

    state: str
    said: str = ""
    grade: str | None = None
    undo: Undo | None = None
    whole: str = ""


@dataclass(frozen=True)
class ShownRow:
    """A row of the queue. `claimed_by` is somebody else who has it open, or ""."""

    row: dict[str, Any]
    settled: Settled
    claimed_by: str
    href: str
    cells: Sequence[tuple[str, Any]] = field(default=())

    @property
    def has_wide(self) -> bool:
        """Whether there is a cell with room for what became of the account."""
        return any(css == "wide" for css, _ in self.cells)


def shown_row(
    request: HttpRequest, row: dict[str, Any], columns: Sequence[str], href: str, settled: Settled | None = None
) -> ShownRow:
    """The row with a cell for each of `columns`; `settled` is what was just done to it, else what the store says."""
    claimed_by = row["claimed_by"] if row["claimed_by"] not in (None, request.user.username) else ""
    cells = [(COLUMNS[name].css, COLUMNS[name].cell(row, request.now)) for name in columns]
    return ShownRow(row, settled or standing(row), claimed_by or "", href, cells)


def standing(row: dict[str, Any]) -> Settled:
    """What the store says of an account."""
    if row["proposal_id"] is not None:
        return Settled(WAITING, "waits for approval", whole=f"proposal {row['proposal_id']} waits for a second person")
    if row["entry_id"] is not None and row["queue_reason"] is None:
        said = f"by {row['override_by']}"
        return Settled(DECIDED, said, row["final_grade"], whole=f"{said}: {row['override_reason']}")
    if row["aside"] is not None:
        return aside(row["aside"]["action"], row["aside"]["until"])
    return Settled(OPEN)


def aside(action: str, until: Any, undo: Undo | None = None) -> Settled:
    """A snooze or a dismissal."""
    return Settled(ASIDE, "dismissed" if action == "dismiss" else "snoozed", None, undo, said_aside(action, until))


def said_aside(action: str, until: Any) -> str:
    """A snooze or a dismissal in a few words."""
    return "dismissed" if action == "dismiss" else f"snoozed until {day(until)}"


def undo_of(name: str, **fields: object) -> Undo:
    """The request to one of the addresses of decisions.py."""
    return Undo(reverse(name), {key: str(value) for key, value in fields.items()})


def as_part(request: HttpRequest, shown: ShownRow, said: str) -> str:
    """The row by itself, and the figures of the day, for a page that is open. `said` is for those who listen to it."""
    tally = decided_today(request.user.username, request.now)
    return render_to_string("queue/answer.html", {"row": row_html(request, shown, said), "tally": tally}, request)


def row_html(request: HttpRequest, shown: ShownRow, said: str = "") -> SafeString:
    """The row as it stands in the table of the queue. Not a template: a page has fifty of them."""
    row, settled = shown.row, shown.settled
    name = row["name"] or row["account_id"]
    became = "" if settled.state == OPEN else render_to_string("queue/settled.html", {"shown": shown}, request)
    cells = "".join(_cell(css, became if css == "wide" and became else cell) for css, cell in shown.cells)
    return format_html(
        _ROW,
        account_id=row["account_id"],
        name=name,
        entry="" if row["entry_id"] is None else row["entry_id"],
        run=row["run_id"],
        plan=row["plan_grade"] or "",
        model=row["model_grade"] or "",
        state=settled.state,
        said=format_html(' data-said="{}"', said) if said else "",
        href=shown.href,
        below=became if became and not shown.has_wide else format_html(_ID, row["account_id"]),
        hidden="" if shown.claimed_by else mark_safe(" hidden"),
        holder=f"{shown.claimed_by} has this open" if shown.claimed_by else "",
        cells=mark_safe(cells),
    )


def _cell(css: str, content: SafeString | str) -> SafeString:
    return format_html('<td class="{}">{}</td>', css, content) if css else format_html("<td>{}</td>", content)


_ID = '<span class="small muted id">{}</span>'
_ROW = (
    '<tr data-account="{account_id}" data-name="{name}" data-entry="{entry}" data-run="{run}" data-plan="{plan}"'
    ' data-model="{model}" data-state="{state}"{said}>'
    '<td class="pick"><input type="checkbox" form="batch" name="account_id" value="{account_id}"'
    ' aria-label="Select {name}"></td>'
    '<th scope="row"><div class="account"><a href="{href}" data-open>{name}</a>{below}'
    '<span class="tag tag-warn holder"{hidden}>{holder}</span></div></th>{cells}</tr>'
)
