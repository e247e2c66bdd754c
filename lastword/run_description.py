"""What MLflow's pages say of a training, in Markdown: the decision, the figures beside plan and champion, where the rest is."""

from collections.abc import Mapping, Sequence
from typing import Any

SECTIONS = {"temporal": "on wins that came later", "look_alike": "look-alike, not a forecast"}
"""Where figures of the model, the plan and the blend on the same rows are, and what they were measured on."""

ROWS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "lift_at_15": "lift of the best 15 %",
    "capture_at_15": "share of all wins in the best 15 %",
    "calibration_slope": "calibration slope (1 is right)",
    "ece": "expected calibration error",
}
OPINIONS = ("model", "plan", "blend", "chance")


def describe_training(
    figures: Mapping[str, Any],
    promotion: Mapping[str, Any],
    told: Mapping[str, str],
    artifacts: Sequence[str],
) -> str:
    """The description of a run and of its version.

    Parameters
    ----------
    figures, promotion
        As in metrics.json.
    told
        The run's tags: by, command, as_of, run_id, compared_with (the champion then, "" for none), changed_settings.
    artifacts
        Names of the run's files.
    """
    parts = [_decision(promotion), _provenance(told), _table(figures), _guard(promotion, told), _files(artifacts)]
    return "\n\n".join(part for part in parts if part)


def describe_model(name: str) -> str:
    """The description of the registered model itself."""
    return (
        "The probability that an account wins within `[model] horizon_days`, by Lastword. The alias `champion` serves, "
        "`challenger` was trained last.\n\n"
        f'Anywhere: `mlflow.pyfunc.load_model("models:/{name}@champion").predict(features)`. '
        "All versions: `lastword model list`. Another one: `lastword model promote VERSION`. Back: `lastword model rollback`."
    )


def _decision(promotion: Mapping[str, Any]) -> str:
    if promotion["promoted"]:
        return "**Promoted** when it was trained."
    return f"**Not promoted** when it was trained: {promotion['refused_because']}."


def _provenance(told: Mapping[str, str]) -> str:
    said = f"Trained by {told['by']} with `{told['command']}` as of {told['as_of']}; run `{told['run_id']}`."
    changed = told.get("changed_settings")
    return f"{said} Settings that lastword.toml does not have: `{changed}`." if changed else said


def _table(figures: Mapping[str, Any]) -> str:
    section = next((name for name in SECTIONS if name in figures), None)
    if section is None:
        return ""
    measured = {opinion: figures[section][opinion] for opinion in OPINIONS if opinion in figures[section]}
    lines = [f"| {SECTIONS[section]}{_rows(figures)} | {' | '.join(measured)} |", "|---" * (len(measured) + 1) + "|"]
    for metric, label in ROWS.items():
        cells = [_cell(each.get(metric)) for each in measured.values()]
        if any(cells):
            lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rows(figures: Mapping[str, Any]) -> str:
    test = figures.get("windows", {}).get("test")
    return f" ({test['rows']:,} rows, {test['wins']:,} wins)" if test else ""


def _cell(figure: Any) -> str:
    """An estimate with its interval, a plain number, or nothing where it was not measured."""
    if isinstance(figure, Mapping):
        if not _is_number(figure["estimate"]):
            return ""
        ends = f" ({figure['low']:.3f}–{figure['high']:.3f})" if _is_number(figure["low"]) and _is_number(figure["high"]) else ""
        return f"{figure['estimate']:.3f}{ends}"
    return f"{figure:.3f}" if _is_number(figure) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and value == value


def _guard(promotion: Mapping[str, Any], told: Mapping[str, str]) -> str:
    champion = told.get("compared_with")
    head = f"The guard, with version {champion} serving:" if champion else "The guard, with no version serving:"
    return "\n".join([head, *(f"- {'met' if check['ok'] else '**not met**'}: {check['said']}" for check in promotion["checks"])])


def _files(artifacts: Sequence[str]) -> str:
    card = next((name for name in artifacts if "card" in name and name.endswith(".html")), None)
    said = f"Among the artifacts: {', '.join(f'`{name}`' for name in artifacts)}." if artifacts else ""
    return f"The model card is the artifact `{card}`. {said}" if card else said
