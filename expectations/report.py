"""The page that shows what the gate found: one file that needs nothing else, neither script nor network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from expectations.leakage import headline, leakage_rows

PAGE = "validation.html"


def write_page(document: Mapping[str, Any], run_id: str, path: Path) -> None:
    """Render validation.json as a page and put it in its place as a whole."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(render_page(document, run_id), encoding="utf-8")
    unfinished.replace(path)


def render_page(document: Mapping[str, Any], run_id: str) -> str:
    """The page as text.

    Parameters
    ----------
    document
        validation.json, as the contract has it.
    run_id
        Which run it is of.
    """
    checked = dict.fromkeys([*document["tables"], *(entry["table"] for entry in document["expectations"])])
    sections = [
        {
            "name": name,
            "rows": document["tables"].get(name),
            "expectations": [entry for entry in document["expectations"] if entry["table"] == name],
        }
        for name in checked
    ]
    unmet = sum(not entry["ok"] for entry in document["expectations"])
    leakage = document.get("leakage")
    shown = leakage and _leakage(leakage)
    return _render(PAGE, ok=document["ok"], sections=sections, unmet=unmet, run_id=run_id, leakage=shown)


def render_leakage(found: Mapping[str, Any], run_id: str) -> str:
    """What the leakage gate found, as a page of its own; `found` has lists of findings by outcome, as leakage.json has them."""
    return _render("leakage.html", leakage=_leakage(found), run_id=run_id)


def _leakage(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"headline": headline(found), "rows": leakage_rows(found), "blocked": len(found["blocked"])}


def _render(page: str, **shown: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("expectations"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{page}.jinja").render(**shown)
