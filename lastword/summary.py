"""What a finished command prints: counts of the inputs, accounts per grade, the head of the queue, where to look."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.leakage import leakage_lines
from lastword import results
from lastword.moves import drift_line, grades_line
from lastword.project import SQLITE
from lastword.triggering import REPORT as TRIGGERS_REPORT

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from lastword.project import Project
    from lastword.runner import Outcome

QUEUE_HEAD = 8


def outcome_json(project: "Project", outcome: "Outcome") -> dict[str, Any]:
    """The result for --json: stages, validation.json, metrics.json and, of a scoring run, accounts per grade and the queue."""
    report = outcome.as_json()
    for name in ("validation", "metrics"):
        report[name] = results.read_report(outcome.folder, f"{name}.json")
    if _has_scores(outcome):
        final = results.published_table(outcome.folder)
        report["accounts_per_grade"] = results.accounts_per_grade(final, results.grade_of_segment(project))
        queue = results.review_queue(project)
        report["under_review"] = len(queue)
        report["review_queue_head"] = results.records(results.with_why(project, queue.head(QUEUE_HEAD)))
    return report


def print_validation(project: "Project", outcome: "Outcome") -> None:
    """A row per input: rows in, used, not yet known, quarantined and why; then where the page and the quarantine are."""
    console = output_console()
    report = results.read_report(outcome.folder, "validation.json") or {"tables": {}}
    console.print(validation_table(report["tables"]))
    console.print(f"Report      {shown_path(project.docs_folder / 'validation.html')}")
    if any(table["rows_quarantined"] for table in report["tables"].values()):
        console.print(f"Quarantine  {shown_path(project.quarantine_folder)}")
    _print_warnings(console, report)


def print_model(project: "Project", outcome: "Outcome") -> None:
    """What was trained, how good it is and whether it serves."""
    console = output_console()
    _print_metrics(console, outcome)
    _print_card(console, project)
    console.print(f"MLflow      {mlflow_command(project)}")


def print_run(project: "Project", outcome: "Outcome") -> None:
    """Accounts per grade, how many wait for review, and the commands that come next."""
    console = output_console()
    final = results.published_table(outcome.folder)
    console.print(grades_table(final, results.grade_of_segment(project)))
    _print_metrics(console, outcome)
    if any(stage.name == "train" for stage in outcome.stages):
        _print_card(console, project)
    waiting = int(final["under_review"].sum())
    console.print(f"Review      {waiting:,} accounts are under review: lastword queue")
    for line in triggers_lines(results.read_report(outcome.folder, TRIGGERS_REPORT)):
        console.print(line, soft_wrap=True)
    console.print(f"Table       {shown_path(outcome.folder / 'final_scores.parquet')}")
    _print_warnings(console, results.read_report(outcome.folder, "validation.json"))


def _print_warnings(console: "Console", report: dict[str, Any] | None) -> None:
    for warning in (report or {}).get("warnings", ()):
        console.print(f"Note        {warning}", soft_wrap=True, markup=False)


def triggers_lines(report: dict[str, Any] | None) -> list[str]:
    """What triggers did in a run, of triggers.json; nothing where a project has none."""
    if report is None:
        return []
    if report["note"]:
        return [f"Triggers    {report['note']}"]
    fired = ", ".join(f"{each['trigger']} {each['fired']:,}" for each in report["triggers"] if each["fired"])
    notes = [f"Note        trigger {each['trigger']}: {each['note']}" for each in report["triggers"] if each["note"]]
    return [f"Triggers    fired: {fired or 'none'}: lastword triggers", *notes]


def print_tour(project: "Project", outcome: "Outcome") -> None:
    """After the demo: the results, the head of the queue, and where everything is."""
    console = output_console()
    final = results.final_scores(project)
    queue = results.review_queue(project)
    console.print()
    console.print(grades_table(final, results.grade_of_segment(project)))
    _print_metrics(console, outcome)
    console.print()
    if len(queue):
        head = results.with_why(project, queue.head(QUEUE_HEAD))
        print_queue(console, head, f"Review queue: the first {len(head)} of {len(queue):,}")
        console.print()
    for label, place in _places(project, outcome, (queue if len(queue) else final)["account_id"].iloc[0]):
        console.print(f"{label:<11} {place}", soft_wrap=True)


def print_sign_in(project: "Project", name: str, password: str) -> None:
    """How to open the review application; nothing can tell the password again."""
    console = output_console()
    command = f"{_beside_python('lastword')} web --project {shown_path(project.folder)}"
    console.print(f"{'Review':<11} {command}", soft_wrap=True)
    console.print(f"{'':<11} sign in as {name} / {password} (shown only now; `lastword user add` gives another)", soft_wrap=True)


def output_console() -> "Console":
    """Results. As wide as they come where nobody looks at a terminal, so that a pipe gets whole rows."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=1000)


def grades_table(final: "pd.DataFrame", grade_of_segment: dict[str, str]) -> "Table":
    """A to F by plan, model and final grade."""
    table = plain_table(f"{len(final):,} accounts", ("grade", "left"), ("plan", "right"), ("model", "right"), ("final", "right"))
    for grade, counts in results.accounts_per_grade(final, grade_of_segment).items():
        if grade != results.NO_GRADE or any(counts.values()):
            table.add_row(grade, *(f"{counts[opinion]:,}" for opinion in ("plan", "model", "final")))
    return table


def print_queue(console: "Console", queue: "pd.DataFrame", title: str) -> None:
    """The review queue as given: plan, model, gap, value and gain of each account, and below them why, as much as fits."""
    numbers = ("plan", "model", "gap", "value", "gain")
    table = plain_table(title, *(("account", "left"), ("name", "left"), *((name, "right") for name in numbers)))
    for row in queue.to_dict("records"):
        plan = _opinion(row["plan_points"], row["plan_segment"])
        model = _opinion(row["model_points"], row["model_grade"])
        gap, value = number_text(row["disparity"], "+.0f"), number_text(row["expected_value"], ",.0f")
        gain = gain_text(row["review_gain"])
        table.add_row(row["account_id"], text(row["name"]), plan, model, gap, value, gain)
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().rstrip().splitlines(keepends=True)
    head = len(lines) - len(queue)
    console.file.write("".join(lines[:head]))
    for line, row in zip(lines[head:], queue.to_dict("records"), strict=True):
        console.file.write(line.rstrip() + "\n")
        console.print(f"   {reason_text(row)}", overflow="ellipsis", no_wrap=True, style="dim")


def gain_text(gain: float | None) -> str:
    """A gain in the unit of the accounts' values: whole numbers of money, two figures where values are 1."""
    if _is_missing(gain):
        return ""
    return f"{gain:,.0f}" if gain is not None and gain >= 10 else f"{gain:.2g}"


def reason_text(row: dict[str, Any]) -> str:
    """Why an account is in the queue: what drives the opinions apart, and what else brought it there."""
    if row["queue_reason"] == "disparity":
        return str(row["why"])
    return "; ".join(filter(None, (text(row["trigger_said"]) or text(row["queue_reason"]), row["why"])))


def validation_table(tables: dict[str, Any]) -> "Table":
    """A row per input of validation.json."""
    columns = [(name, "right") for name in ("rows in", "used", "not yet known", "quarantined")]
    table = plain_table("Inputs", ("input", "left"), *columns, ("why", "wrap"))
    for name, counts in tables.items():
        numbers = (counts[key] for key in ("rows_in", "rows_used", "rows_not_yet_known", "rows_quarantined"))
        reasons = ", ".join(f"{reason.replace('_', ' ')}: {count:,}" for reason, count in counts["reasons"].items())
        table.add_row(name, *(f"{number:,}" for number in numbers), reasons)
    return table


def mlflow_command(project: "Project") -> str:
    """How to look at the experiments of this project."""
    uri = project.mlflow_uri
    if uri.startswith(SQLITE):
        uri = SQLITE + shown_path(Path(uri.removeprefix(SQLITE)))
    return f"{_beside_python('mlflow')} ui --backend-store-uri {uri}"


def _has_scores(outcome: "Outcome") -> bool:
    return (outcome.folder / "final_scores.parquet").is_file()


def _print_metrics(console: "Console", outcome: "Outcome") -> None:
    metrics = results.read_report(outcome.folder, "metrics.json") or {}
    for line in [*model_lines(metrics), *leakage_lines(metrics.get("figures", {}).get("leakage"))]:
        console.print(line, soft_wrap=True)


def _print_card(console: "Console", project: "Project") -> None:
    console.print(f"Card        {shown_path(project.docs_folder / 'model_card.html')}", soft_wrap=True)


def model_lines(metrics: dict[str, Any] | None) -> list[str]:
    """Which model serves, why a new one was refused, and the figures worth a line."""
    if not metrics:
        return []
    model = metrics.get("model") or {}
    if metrics["mode"] == "plan-only" or not model.get("version"):
        return [f"Model       none serves; the plan decides{_because(model)}", *figure_lines(metrics.get("figures", {}))]
    fate = f"promoted ({metrics['mode']})" if model.get("promoted") else f"goes on serving{_because(model)}"
    return [f"Model       {model.get('name')} version {model['version']} {fate}", *figure_lines(metrics["figures"])]


def figure_lines(figures: dict[str, Any]) -> list[str]:
    """How well what was trained and the plan find wins, what speaks against it, and what moved since the run before."""
    sections = {"temporal": "on wins that came later", "look_alike": "look-alike, not a forecast"}
    lines = [_figure_line(figures[key], where) for key, where in sections.items() if key in figures]
    worst = figures.get("worst_slice") or {}
    if worst.get("beyond_chance"):
        lines.append(f"Slices      {worst['said']}")
    if "look_alike" in figures and "class_prior_said" in figures:
        lines.append(f"Prior       {figures['class_prior_said']}")
    moved = {"Drift": drift_line(figures.get("drift", ())), "Grades": grades_line(figures.get("transitions"))}
    warnings = [f"Warning     {said}" for said in figures.get("prior_warnings", ())]
    return [*lines, *warnings, *(f"{name:<11} {said}" for name, said in moved.items() if said)]


def _figure_line(measured: dict[str, Any], where: str) -> str:
    model, plan = measured["model"], measured["plan"]
    auc, captured = model["auc"], [f"{100 * opinion['capture_at_15']['estimate']:.0f} %" for opinion in (model, plan)]
    area = f"AUC {auc['estimate']:.2f} ({auc['low']:.2f}–{auc['high']:.2f}), the plan's {plan['auc']['estimate']:.2f}"
    return f"Figures     {where}: {area}; its top 15 % hold {captured[0]} of the wins, the plan's {captured[1]}"


def _because(model: dict[str, Any]) -> str:
    return f": {model['refused_because']}" if model.get("refused_because") else ""


def _places(project: "Project", outcome: "Outcome", account: str) -> list[tuple[str, str]]:
    command = f"{_beside_python('lastword')}"
    there = f"--project {shown_path(project.folder)}"
    return [
        ("Tables", shown_path(outcome.folder)),
        ("Validation", shown_path(project.docs_folder / "validation.html")),
        ("Quarantine", shown_path(project.quarantine_folder)),
        ("Card", shown_path(project.docs_folder / "model_card.html")),
        ("MLflow", mlflow_command(project)),
        ("Next", f"{command} explain {account} {there}"),
        ("", f"{command} override add {account} --grade A --reason relationship {there}"),
        ("", f"{command} export final.xlsx {there}"),
    ]


def _beside_python(program: str) -> str:
    """The program of this environment, as short as it can be typed from here."""
    return shown_path(Path(sys.executable).parent / program)


def shown_path(path: Path) -> str:
    """A path relative to the current folder where that is shorter."""
    relative = os.path.relpath(path)
    return min(relative, str(path), key=len)


def plain_table(title: str, *columns: tuple[str, Any]) -> "Table":
    """An empty table in the one style of this program; columns are (name, "left", "right" or "wrap")."""
    from rich import box
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=justify != "wrap")
    return table


def number_text(value: float | None, form: str) -> str:
    """A number in a format; "" where missing."""
    return "" if _is_missing(value) else format(value, form)


def text(value: object) -> str:
    """Text; "" where missing."""
    return "" if _is_missing(value) else str(value)


def _opinion(points: float | None, grade: str | None) -> str:
    return f"{number_text(points, '.0f')} {text(grade)}".strip()


def _is_missing(value: object) -> bool:
    return value is None or value != value  # NaN is the one value unequal to itself
