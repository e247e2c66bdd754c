"""On which line of a TOML file each key and list element stands. Needed only to report a mistake: tomllib keeps no lines."""

import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

type Place = tuple[str | int, ...]
"""The keys, and for lists the indexes from 0, that lead to a value: ("attributes", 1, "weight")."""


def line_of(text: str, at: Place) -> int:
    """The line, from 1, of the value at `at`, or of the nearest table or list around it where the file has no such value."""
    return nearest_line(line_numbers(text), at)


def nearest_line(lines: dict[Place, int], at: Place) -> int:
    """Look `at` up in `lines`, falling back to what is around it, and to line 1 for the whole file."""
    return next((lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in lines), 1)


def line_numbers(text: str) -> dict[Place, int]:
    """The line, from 1, of every key, table and list element of a TOML text, be it in a table, an inline table or a list."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    document = Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node
    lines: dict[Place, int] = {}
    elements: dict[Place, int] = {}
    for node in document.named_children:
        if node.type == "pair":
            _record(_lines_of_pair(node, ()), lines)
        elif node.type in ("table", "table_array_element"):
            _record_table(node, lines, elements)
    return lines


def _record_table(table: "Node", lines: dict[Place, int], elements: dict[Place, int]) -> None:
    """Record `[a.b]` or `[[a.b]]` and what it holds; `elements` counts the tables seen of each `[[…]]`."""
    header, *content = _children(table)
    keys = keys_of(header)
    place: Place = ()
    for key in keys[:-1]:
        place = _last_element((*place, key), elements)
    place = (*place, keys[-1])
    lines.setdefault(place, _line(table))
    if table.type == "table_array_element":
        elements[place] = elements.get(place, 0) + 1
    place = _last_element(place, elements)
    lines.setdefault(place, _line(table))
    for pair in content:
        _record(_lines_of_pair(pair, place), lines)


def _record(found: Iterator[tuple[Place, int]], lines: dict[Place, int]) -> None:
    for place, line in found:
        lines.setdefault(place, line)


def _last_element(place: Place, elements: dict[Place, int]) -> Place:
    return (*place, elements[place] - 1) if place in elements else place


def _lines_of_pair(pair: "Node", inside: Place) -> Iterator[tuple[Place, int]]:
    key, *_, value = _children(pair)
    for part in keys_of(key):
        inside = (*inside, part)
        yield inside, _line(pair)
    yield from _lines_of_value(value, inside)


def _lines_of_value(value: "Node", inside: Place) -> Iterator[tuple[Place, int]]:
    """The elements of a list and the pairs of an inline table, all the way down."""
    for index, node in enumerate(_children(value)):
        if value.type == "array":
            yield (*inside, index), _line(node)
            yield from _lines_of_value(node, (*inside, index))
        elif node.type == "pair":
            yield from _lines_of_pair(node, inside)


def _children(node: "Node") -> list["Node"]:
    return [child for child in node.named_children if child.type != "comment"]


def keys_of(node: "Node") -> list[str]:
    """The parts of a bare, quoted or dotted key, read by tomllib so that quotes and escapes are right."""
    parts: list[str] = []
    value: object = tomllib.loads(f"{(node.text or b'').decode()} = 0")
    while isinstance(value, dict):
        ((key, value),) = value.items()
        parts.append(key)
    return parts


def _line(node: "Node") -> int:
    return node.start_point[0] + 1
