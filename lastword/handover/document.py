"""The summary of a package on one or two pages of PDF, set by typst inside this process: no system library, no network."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.handover.tables import Origin, by_grade, by_region, totals

if TYPE_CHECKING:
    import pandas as pd

_FONT = re.compile(r'font-family="[^"]*"')
_WIDTH = re.compile(r'<svg [^>]*?width="([0-9.]+)"')
_UNKNOWN = "–"
_SIZES = ((1e9, " bn"), (1e6, " M"), (1e3, " k"))


def summary_pdf(accounts: "pd.DataFrame", origin: Origin, rows: Mapping[str, int]) -> bytes:
    """The PDF: the same tables give the same bytes.

    Parameters
    ----------
    accounts : see tables.accounts_table.
    rows : how many rows each file of the package holds, for its list.
    """
    import typst

    from lastword.project import template

    with tempfile.TemporaryDirectory(prefix="lastword-handover-") as name:
        folder = Path(name)
        data = summary_data(accounts, origin, rows)
        data["pictures"] = [_draw(folder, *picture) for picture in _pictures(accounts, origin) if picture[1] is not None]
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (folder / "summary.typ").write_text(template("handover.typ"), encoding="utf-8")
        pdf = typst.compile(
            folder / "summary.typ",
            root=folder,
            format="pdf",
            ignore_system_fonts=True,  # the wheel's own: the same on every machine
            timestamp=int(origin.published_at.timestamp()),
        )
    return bytes(pdf)


def summary_data(accounts: "pd.DataFrame", origin: Origin, rows: Mapping[str, int]) -> dict[str, Any]:
    """What the PDF says, as text: title, figures, and tables as heads and rows."""
    model = f"model {origin.model_name} {origin.model_version}" if origin.model_version else "no model, the plan alone"
    return {
        "title": f"{origin.project}: hand-over",
        "subtitle": f"As of {origin.as_of:%Y-%m-%d}, by {model} and plan {origin.plan_version}; money in {origin.currency}.",
        "footer": f"Run {origin.run_id}, published {origin.published_at:%Y-%m-%d %H:%M} UTC",
        "figures": _figures(totals(accounts)),
        "grades": _grades(accounts),
        "regions": _regions(accounts),
        "deciders": _deciders(accounts),
        "files": {"heads": ["file", "rows"], "rows": [[name, f"{count:,}"] for name, count in rows.items()]},
        "note": "expected value = propensity × potential. Overrides in force when the package was made are in the final grade. "
        "A dash: nothing is known of it. manifest.json has a checksum of every file.",
    }


def amount(value: float | None) -> str:
    """Money in three digits: 12.4 M, 730, – where it isn't known."""
    if value is None or value != value:
        return _UNKNOWN
    for size, unit in _SIZES:
        if abs(value) >= 0.9995 * size:
            return f"{value / size:,.{_digits(value / size)}f}{unit}"
    return f"{value:,.0f}"


def _digits(number: float) -> int:
    return 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0


def _figures(found: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"name": "accounts", "value": f"{found['accounts']:,}"},
        {"name": "key accounts", "value": f"{found['key_accounts']:,}"},
        {"name": "decided by a person", "value": f"{found['overridden']:,}"},
        {"name": "potential", "value": amount(found["potential_spend"])},
        {"name": "expected value", "value": amount(found["expected_value"])},
    ]


def _grades(accounts: "pd.DataFrame") -> dict[str, Any]:
    rows = [
        [row.grade, f"{row.plan:,}", f"{row.model:,}", f"{row.final:,}", amount(row.potential_spend), amount(row.expected_value)]
        for row in by_grade(accounts).itertuples()
    ]
    return {"heads": ["grade", "accounts by plan", "by model", "in the end", "potential", "expected value"], "rows": rows}


def _regions(accounts: "pd.DataFrame") -> dict[str, Any]:
    rows = [
        [
            row.region,
            f"{row.accounts:,}",
            f"{row.good:,}",
            f"{row.key_accounts:,}",
            amount(row.potential_spend),
            amount(row.expected_value),
        ]
        for row in by_region(accounts).itertuples()
    ]
    return {"heads": ["region", "accounts", "final A or B", "key accounts", "potential", "expected value"], "rows": rows}


def _deciders(accounts: "pd.DataFrame") -> dict[str, Any]:
    counts = accounts["decided_by"].value_counts()
    rows = [[name, f"{counts[name]:,}"] for name in ("override", "model", "plan", "blend") if counts.get(name, 0)]
    return {"heads": ["decided by", "accounts"], "rows": rows}


def _pictures(accounts: "pd.DataFrame", origin: Origin) -> list[tuple[str, Any, str]]:
    """(file, chart, what it says)."""
    from lastword.charts.handover import grades_by_opinion, value_by_region

    grades = by_grade(accounts)
    opinions = grades.melt("grade", ["plan", "model", "final"], "opinion", "accounts").to_dict("records")
    regions = [
        {"region": row.region, "expected_value": _none(row.expected_value), "said": amount(row.expected_value)}
        for row in by_region(accounts).itertuples()
    ]
    by_region_title = f"Expected value by region, {origin.currency}"
    return [
        ("grades.svg", grades_by_opinion(opinions, "Accounts per grade"), "Accounts per grade by plan, model and in the end"),
        ("regions.svg", value_by_region(regions, by_region_title), by_region_title),
    ]


def _draw(folder: Path, name: str, chart: Any, said: str) -> dict[str, Any]:
    from lastword.charts import to_svg

    svg = _FONT.sub('font-family="Libertinus Serif"', to_svg(chart))
    (folder / name).write_text(svg, encoding="utf-8")
    width = _WIDTH.search(svg)
    return {"file": name, "said": said, "width": float(width[1]) if width else 1.0}


def _none(value: float) -> float | None:
    return None if value != value else value
