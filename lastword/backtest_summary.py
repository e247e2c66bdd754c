"""What `lastword backtest` prints: who found how many wins, what overriding was worth, and what to keep in mind."""

from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.configuration import shown_path
from lastword.summary import output_console, plain_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lastword.runner import Outcome

OPINIONS = ("plan", "model", "blend", "final")
MOST_GROUPS = 10


def backtest_json(outcome: "Outcome") -> dict[str, Any]:
    """The result for --json: stages, validation.json and backtest.json."""
    reports = {name: results.read_report(outcome.folder, f"{name}.json") for name in ("validation", "backtest")}
    return outcome.as_json() | reports


def print_backtest(outcome: "Outcome") -> None:
    """The table of landmarks, one sentence on it, override value, caveats, and where the rows are."""
    console = output_console()
    report = results.read_report(outcome.folder, "backtest.json")
    assert report is not None  # a back-test that wrote none refused
    console.print(landmark_table(report))
    console.print(sentence(report), soft_wrap=True)
    console.print()
    print_override_value(console, report)
    console.print()
    for caveat in report["caveats"]:
        console.print(f"Note        {caveat}", soft_wrap=True)
    console.print(f"Table       {shown_path(outcome.folder / 'backtest.parquet')}", soft_wrap=True)


def landmark_table(report: dict[str, Any]) -> "Table":
    """Share of the wins that each opinion found at each landmark, and of all with its interval."""
    numbers = ("at risk", "wins", "overrides", *OPINIONS)
    title = f"Share of the wins of {report['horizon_days']} days in the top {percent(report['share'])}"
    table = plain_table(title, ("landmark", "left"), *((name, "right") for name in numbers))
    for record in report["landmarks"]:
        shares = (percent(record[name]["capture"]["estimate"]) for name in OPINIONS)
        table.add_row(record["landmark"], *(f"{record[name]:,}" for name in ("rows", "wins", "overrides")), *shares)
    pooled = report["pooled"]
    figures = [pooled[name]["capture"] for name in OPINIONS]
    overrides = sum(record["overrides"] for record in report["landmarks"])
    counts = (f"{pooled['rows']:,}", f"{pooled['wins']:,}", f"{overrides:,}")
    table.add_row("all", *counts, *(percent(figure["estimate"]) for figure in figures))
    table.add_row("95 %", "", "", "", *(f"{100 * figure['low']:.0f}–{100 * figure['high']:.0f}" for figure in figures))
    table.add_row("AUC", "", "", "", *(f"{pooled[name]['auc']['estimate']:.2f}" for name in OPINIONS))
    return table


def sentence(report: dict[str, Any]) -> str:
    """At the top 15 %: plan 23 %, model 51 %, …"""
    said = ", ".join(f"{name} {percent(report['pooled'][name]['capture']['estimate'])}" for name in OPINIONS)
    against, share = report["pooled"]["differences"]["model_minus_plan"], percent(report["share"])
    return f"At the top {share}: {said} of the wins; model minus plan {signed(against)}; chance {share}"


def print_override_value(console: "Console", report: dict[str, Any]) -> None:
    """What overriding added in all, then by direction, reason and author, then the holdout."""
    value = report["override_value"]
    counted = f"{value['older_than_horizon']:,} applied more than {report['horizon_days']} days ago"
    console.print(f"Overrides   {counted}; {value['decisions']:,} in force at a landmark, on accounts at risk", soft_wrap=True)
    console.print(f"Value       {value_text(value, report)}", soft_wrap=True)
    if value["said"] is None:
        console.print(group_table(value))
    console.print(f"Holdout     {holdout_text(value['holdout'])}", soft_wrap=True)


def value_text(value: dict[str, Any], report: dict[str, Any]) -> str:
    """Override value added, or why there is no figure."""
    if value["said"] is not None:
        return f"no figure: {value['said']}"
    better = value["brier_difference"]["estimate"]
    return (
        f"overriding moves the share of wins found by {signed(value['value'])} from that of the policy "
        f'"{report["policy"]}" alone, and by {signed(value["against_plan"])} from the plan\'s points; on the overridden '
        f"accounts it makes the Brier score "
        f"{'better' if better < 0 else 'worse'} by {abs(better):.4f}"
    )


def group_table(value: dict[str, Any]) -> "Table":
    """A row per direction, reason and author; the largest ten of each."""
    title = "Wins gained per 100 overrides at a landmark (95 %), and drawn towards the pool"
    columns = (("overrides", "right"), ("gained", "right"), ("95 %", "right"), ("drawn", "right"), ("", "left"))
    table = plain_table(title, ("by", "left"), ("", "left"), *columns)
    for group, records in value["groups"].items():
        largest = sorted(records, key=lambda record: -record["decisions"])
        for record in largest[:MOST_GROUPS]:
            table.add_row(group, record["name"], f"{record['decisions']:,}", *group_cells(record))
        if len(largest) > MOST_GROUPS:
            table.add_row(group, f"{len(largest) - MOST_GROUPS} more are in backtest.json", *[""] * len(columns))
    return table


def group_cells(record: dict[str, Any]) -> tuple[str, str, str, str]:
    """gained, its interval, shrunk, and why there is no figure."""
    rate = record["wins_per_100"]
    if rate is None:
        return "", "", "", record["said"]
    return f"{rate['estimate']:+.1f}", f"{rate['low']:+.1f} to {rate['high']:+.1f}", f"{record['shrunk']:+.1f}", ""


def holdout_text(holdout: dict[str, Any]) -> str:
    """The causal figure, or why there is none."""
    arms = f"{holdout['applied']['decisions']:,} upgrades applied, {holdout['held_out']['decisions']:,} held out at random"
    if holdout["said"] is not None:
        return f"{arms}; no figure: {holdout['said']}"
    rates = [percent(holdout[arm]["rate"]["estimate"]) for arm in ("applied", "held_out")]
    return f"{arms}; {rates[0]} and {rates[1]} won: being upgraded adds {signed(holdout['difference'])}"


def percent(share: float | None) -> str:
    """51 %, or – where not measured."""
    return "–" if share is None else f"{100 * share:.3g} %" if share < 0.1 else f"{100 * share:.0f} %"


def signed(figure: dict[str, float | None]) -> str:
    """+2.1 points (-0.4 to +4.6)."""
    estimate, low, high = (figure[name] for name in ("estimate", "low", "high"))
    if estimate is None or low is None or high is None:
        return "not measured"
    return f"{100 * estimate:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
