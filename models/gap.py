"""What the gap between the two opinions consists of: each reason's cause, and the gap in words.

Reasons are the long tables of `models.explain`, in points. The gap is the model's rows minus the plan's.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

BASE, OTHER, SCALE = "(base)", "(other)", "(scale)"
PARTS = ("account_id", "cause", "family", "attribute", "value", "model", "plan", "gap")
"""Columns of `gap_parts`."""

CAUSES = ("plan_ignores", "weighted_differently", "missing_data")
PLAN_NAMES = {"age_years": "founded_year"}
"""Features that are a plan's attribute under another name."""

_SHOWN = 3
_SMALLEST = 0.5
"""Points under which a part of the gap is not worth a name."""


def causes(rows: pd.DataFrame, plan_attributes: Collection[str], plan_names: Mapping[str, str] = PLAN_NAMES) -> pd.Series:
    """The cause of each reason, one of CAUSES.

    missing_data: the value is unknown, to either side. plan_ignores: the model's, of a feature that the plan has no attribute
    for; its pooled "(other)" rows too. weighted_differently: the rest, which is what both use, what the plan alone uses, where
    accounts start and the scale.

    Parameters
    ----------
    rows : reasons of either source or of both.
    plan_attributes : the names that the plan gives points for.
    """
    attribute = rows["attribute"].replace(dict(plan_names))
    ignored = (
        (rows["source"] == "model") & (~attribute.isin(plan_attributes) | (rows["attribute"] == OTHER)) & (attribute != BASE)
    )
    unknown = rows["value"].isna() & ~rows["attribute"].isin([BASE, OTHER, SCALE])
    codes = np.select([unknown.to_numpy(dtype=bool), ignored.to_numpy(dtype=bool)], [2, 0], default=1)
    return pd.Series(pd.array(CAUSES, dtype="str").take(codes), index=rows.index, name="cause")


def signed(rows: pd.DataFrame) -> pd.Series:
    """Each reason's part of the gap: the model's as it is, the plan's with the other sign."""
    return rows["contribution"] * np.where(rows["source"] == "model", 1.0, -1.0)


def of_both(rows: pd.DataFrame) -> pd.DataFrame:
    """The reasons of accounts that have both sources: only these have a gap."""
    account, is_model = rows["account_id"], rows["source"] == "model"
    has_both = account.isin(account[is_model].unique()) & account.isin(account[~is_model].unique())
    return rows if has_both.all() else rows[has_both]


def gap_parts(rows: pd.DataFrame, plan_names: Mapping[str, str] = PLAN_NAMES) -> pd.DataFrame:
    """What each attribute adds to the gap, the largest part first.

    Parameters
    ----------
    rows : reasons of both sources with their `cause`.

    Returns
    -------
    One row per account, cause, family and attribute (the plan's name for it): account_id, cause, family, attribute, value,
    model and plan (points each gives; 0 where it has no such reason), gap (model minus plan). An account's rows add up to
    its gap. Accounts with one source are left out.
    """
    both = of_both(rows)
    parts: dict[tuple[str, ...], list[Any]] = {}
    columns = (both[name].to_list() for name in ("account_id", "cause", "family", "attribute", "source", "contribution", "value"))
    for account, cause, family, attribute, source, points, value in zip(*columns, strict=True):
        part = parts.setdefault((account, cause, family, plan_names.get(attribute, attribute)), [None, 0.0, 0.0])
        part[0] = value if pd.isna(part[0]) else part[0]
        part[1 if source == "model" else 2] += points
    ordered = sorted(
        ((*key, *part, part[1] - part[2]) for key, part in parts.items()), key=lambda part: (part[0], -abs(part[-1]))
    )
    kinds = dict.fromkeys(PARTS[:5], "str") | dict.fromkeys(PARTS[5:], "float64")
    return pd.DataFrame({name: pd.array([part[i] for part in ordered], dtype=kinds[name]) for i, name in enumerate(PARTS)})


def widest_families(rows: pd.DataFrame) -> pd.Series:
    """The family with the largest part of each account's gap, in points either way: text by account_id.

    Where accounts start and the change of scale are no families. Accounts with one source, and those that no attribute parts,
    are left out; a tie goes to the family that comes first in the alphabet.
    """
    both = of_both(rows)
    own = both[~both["attribute"].isin([BASE, SCALE])]
    parts = signed(own).groupby([own["account_id"], own["family"]]).sum().abs().rename("part").reset_index()
    parts = parts[parts["part"] > 0].sort_values(["part", "family"], ascending=[False, True], kind="stable")
    return parts.drop_duplicates("account_id").set_index("account_id")["family"].rename("why_family")


def gap_sentences(parts: pd.DataFrame, shown: int = _SHOWN) -> list[str]:
    """One account's gap in words: how wide it is, then a sentence per cause with the attributes that matter most.

    "The model stands 32 points above the plan.", "The plan ignores technology:Salesforce (+14), 4 more (+1); together +15.",
    "Weighed differently: annual_revenue (64820000, −9: model +2, plan +11); together −9.", "Missing data: employee_count
    (−11); together −11.", and what no attribute explains.
    """
    if parts.empty:
        return []
    rows = parts.to_dict("records")
    said = [_width(_gap(rows))]
    for cause, opening in _OPENINGS.items():
        of_cause = [row for row in rows if row["cause"] == cause]
        own = [row for row in of_cause if row["attribute"] not in (BASE, OTHER, SCALE)]
        said += _sentence(opening, own, _gap(row for row in of_cause if row["attribute"] == OTHER), shown)
    closing = [row for row in rows if row["attribute"] in (BASE, SCALE)]
    start = _gap(closing)
    return [*said, f"{_start(closing)}: {points_text(start)}."] if abs(start) >= _SMALLEST else said


def points_text(points: float) -> str:
    """Points with their sign, a real minus among them; a decimal under 1, and 0 for next to none."""
    return "0" if abs(points) < 0.05 else (f"{points:+.0f}" if abs(points) >= 1 else f"{points:+.1f}").replace("-", "−")


def trait(attribute: str, value: Any) -> str:
    """An attribute with its value: "annual_revenue 900000", "technology:X", "no technology:X", "industry unknown"."""
    if value is None or pd.isna(value):
        return f"{attribute} unknown"
    return {"yes": attribute, "no": f"no {attribute}"}.get(value, f"{attribute} {value}")


_OPENINGS = {
    "plan_ignores": "The plan ignores {}",
    "weighted_differently": "Weighed differently: {}",
    "missing_data": "Missing data: {}",
}


type _Part = dict[Hashable, Any]


def _gap(rows: Iterable[_Part]) -> float:
    return sum((row["gap"] for row in rows), 0.0)


def _phrase(row: _Part) -> str:
    """ "technology:X (+14)", "industry (Energy, −9: model +2, plan +11)", "employee_count (−11)" where it is unknown."""
    value = [] if pd.isna(row["value"]) or row["value"] == "yes" else [str(row["value"])]
    two = row["cause"] == "weighted_differently"
    sides = f": model {points_text(row['model'])}, plan {points_text(row['plan'])}" if two else ""
    return f"{row['attribute']} ({', '.join([*value, points_text(row['gap'])])}{sides})"


def _sentence(opening: str, rows: Sequence[_Part], rest: float, shown: int) -> list[str]:
    """The attributes worth a name, then the sum of all others; nothing where the cause has no part in the gap."""
    named = [row for row in rows if abs(row["gap"]) >= _SMALLEST][:shown]
    others = len(rows) - len(named)
    left = _gap(rows) - _gap(named) + rest
    said = [_phrase(row) for row in named]
    if abs(left) >= _SMALLEST:
        said.append(f"{f'{others} more' if others else 'smaller ones'} ({points_text(left)})")
    total = _gap(rows) + rest
    return [f"{opening.format(', '.join(said))}; together {points_text(total)}."] if said else []


def _width(gap: float) -> str:
    if abs(gap) < _SMALLEST:
        return "The model and the plan agree."
    return f"The model stands {abs(gap):.0f} points {'above' if gap > 0 else 'below'} the plan."


def _start(closing: Iterable[_Part]) -> str:
    scaled = any(row["attribute"] == SCALE for row in closing)
    return f"Where each starts{' and the change of scale to percentiles' if scaled else ''}"
