"""What triggers did in the current publication: of each how often it fired and how many stand, and on which accounts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.errors import Refusal
from lastword.summary import output_console, plain_table, text
from lastword.triggering import REPORT, TRIGGERS

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

COLUMNS = ("account_id", "name", "trigger", "said", "fired_in", "new", "under_review", "queue_reason")
SHOWN = 20


@dataclass(frozen=True)
class TriggersFound:
    """`report` is triggers.json with the run's id; `accounts` has a row per account and trigger that stands: COLUMNS.

    new: it fired in this publication. under_review says whether the account is in the queue now: one whose plan excludes it, a
    customer where customers are not reviewed, and one that somebody has decided on or set aside since are not.
    """

    report: dict[str, Any]
    accounts: "pd.DataFrame"


def triggers(project: "Project") -> TriggersFound:
    """Read what the current publication found.

    Raises
    ------
    Refusal
        Nothing is published yet, or the publication was made without [[triggers]].
    """
    import pandas as pd

    from overrides.final import final_table
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(project.store_url)
    current = current_run()
    if current is None:
        raise results.nothing_published(project)
    folder = project.run_folder(current.run_id)
    report = results.read_report(folder, REPORT)
    if report is None:
        raise Refusal(
            f"run {current.run_id} was made without triggers: write [[triggers]] into lastword.toml, then `lastword score`"
        )
    standing = pd.read_parquet(folder / TRIGGERS)
    final = final_table(list(standing["account_id"].unique()))[["account_id", "name", "under_review", "queue_reason"]]
    rows = standing.merge(final, on="account_id").rename(columns={"run_id": "fired_in"})
    rows = rows.assign(new=rows["fired_in"] == current.run_id, place=rows["trigger"].map(_places(report)))
    rows = rows.sort_values(["place", "account_id"], ignore_index=True)
    return TriggersFound({"run_id": current.run_id} | report, rows[list(COLUMNS)])


def print_triggers(found: TriggersFound) -> None:
    """A line per trigger, then what it says of the first accounts."""
    console = output_console()
    table = plain_table(
        f"Triggers of run {found.report['run_id']}",
        ("trigger", "left"),
        ("fired", "right"),
        ("standing", "right"),
        ("note", "wrap"),
    )
    for each in found.report["triggers"]:
        table.add_row(each["trigger"], f"{each['fired']:,}", f"{each['standing']:,}", text(each["note"]))
    console.print(table)
    if found.report["note"]:
        console.print(f"Note        {found.report['note']}", soft_wrap=True)
    if len(found.accounts):
        console.print(_accounts_table(found.accounts))


def _accounts_table(accounts: "pd.DataFrame") -> Any:
    head = f"the first {SHOWN} of " if len(accounts) > SHOWN else ""
    columns = (("account", "left"), ("name", "left"), ("trigger", "left"), ("what happened", "wrap"), ("", "left"))
    table = plain_table(f"{head}{len(accounts):,} that stand", *columns)
    for row in accounts.head(SHOWN).to_dict("records"):
        fresh = "new" if row["new"] else ""
        table.add_row(
            row["account_id"],
            text(row["name"]),
            row["trigger"],
            row["said"],
            fresh if row["under_review"] else "not in the queue",
        )
    return table


def _places(report: dict[str, Any]) -> dict[str, int]:
    return {each["trigger"]: place for place, each in enumerate(report["triggers"])}
