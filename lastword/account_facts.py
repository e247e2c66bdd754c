"""What the run that scored an account kept of it: both opinions line by line, why they part, signals, technologies, family."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.account_inputs import PLAN, Relatives, Signal, Technology, relatives_of, signals_of, technologies_of
from lastword.card_words import readable
from lastword.indicator_match import Lift, LiftTable
from lastword.kept_reasons import reasons_of
from lastword.plan_words import PlanLine, lines_of_reasons, plan_lines, value_text
from lastword.reason_words import sentences_of
from lastword.run_rows import rows_where

if TYPE_CHECKING:
    import pandas as pd

    from lastword.plan import Plan
    from lastword.project import Project

BASE, SCALE, OTHER = "(base)", "(scale)", "(other)"
FAMILY_NAMES = {
    "firmographic": "company",
    "technographic": "technology",
    "intent": "intent",
    BASE: "where each starts",
    SCALE: "scale",
}


@dataclass(frozen=True)
class PlanSide:
    """The plan on one account.

    Attributes
    ----------
    lines : one per attribute; their shares add up to the plan's points.
    percentile : what the gap is measured from under the rank measure, 0–100; None under another.
    rules : the reasons of the plan's rules that decided something; "" where none did, or where that isn't kept.
    differs : a sentence where plan.toml isn't any more what the run scored by; "" where it is.
    kept : whether the run kept the plan; without it bands, points and weights are unknown.
    """

    lines: tuple[PlanLine, ...]
    percentile: float | None
    rules: str
    differs: str
    kept: bool


@dataclass(frozen=True)
class Factor:
    """One feature of the model on one account: its part of the points, and how winners had it; None where there is no lift."""

    name: str
    label: str
    family: str
    value: str | None
    contribution: float
    lift: Lift | None


@dataclass(frozen=True)
class ModelSide:
    """The model on one account, strongest factors first: `start` and all contributions add up to the model's points."""

    fit: tuple[Factor, ...]
    intent: tuple[Factor, ...]
    start: float

    @property
    def fit_sum(self) -> float:
        """Points of all fit factors."""
        return sum(factor.contribution for factor in self.fit)

    @property
    def intent_sum(self) -> float:
        """Points of all intent factors."""
        return sum(factor.contribution for factor in self.intent)


@dataclass(frozen=True)
class GapRow:
    """One family's part of the gap, model minus plan, by cause, in points."""

    family: str
    plan_ignores: float
    weighted_differently: float
    missing_data: float

    @property
    def gap(self) -> float:
        """All causes together."""
        return self.plan_ignores + self.weighted_differently + self.missing_data


@dataclass(frozen=True)
class AccountFacts:
    """What a run kept of an account. A side is None where there is no such opinion, the rest where the run kept none.

    `gone` says in a sentence that the run's folder is missing; then all else is empty. `look_alike`: the propensity says how
    much the account resembles customers, and is no forecast.
    """

    plan: PlanSide | None = None
    model: ModelSide | None = None
    gap: tuple[GapRow, ...] = ()
    sentences: tuple[str, ...] = ()
    signals: tuple[Signal, ...] | None = None
    technologies: tuple[Technology, ...] | None = None
    relatives: Relatives | None = None
    look_alike: bool = False
    gone: str = ""


def account_facts(project: "Project", account: Mapping[str, Any], reference: Mapping[str, Any]) -> AccountFacts:
    """Read what the run that scored an account kept of it.

    Parameters
    ----------
    account : account_id, run_id, plan_points and model_points (None where there is no such opinion), plan_version.
    reference : what was frozen with the publication of that run (Publication.reference); empty where it is unknown.
    """
    import pandas as pd

    from models.explain import split_gap

    account_id, folder = str(account["account_id"]), project.run_folder(str(account["run_id"]))
    if not (folder / "reasons.parquet").exists():
        return AccountFacts(
            gone=f"The tables of run {account['run_id']} are gone, and with them the reasons behind these points."
        )
    reasons = reasons_of(project, pd.DataFrame([{"account_id": account_id, "run_id": account["run_id"]}]))
    plan, model = (reasons[reasons["source"] == source] for source in ("plan", "model"))
    return AccountFacts(
        plan=_plan_side(project, folder, account, _records(plan), reference) if len(plan) else None,
        model=_model_side(_records(model), _lifts(folder)) if len(model) else None,
        gap=_gap_rows(split_gap(model, plan)),
        sentences=sentences_of(reasons, account["plan_points"], account["model_points"]),
        signals=signals_of(folder, account_id),
        technologies=technologies_of(folder, account_id),
        relatives=relatives_of(folder, account_id),
        look_alike=(results.read_report(folder, "metrics.json") or {}).get("mode") == "look-alike",
    )


def _plan_side(
    project: "Project",
    folder: Path,
    account: Mapping[str, Any],
    reasons: Sequence[Mapping[str, Any]],
    reference: Mapping[str, Any],
) -> PlanSide:
    rows = [row for row in reasons if row["attribute"] not in (BASE, SCALE)]
    scaled = any(row["attribute"] == SCALE for row in reasons)
    percentile = sum(row["contribution"] for row in reasons) if scaled else None
    differs, plan = _today(project, account, reference), _kept_plan(project, folder, reference)
    if plan is None:
        means = (reference.get("plan") or {}).get("mean_shares") or {}
        return PlanSide(lines_of_reasons(rows, means), percentile, "", differs, kept=False)
    from models.scorecard import score_plan

    account_id = str(account["account_id"])
    values = _plan_values(folder, account_id)
    scores = score_plan(plan, values)
    rules = scores.rule_reason.at[account_id] or ""
    return PlanSide(plan_lines(plan, scores, values, account_id), percentile, rules, differs, kept=True)


def _kept_plan(project: "Project", folder: Path, reference: Mapping[str, Any]) -> "Plan | None":
    """The plan that the run scored by: its copy, or plan.toml while that is the same."""
    from lastword.plan import load_plan

    if not (folder / "plan_values.parquet").exists():
        return None
    if (folder / PLAN).is_file():
        return load_plan(folder / PLAN)
    return project.load_plan() if _print(project.plan_path) == _scored_by(reference) else None


def _today(project: "Project", account: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    now, then = _print(project.plan_path), _scored_by(reference)
    if then is None or now == then:
        return ""
    return (
        f"plan.toml has changed since this run, which scored by version {account['plan_version']}: a new run scores by today's."
    )


def _scored_by(reference: Mapping[str, Any]) -> str | None:
    return (reference.get("scored_by") or {}).get("plan.toml")


def _print(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _plan_values(folder: Path, account_id: str) -> "pd.DataFrame":
    return rows_where(folder / "plan_values.parquet", "account_id", [account_id]).to_pandas().set_index("account_id")


def _model_side(reasons: Sequence[Mapping[str, Any]], lifts: LiftTable | None) -> ModelSide:
    start = sum(row["contribution"] for row in reasons if row["attribute"] in (BASE, SCALE))
    rows = [row for row in reasons if row["attribute"] not in (BASE, SCALE)]
    factors = sorted((_factor(row, lifts) for row in rows), key=lambda each: (each.name == OTHER, -abs(each.contribution)))
    intent = tuple(factor for factor in factors if factor.family == "intent")
    return ModelSide(tuple(factor for factor in factors if factor.family != "intent"), intent, start)


def _factor(row: Mapping[str, Any], lifts: LiftTable | None) -> Factor:
    name, value = row["attribute"], row["value"]
    label = f"the rest, {FAMILY_NAMES.get(row['family'], row['family'])}" if name == OTHER else readable(name)
    shown = None if value is None else value_text(value)
    return Factor(name, label, row["family"], shown, row["contribution"], lifts.of(name, value) if lifts else None)


def _lifts(folder: Path) -> LiftTable | None:
    path = folder / "indicators.parquet"
    return _lift_table(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=4)
def _lift_table(path: Path, written: int) -> LiftTable:
    """Read once for a file as it is: `written` is another key where it was replaced."""
    import pandas as pd

    return LiftTable(pd.read_parquet(path))


def _gap_rows(gap: "pd.DataFrame") -> tuple[GapRow, ...]:
    """The family with the largest part first, what is no family last."""
    rows = [GapRow(**row) for row in gap.drop(columns="account_id").to_dict("records")]
    return tuple(sorted(rows, key=lambda row: (row.family in (BASE, SCALE), -abs(row.gap))))


def _records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows as plain values, None where null."""
    texts = rows.assign(value=rows["value"].astype(object).where(rows["value"].notna(), None))
    return texts[["attribute", "family", "contribution", "value"]].to_dict("records")
