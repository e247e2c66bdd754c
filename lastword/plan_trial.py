"""Tries another plan on the accounts of the current publication, and prints what it would do."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.account_inputs import PLAN
from lastword.errors import Refusal
from lastword.plan import Plan, load_plan
from lastword.plan_diff import differences
from lastword.reports import null_for_nan
from lastword.results import nothing_published, records
from lastword.table_files import read

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from lastword.planning.whatif import Capture, WhatIf
    from lastword.planning.whatif_sellers import Sellers, Staff
    from lastword.project import Project
    from models.agreement import Agreement

MOST_SAID = 10
ACCOUNT_COLUMNS = ("account_id", "region", "industry", "model_grade", "policy_grade", "high_value", "as_of")


@dataclass(frozen=True)
class Trial:
    """What another plan would do to the accounts of a run: `before` is the plan of that run, `after` the other one."""

    run_id: str
    before: Plan
    after: Plan
    differences: tuple[str, ...]
    found: "WhatIf"

    def as_json(self) -> dict[str, Any]:
        """For --json: segments by name, null for what isn't known; `moves` isn't in it but its counts are."""
        from lastword.planning.whatif import segments_before_and_after

        found = self.found
        sizes = {name: {"before": then, "after": now} for name, then, now in segments_before_and_after(found)}
        content: dict[str, Any] = {
            "run_id": self.run_id,
            "plan_before": self.before.version,
            "plan_after": self.after.version,
            "differences": list(self.differences),
            "accounts": found.accounts,
            "moved": found.moved,
            "up": found.up,
            "down": found.down,
            "matrix": {str(name): {str(to): int(n) for to, n in row.items()} for name, row in found.matrix.iterrows()},
            "segments": sizes,
            "regions": records(found.regions.reset_index()),
            "industries": records(found.industries.reset_index()),
            "excluded": {"before": found.excluded[0], "after": found.excluded[1]},
            "key_accounts": {"before": found.key_accounts[0], "after": found.key_accounts[1]},
            "agreement": {"before": asdict(found.agreement_before), "after": asdict(found.agreement_after)},
            "capture": None if found.capture is None else asdict(found.capture),
            "sellers": None if found.sellers is None else records(found.sellers.roles),
            "stale_now": found.stale_now,
            "stale": records(found.stale),
            "notes": list(found.notes),
        }
        return dict(null_for_nan(content))


def try_plan(project: "Project", path: Path, now: datetime) -> Trial:
    """Read another plan and try it on the accounts, with the values that they had in the run of the current publication.

    Raises
    ------
    ConfigurationError
        The file is no plan, or looks at a column that accounts lack; it names the line.
    Refusal
        Nothing is published, or the run kept too little.
    """
    from overrides.publish import current_run
    from overrides.store import open_store

    other = load_plan(path)
    open_store(project.store_url)
    run = current_run()
    if run is None:
        raise nothing_published(project)
    return trial_of(project, run.run_id, current_plan(project.run_folder(run.run_id)), other, now)


def trial_of(project: "Project", run_id: str, current: Plan, other: Plan, now: datetime) -> Trial:
    """The same with both plans read and the store open."""
    from lastword.plan_values_kept import past_values_of, values_of
    from lastword.planning.whatif import what_if
    from overrides import ledger

    folder, plans = project.run_folder(run_id), (current, other)
    scores = accounts_tried(folder)
    as_of = as_of_tried(project, scores, now)
    values = values_of(project, folder, as_of, plans)
    found = what_if(
        current,
        other,
        scores,
        values,
        ledger.in_force(now),
        past_values_of(project, folder, as_of, plans),
        project.settings.disparity.threshold,
        project.settings.seed,
        staff_of(project),
    )
    return Trial(run_id, current, other, differences(current, other), found)


def accounts_tried(folder: Path) -> "pd.DataFrame":
    """The accounts of a run as what_if takes them, by account_id."""
    import pandas as pd

    frame: pd.DataFrame = read(folder / "scores.parquet", ACCOUNT_COLUMNS).to_pandas()
    return frame


def as_of_tried(project: "Project", accounts: "pd.DataFrame", now: datetime) -> date:
    """The date as of which the run scored."""
    return project.as_of(now.date()) if accounts.empty else accounts["as_of"].max().date()


def staff_of(project: "Project") -> "Staff":
    """Who sells in this project."""
    from lastword.planning.whatif_sellers import Staff

    return Staff(project.settings.capacity.roles, project.settings.final.policy)


def current_plan(folder: Path) -> Plan:
    """The plan by which a run scored."""
    path = folder / PLAN
    if not path.is_file():
        raise Refusal(f"run {folder.name} kept no plan: `lastword score` makes one that does")
    return load_plan(path)


def print_trial(tried: Trial) -> None:
    """The matrix of segments, the figures, and what differs between the plans."""
    from lastword.summary import output_console

    console, found = output_console(), tried.found
    console.print(f"Plan {tried.after.version} in place of {tried.before.version}, on the accounts of run {tried.run_id}:")
    for said in tried.differences[:MOST_SAID]:
        console.print(f"  {said}", soft_wrap=True)
    if len(tried.differences) > MOST_SAID:
        console.print(f"  and {len(tried.differences) - MOST_SAID} more: lastword plan diff")
    if not tried.differences:
        console.print("  they say the same")
    console.print(_matrix_table(found))
    for name, line in figure_lines(found):
        console.print(f"{name:<15}{line}", soft_wrap=True)
    _print_groups(console, "region", found.regions)
    _print_groups(console, "industry", found.industries)
    if found.sellers is not None:
        console.print(_sellers_table(found.sellers))


def figure_lines(found: "WhatIf") -> list[tuple[str, str]]:
    """The figures, each with its name, as people read them."""
    share = f" ({found.moved / found.accounts:.1%})" if found.accounts else ""
    lines = [
        ("Would move", f"{found.moved:,} of {found.accounts:,} accounts{share}: {found.up:,} up, {found.down:,} down"),
        ("With the model", f"{_agreement(found.agreement_before)} → {_agreement(found.agreement_after)}"),
        ("Past wins", _capture(found.capture)),
        ("Sellers", sellers_words(found.sellers)),
        ("Overrides", f"{len(found.stale):,} would become stale; {found.stale_now:,} are by the plan's points as it is"),
    ]
    for name, (before, after) in (("Excluded", found.excluded), ("Key accounts", found.key_accounts)):
        if before or after:
            lines.append((name, f"{before:,} → {after:,}"))
    return [*lines, *(("Note", note) for note in found.notes)]


def sellers_words(found: "Sellers | None") -> str:
    """Sellers needed before → after by role, and how many accounts no role takes."""
    if found is None:
        return "not reckoned"
    totals = found.roles.groupby("role", sort=False)[["needed_before", "needed_after"]].sum()
    said = [f"{name} {_change(int(row.needed_before), int(row.needed_after))}" for name, row in totals.iterrows()]
    left = f"; {_change(*found.unassigned)} accounts go to no role" if any(found.unassigned) else ""
    return f"needed: {', '.join(said) or 'none'}{left}"


def _sellers_table(found: "Sellers") -> Any:
    from lastword.summary import plain_table

    columns = ("region", "left"), ("role", "left"), ("accounts", "right"), ("sellers needed", "right")
    table = plain_table("Sellers, before → after", *columns)
    for row in found.roles.itertuples():
        accounts, needed = _change(row.accounts_before, row.accounts_after), _change(row.needed_before, row.needed_after)
        table.add_row(row.region, row.role, accounts, needed)
    return table


def _matrix_table(found: "WhatIf") -> Any:
    from lastword.summary import plain_table

    columns = [str(name) for name in found.matrix.columns]
    title = "Accounts by segment, before (rows) and after (columns)"
    table = plain_table(title, ("", "left"), *((name, "right") for name in [*columns, "before"]))
    for name, row in found.matrix.iterrows():
        table.add_row(str(name), *(f"{count:,}" for count in row), f"{row.sum():,}")
    table.add_row("after", *(f"{count:,}" for count in found.matrix.sum(axis=0)), f"{found.accounts:,}")
    return table


def _print_groups(console: "Console", name: str, counts: Any) -> None:
    """Accounts by group and segment, before → after where they differ."""
    from lastword.summary import plain_table

    segments = list(dict.fromkeys(counts.index.get_level_values("segment")))
    table = plain_table(f"By {name}, before → after", (name, "left"), *((each, "right") for each in segments))
    for group in dict.fromkeys(counts.index.get_level_values("group")):
        cells = [counts.loc[(group, segment)] for segment in segments]
        table.add_row(str(group), *(_change(int(cell["before"]), int(cell["after"])) for cell in cells))
    console.print(table)


def _change(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} → {after:,}"


def _agreement(found: "Agreement") -> str:
    if found.same is None:
        return "no model's grade to agree with"
    return f"{found.same:.1%} the same grade (κ {'—' if found.kappa is None else f'{found.kappa:.2f}'})"


def _capture(found: "Capture | None") -> str:
    if found is None:
        return "the run kept no past wins to measure on"
    gain = f"{100 * found.gain.estimate:+.1f} points, 95 % {100 * found.gain.low:+.1f} to {100 * found.gain.high:+.1f}"
    return f"{found.before:.1%} → {found.after:.1%} of {found.wins:,} among the best 15 % ({gain})"
