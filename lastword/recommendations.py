"""Prints what to change in the plan: recommendations.json for people."""

from typing import TYPE_CHECKING, Any

from lastword.summary import number_text, plain_table

if TYPE_CHECKING:
    from rich.console import Console

    from lastword.project import Project

KINDS = {"add": "add", "reweight": "other weight", "rebands": "other bands"}
ASK = "Recommendations for the plan: `lastword indicators --recommend` works them out on today's inputs."


def print_recommendations(project: "Project", report: dict[str, Any] | None) -> None:
    """The changes with their effect, the text to paste, and the plan that has them all."""
    from lastword.summary import output_console

    console = output_console()
    if report is None:
        console.print(ASK, soft_wrap=True)
        return
    for line in opening_lines(project, report):
        console.print(line, soft_wrap=True)
    if report["changes"]:
        console.print(changes_table(report["changes"]))
        for change in report["changes"]:
            console.print(f"# {KINDS[change['kind']]}: {change['attribute']}\n{change['toml']}", soft_wrap=True)
    if report["together"]:
        print_together(console, report["together"])


def opening_lines(project: "Project", report: dict[str, Any]) -> list[str]:
    """When and from what they were made, whether the plan has changed since, and what the effect means."""
    from lastword.recommending import plan_print

    learnt, measured = report["learnt_on"], report["measured_on"]
    others = "other" if measured["landmarks"] == learnt["landmarks"] else "later"
    said = [
        f"Recommendations of {report['as_of']} for plan {report['plan_version']}: {len(report['changes'])} of {report['tried']} "
        f"changes tried make the plan rank {others} wins better, beyond chance.",
        f"Learnt on {learnt['wins']:,} wins in {learnt['rows']:,} rows ({span(learnt)}), measured on {measured['wins']:,} wins "
        f"in {measured['rows']:,} {others} rows ({span(measured)}).",
        "Each effect is that of one change alone; a weight stands beside the other weights as they are.",
    ]
    if plan_print(project.plan_path.read_bytes()) != report["plan"]:
        said.append("plan.toml has changed since: `lastword indicators --recommend` makes new ones.")
    return said


def changes_table(changes: list[dict[str, Any]]) -> Any:
    """A row per change: weight, information value, accounts that would move, capture at 15 % before and after."""
    numbers = ("weight", "IV", "would move", "at equal sizes", "wins in top 15 %", "gain", "95 %", "p")
    table = plain_table("", ("attribute", "left"), ("change", "left"), *((name, "right") for name in numbers))
    for change in changes:
        table.add_row(
            change["attribute"],
            KINDS[change["kind"]],
            arrow(change["current_weight"], change["recommended_weight"]),
            number_text(change["information_value"], ".2f"),
            *effect_cells(change["effect"]),
        )
    return table


def effect_cells(effect: dict[str, Any]) -> tuple[str, ...]:
    """Moved accounts, those at equal sizes of segments, capture before → after, its gain and interval, p of the gain in AUC."""
    before, after, gain = effect["capture_before"], effect["capture_after"], effect["capture_gain"]
    return (
        f"{effect['moved']:,} (↑{effect['moved_up']:,} ↓{effect['moved_down']:,})",
        f"{effect['moved_at_equal_sizes']:,}",
        f"{number_text(before['estimate'], '.1%')} → {number_text(after['estimate'], '.1%')}",
        number_text(gain["estimate"], "+.1%"),
        f"{number_text(gain['low'], '+.1%')} to {number_text(gain['high'], '+.1%')}",
        "<.0001" if effect["p_value"] < 0.0001 else f"{effect['p_value']:.4f}",
    )


def print_together(console: "Console", together: dict[str, Any]) -> None:
    """All changes at once: the weights at the same total, the effect, and the whole text."""
    table = plain_table("All together, weights of the same total", ("attribute", "left"), ("weight", "right"))
    for name, weight in together["weights"].items():
        table.add_row(name, arrow(weight["current"], weight["recommended"]))
    console.print(table)
    moved, _, captures, gain, interval, p_value = effect_cells(together["effect"])
    console.print(
        f"Would move {moved}, with segments cut so that they keep their sizes; wins in the top 15 %: {captures} ({gain}, 95 % "
        f"{interval}; p {p_value}). It replaces the [[segments]] and [[attributes]] of plan.toml:\n",
        soft_wrap=True,
    )
    console.print(together["toml"], soft_wrap=True)


def span(windows: dict[str, Any]) -> str:
    """ "2024-06-06 to 2025-07-31"."""
    landmarks = windows["landmarks"]
    return landmarks[0] if len(landmarks) == 1 else f"{landmarks[0]} to {landmarks[-1]}"


def arrow(before: float | None, after: float | None) -> str:
    """ "10 → 24.5"; only the latter where there was none."""
    return " → ".join(f"{value:g}" for value in (before, after) if value is not None)
