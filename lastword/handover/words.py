"""Why an account has its final grade, in one short sentence each. Pure: tables in, text out."""

from typing import TYPE_CHECKING, Any

from lastword.card_words import readable
from lastword.plan import TECHNOLOGY
from lastword.plan_words import value_text

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 255
"""Characters of a sentence: what a text field of a CRM holds."""

_FOR, _AGAINST = 2, 1
_SOURCES = {"model": "model", "plan": "plan", "blend": "model"}
"""Whose reasons say why, by who decided."""


def reasons_in_words(final: "pd.DataFrame", reasons: "pd.DataFrame") -> "pd.Series":
    """One sentence per account, at most LONGEST characters: who decided, and on what.

    Parameters
    ----------
    final : rows of the final table (contracts.FINAL_COLUMNS).
    reasons : their reasons (models.explain.COLUMNS), any others left out; an account without any gets a sentence without.

    Returns
    -------
    Series of text on the index of `final`.
    """
    import pandas as pd

    chosen = _chosen(final, reasons)
    said = [_sentence(row, chosen.get(row.account_id, {})) for row in final.itertuples()]
    return pd.Series([_shortened(text) for text in said], index=final.index, dtype="str", name="reasons")


def _chosen(final: "pd.DataFrame", reasons: "pd.DataFrame") -> dict[str, dict[str, list[str]]]:
    """By account the strongest reasons in words, for and against, of whoever decided."""
    from models.explain import top_reasons

    source_of = final.set_index("account_id")["decided_by"].map(_SOURCES)
    wanted = reasons[reasons["source"] == reasons["account_id"].map(source_of)]
    rows = top_reasons(wanted, _FOR)
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows.itertuples():
        said = found.setdefault(row.account_id, {}).setdefault(row.direction, [])
        if len(said) < (_FOR if row.direction == "for" else _AGAINST):
            said.append(_phrase(row))
    return found


def _phrase(row: Any) -> str:
    """ "annual revenue 405,300,000", "no Salesforce", "Kubernetes", "country unknown"."""
    from models.gap import trait

    technology = row.attribute.startswith(TECHNOLOGY)
    name = row.attribute.removeprefix(TECHNOLOGY) if technology else readable(row.attribute)
    value = value_text(row.value) if isinstance(row.value, str) else row.value
    return trait(name, value)


def _sentence(row: Any, chosen: dict[str, list[str]]) -> str:
    if row.decided_by == "override":
        until = "" if _missing(row.override_expires_on) else f" until {row.override_expires_on:%Y-%m-%d}"
        return f"Decided by {row.override_by} ({row.override_reason}){until}; {_opinions(row)}."
    if _missing(row.final_grade):
        return "A rule of the plan excludes it."
    opening = {
        "model": f"The model gives {row.final_grade} ({_points(row.model_points)})",
        "plan": f"The plan gives {row.final_grade} ({_points(row.plan_points)})",
    }.get(row.decided_by, f"Model and plan together give {row.final_grade} ({_opinions(row)})")
    return f"{opening}{_because(chosen)}."


def _because(chosen: dict[str, list[str]]) -> str:
    speaks_for, against = " and ".join(chosen.get("for", [])), " and ".join(chosen.get("against", []))
    if speaks_for and against:
        return f": for it {speaks_for}, against it {against}"
    if speaks_for or against:
        return f": for it {speaks_for}" if speaks_for else f": against it {against}"
    return ""


def _opinions(row: Any) -> str:
    model = "no model serves" if _missing(row.model_grade) else f"the model says {row.model_grade}"
    plan = "the plan excludes it" if _missing(row.plan_segment) else f"the plan {row.plan_segment}"
    return f"{model}, {plan}"


def _points(points: Any) -> str:
    return "without points" if _missing(points) else f"{points:.0f} points"


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
