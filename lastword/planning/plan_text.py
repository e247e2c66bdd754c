"""Parts of a plan as text of plan.toml, ready to paste."""

import json
from collections.abc import Sequence

from lastword.bands import Band
from lastword.plan import Attribute, Segment


def attribute_text(attribute: Attribute) -> str:
    """An [[attributes]] table; `weight = …` stands at the start of a line."""
    lines = [
        "[[attributes]]",
        f"name = {quoted(attribute.name)}",
        f'kind = "{attribute.kind}"',
        f"weight = {number(attribute.weight)}",
        f"missing = {missing_text(attribute)}",
    ]
    if attribute.bands:
        lines += [f"bands = {bands_text(attribute)}"]
    else:
        lines += [f"points = {points_text(attribute)}", f"default = {number(attribute.default)}"]
    return "\n".join(lines) + "\n"


def missing_text(attribute: Attribute) -> str:
    """The value of `missing`."""
    return f'"{attribute.missing}"' if isinstance(attribute.missing, str) else number(attribute.missing)


def bands_text(attribute: Attribute) -> str:
    """The value of `bands`, a line each."""
    return "\n".join(["[", *(f"  {{ {_band(band)} }}," for band in attribute.bands), "]"])


def points_text(attribute: Attribute) -> str:
    """The value of `points`, on one line."""
    return f"{{ {', '.join(f'{quoted(level)} = {number(points)}' for level, points in attribute.points.items())} }}"


def segments_text(segments: Sequence[Segment]) -> str:
    """The [[segments]] tables, from the top."""
    tables = [
        ["[[segments]]", f"name = {quoted(each.name)}", f'grade = "{each.grade}"', f"min_points = {number(each.min_points)}"]
        for each in segments
    ]
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def number(value: float) -> str:
    """A number as TOML reads it back, whole ones without a point."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _band(band: Band) -> str:
    limits = {"min": band.min, "max": band.max, "points": band.points}
    return ", ".join(f"{key} = {number(value)}" for key, value in limits.items() if value is not None)
