"""`indicators`: what the winners had in common, how the grades ranked them, and how the plan could use it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.contracts import GRADES
from lastword.errors import Refusal
from lastword.summary import number_text, output_console, plain_table, text

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

FAMILIES = ("firmographic", "technographic", "intent")

COMPRESSION = (
    "The rank lift is a grade's win rate over that of all {accounts:,} accounts. The {wins:,} wins among them press it: it can't "
    "exceed {most:.1f}. The lift (share of the wins ÷ share of the others, L) is free of that; rank lift = "
    "L/(1 + {share:.3f}·(L − 1))."
)


@dataclass(frozen=True)
class Findings:
    """What is known of the indicators of the current publication.

    Attributes
    ----------
    indicators : indicators.parquet, significant ones first: see models.indicators.indicators.
    rank_lift : the figure `rank_lift` of the training whose model serves (models.rank_lift.rank_lift_figures); None where that
        training measured none, or no model serves.
    recommendations : recommendations.json of the newest run that has one; None before `lastword indicators --recommend`.
    segments : the plan's segments from the top.
    """

    indicators: "pd.DataFrame"
    rank_lift: dict[str, Any] | None
    recommendations: dict[str, Any] | None
    segments: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return {
            "indicators": results.records(self.indicators),
            "rank_lift": self.rank_lift,
            "recommendations": self.recommendations,
        }


def find(project: "Project", family: str | None = None) -> Findings:
    """Open the store and collect: see `collected`."""
    from overrides.store import open_store

    open_store(project.store_url)
    return collected(project, family)


def collected(project: "Project", family: str | None = None) -> Findings:
    """What the current publication, the training of its model and the last recommendation run left. The store is open already.

    Parameters
    ----------
    family : only indicators of this family, one of FAMILIES.

    Raises
    ------
    Refusal : nothing is published yet, or its run's folder lacks the table.
    """
    import pandas as pd

    from overrides.publish import current_run

    current = current_run()
    if current is None:
        raise Refusal("nothing is published yet, so there are no indicators: run `lastword run` first")
    path = project.run_folder(current.run_id) / "indicators.parquet"
    if not path.is_file():
        raise Refusal(f"{path} is missing: run `lastword score` to have the indicators of the current publication again")
    table = pd.read_parquet(path)
    if family is not None:
        table = table[table["family"] == family]
    ordered = table.sort_values("significant", ascending=False, kind="stable", ignore_index=True)
    segments = tuple(segment.name for segment in project.load_plan().segments)
    return Findings(ordered, rank_lift_of(project, current.model_version), latest_recommendations(project), segments)


def rank_lift_of(project: "Project", version: str | None) -> dict[str, Any] | None:
    """How the grades of this version of the model ranked, as its training measured it."""
    for folder in _newest_first(project):
        metrics = results.read_report(folder, "metrics.json") or {}
        if version is not None and metrics.get("model", {}).get("version") == version and metrics["model"].get("promoted"):
            found: dict[str, Any] | None = metrics["figures"].get("rank_lift")
            return found
    return None


def latest_recommendations(project: "Project") -> dict[str, Any] | None:
    """What the newest recommendation run found."""
    reports = (results.read_report(folder, "recommendations.json") for folder in _newest_first(project))
    return next((report for report in reports if report is not None), None)


def print_findings(found: Findings, every: bool) -> None:
    """The significant indicators by family (all with `every`), then the rank lift of grades and segments."""
    console = output_console()
    shown = found.indicators if every else found.indicators[found.indicators["significant"]]
    for family in FAMILIES:
        rows = shown[shown["family"] == family]
        if len(rows):
            console.print(indicator_table(rows, f"{family.capitalize()}: {counted(found.indicators, family)}"))
    if shown.empty:
        console.print("No indicator is significant: none sets the wins apart beyond chance.", soft_wrap=True)
    if not every and len(shown) < len(found.indicators):
        console.print(f"{len(found.indicators) - len(shown)} more, not significant: --all shows them.\n", soft_wrap=True)
    print_rank_lift(console, found)


def counted(table: "pd.DataFrame", family: str) -> str:
    """ "5 of 92 are significant"."""
    rows = table[table["family"] == family]
    return f"{int(rows['significant'].sum())} of {len(rows)} significant"


def indicator_table(rows: "pd.DataFrame", title: str) -> Any:
    """A row per indicator: coverage among wins and house list, lift with its interval, what is left of it after shrinking, q."""
    numbers = ("won", "house", "lift", "95 %", "EB lift", "EB05", "q", "significant")
    table = plain_table(title, ("indicator", "left"), *((name, "right") for name in numbers))
    for row in rows.to_dict("records"):
        table.add_row(
            row["indicator"],
            number_text(row["coverage_won"], ".1%"),
            number_text(row["coverage_house"], ".1%"),
            number_text(row["lift"], ".2f"),
            interval_text(row["lift_low"], row["lift_high"]),
            number_text(row["eb_lift"], ".2f"),
            number_text(row["eb05"], ".2f"),
            q_text(row["q_value"]),
            "yes" if row["significant"] else "",
        )
    return table


def print_rank_lift(console: Any, found: Findings) -> None:
    """Rank lift of the model's grades and of the plan's segments on the same accounts, and what list sizes do to it."""
    measured = found.rank_lift
    if measured is None:
        console.print("Rank lift is measured by training: run `lastword train`.", soft_wrap=True)
        return
    orders = {"model": GRADES, "plan": found.segments}
    for opinion, order in orders.items():
        if measured.get(opinion):
            title = f"Rank lift of the {'model’s grades' if opinion == 'model' else 'plan’s segments'}, {measured['landmark']}"
            console.print(rank_lift_table(measured[opinion], order, title))
    accounts = measured["wins"] + measured["others"]
    if measured["wins"]:
        share = measured["wins"] / accounts
        said = COMPRESSION.format(accounts=accounts, wins=measured["wins"], most=1 / share, share=share)
        console.print(f"{said} The model's grades come from {measured['seen_from']}.\n", soft_wrap=True)


def rank_lift_table(records: list[dict[str, Any]], order: tuple[str, ...], title: str) -> Any:
    """A row per grade or segment in its own order."""
    numbers = ("wins", "others", "rank lift", "95 %", "lift", "95 %")
    table = plain_table(title, ("grade", "left"), *((name, "right") for name in numbers))
    place = {name: position for position, name in enumerate(order)}
    for row in sorted(records, key=lambda row: place.get(row["grade"], len(place))):
        table.add_row(
            text(row["grade"]),
            f"{row['wins']:,}",
            f"{row['others']:,}",
            number_text(row["rank_lift"], ".2f"),
            interval_text(row["rank_lift_low"], row["rank_lift_high"]),
            number_text(row["lift"], ".2f"),
            interval_text(row["lift_low"], row["lift_high"]),
        )
    return table


def interval_text(low: float | None, high: float | None) -> str:
    """ "1.2–1.9"; "" where missing."""
    return "–".join(part for part in (number_text(low, ".2f"), number_text(high, ".2f")) if part)


def q_text(value: float | None) -> str:
    """A q-value to two digits after the point; "<.001" below."""
    if value is not None and value < 0.001:
        return "<.001"
    return number_text(value, ".3f")


def _newest_first(project: "Project") -> list[Any]:
    return sorted((path for path in project.runs_folder.glob("*") if path.is_dir()), reverse=True)
