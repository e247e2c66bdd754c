"""`explain`: one account, both opinions side by side, what makes the difference, and who decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.kept_reasons import no_reasons, reasons_of_run
from lastword.summary import number_text, output_console, plain_table, text

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

SHOWN = 8
"""Reasons shown of each opinion."""

CAUSES = {
    "plan_ignores": "the plan ignores it",
    "weighted_differently": "weighted differently",
    "missing_data": "missing data",
}

CLOSING = {"(base)": "where accounts start", "(scale)": "as a percentile"}
"""Rows that are no attributes: see models.explain."""


@dataclass(frozen=True)
class Explanation:
    """Everything known of why an account is graded as it is.

    Attributes
    ----------
    account : its row of the final table.
    reasons : its rows of models.explain.COLUMNS, both sources, "(base)" rows included: each source adds up to its points.
    gap : per family, the points of the gap by cause (CAUSES).
    sentences : the opinions in words, the plan's first; then what drives them apart, cause by cause.
    history : its ledger entries, oldest first.
    trigger_said : what happened, where a trigger is why it is under review; None elsewhere.
    """

    account: dict[str, Any]
    reasons: "pd.DataFrame"
    gap: "pd.DataFrame"
    sentences: tuple[str, ...]
    history: tuple[dict[str, str | None], ...]
    trigger_said: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return {
            "account": self.account,
            "reasons": results.records(self.reasons.drop(columns="account_id")),
            "gap": results.records(self.gap.drop(columns="account_id")),
            "gap_by_cause": self.by_cause(),
            "sentences": list(self.sentences),
            "trigger_said": self.trigger_said,
            "history": list(self.history),
        }

    def by_cause(self) -> list[dict[str, Any]]:
        """The gap by cause, each with the attributes that make it up; empty where there is one opinion."""
        from models.gap import gap_parts

        groups = gap_parts(self.reasons).groupby("cause", sort=False)
        return [
            {
                "cause": cause,
                "points": float(rows["gap"].sum()),
                "attributes": results.records(rows.drop(columns=["account_id", "cause"])),
            }
            for cause, rows in groups
        ]


def explain_account(project: "Project", account_id: str, now: datetime) -> Explanation:
    """Collect what the store and the run that scored the account know of it.

    Raises
    ------
    Refusal : nothing is published, or the account is unknown (the nearest id is named).
    """
    from overrides.store import open_store

    open_store(project.store_url)
    return explained(project, account_id, now)


def explained(project: "Project", account_id: str, now: datetime) -> Explanation:
    """The same on the store that is open: for a server, whose store is open anyway. Raises as `explain_account` does."""
    from overrides.accounts import unknown_account
    from overrides.final import final_table
    from overrides.ledger import history
    from overrides.trigger_state import trigger_said

    final = final_table([account_id])
    if final.empty:
        raise unknown_account(account_id)
    account = results.records(final)[0]
    reasons = reasons_of(project, account)
    said = trigger_said(account_id) if account["under_review"] else None
    return Explanation(account, reasons, gap_of(reasons), _sentences(account, reasons), tuple(history(account_id, now)), said)


def reasons_of(project: "Project", account: Mapping[str, Any]) -> "pd.DataFrame":
    """What the run that scored an account (account_id, run_id) says of its points: see Explanation; no rows where it is gone."""
    found = reasons_of_run(project, str(account["run_id"]), [str(account["account_id"])])
    return no_reasons() if found is None else found


def gap_of(reasons: "pd.DataFrame") -> "pd.DataFrame":
    """The gap of one account by family and cause: see Explanation."""
    from models.explain import split_gap

    plan, model = (reasons[reasons["source"] == source] for source in ("plan", "model"))
    return split_gap(model, plan)


def _sentences(account: Mapping[str, Any], reasons: "pd.DataFrame") -> tuple[str, ...]:
    from models.explain import sentences
    from models.gap import gap_parts, gap_sentences

    points = (float("nan") if account[name] is None else account[name] for name in ("plan_points", "model_points"))
    return (*sentences(reasons, *points), *gap_sentences(gap_parts(reasons)))


def print_explanation(found: Explanation) -> None:
    """Both opinions side by side, the gap by family, the sentences, the decision."""
    console = output_console()
    account = found.account
    place = ", ".join(str(account[name]) for name in ("industry", "country") if account[name])
    console.print(f"{account['account_id']}  {account['name']}{f' ({place})' if place else ''}")
    console.print(side_by_side(found))
    if len(found.gap):
        console.print(gap_table(found))
    for sentence in found.sentences:
        console.print(sentence, soft_wrap=True)
    console.print(decision(account, found.trigger_said), soft_wrap=True)
    if found.history:
        console.print(f"History: {'; '.join(map(_entry_text, found.history))}.", soft_wrap=True)


def side_by_side(found: Explanation) -> Any:
    """The plan's and the model's strongest reasons in points, in one table."""
    account = found.account
    titles = [
        f"plan {number_text(account['plan_points'], '.0f')} {text(account['plan_segment'])}".strip(),
        f"model {number_text(account['model_points'], '.0f')} {text(account['model_grade'])}".strip(),
    ]
    table = plain_table("", (titles[0], "left"), ("points", "right"), ("", "left"), (titles[1], "left"), ("points", "right"))
    sides = [strongest(found.reasons, source) for source in ("plan", "model")]
    for position in range(max(map(len, sides))):
        plan, model = (side[position] if position < len(side) else ("", "") for side in sides)
        table.add_row(*plan, "", *model)
    return table


def gap_table(found: Explanation) -> Any:
    """The gap by family and cause, largest part first."""
    gap = found.gap.assign(gap=found.gap[list(CAUSES)].sum(axis=1))
    table = plain_table(
        "Model minus plan", ("family", "left"), *((title, "right") for title in CAUSES.values()), ("gap", "right")
    )
    for row in gap.sort_values("gap", key=abs, ascending=False).to_dict("records"):
        table.add_row(row["family"].strip("()"), *(number_text(row[name], "+.1f") for name in (*CAUSES, "gap")))
    return table


def decision(account: dict[str, Any], trigger_said: str | None = None) -> str:
    """Who had the last word, in a sentence; with what a trigger says where that is why it is under review."""
    reason = account["queue_reason"] + (f": {trigger_said}" if trigger_said else "") if account["under_review"] else ""
    grade = account["final_grade"] or "none"
    said = f"Final grade {grade}, decided by {account['decided_by']}"
    if account["decided_by"] == "override":
        said += f": {account['override_reason']}, {account['override_by']}, until {account['override_expires_on']}"
    if not account["coverage"]:
        said += "; a rule of the plan excludes the account"
    return f"{said}; under review ({reason})." if account["under_review"] else f"{said}."


def strongest(reasons: "pd.DataFrame", source: str) -> list[tuple[str, str]]:
    """(attribute with its value, points): where accounts start, the strongest, the rest, the change of scale, their sum."""
    columns = (reasons[name].to_list() for name in ("source", "attribute", "contribution", "value"))
    rows = sorted((row[1:] for row in zip(*columns, strict=True) if row[0] == source), key=lambda row: -abs(row[1]))
    if not rows:
        return []
    own = [row for row in rows if row[0] not in CLOSING]
    strongest = [row for row in own if not row[0].startswith("(")][:SHOWN]
    start, scale = (_points(row for row in rows if row[0] == attribute) for attribute in CLOSING)
    lines = [
        (CLOSING["(base)"], start),
        *((f"{attribute} {text(value) or 'unknown'}", points) for attribute, points, value in strongest),
        ("everything else", _points(own) - _points(strongest)),
        (CLOSING["(scale)"], scale),
    ]
    shown = [(name, f"{value:+.1f}") for name, value in lines if abs(value) >= 0.05]
    return [*shown, ("sum", f"{_points(rows):.1f}")]


def _points(rows: Iterable[tuple[str, float, Any]]) -> float:
    return sum((points for _, points, _ in rows), 0.0)


def _entry_text(entry: dict[str, str | None]) -> str:
    grade = f" {entry['grade']} ({entry['reason']})" if entry["grade"] and entry["action"] != "expire" else ""
    return f"{str(entry['made_at'])[:10]} {entry['action']}{grade} by {entry['by']}"
