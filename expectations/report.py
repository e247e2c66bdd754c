"""The page that shows what the gate found: one file that needs nothing else, neither script nor network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("expectations"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
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
    return environment.get_template(f"{PAGE}.jinja").render(ok=document["ok"], sections=sections, unmet=unmet, run_id=run_id)
