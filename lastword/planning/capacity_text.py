"""Roles as lastword.toml writes them."""

import json
from collections.abc import Sequence

from lastword.planning_settings import Role


def capacity_lines(roles: Sequence[Role], churn_budget: float) -> str:
    """The section [capacity] as text for lastword.toml; reading it gives the same roles and budget."""
    lines = "".join(f"  {{ {', '.join(_parts(role))} }},\n" for role in roles)
    return f"[capacity]\nroles = [\n{lines}]\nchurn_budget = {churn_budget:g}\n"


def _parts(role: Role) -> list[str]:
    parts = [f"name = {_text(role.name)}"]
    if role.tiers:
        parts.append(f"tiers = [{', '.join(map(str, role.tiers))}]")
    if role.segments:
        parts.append(f"segments = [{', '.join(map(_text, role.segments))}]")
    parts.append(f"accounts_per_seller = {_number(role.accounts_per_seller)}")
    if role.sellers:
        sellers = ", ".join(f"{_text(region)} = {_number(count)}" for region, count in role.sellers.items())
        parts.append(f"sellers = {{ {sellers} }}")
    return parts


def _text(text: str) -> str:
    """A basic string: what JSON writes, and DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(number: float) -> str:
    return repr(number).removesuffix(".0")
