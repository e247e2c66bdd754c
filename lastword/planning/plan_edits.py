"""Changes of a plan in its text: what isn't changed stays as it was written, comments and order included.

Each function takes the text of a plan.toml that parses, and gives one that parses and says what was asked. A text that writes
its tables in another way than [[segments]] and [[attributes]] with their keys below is refused rather than rewritten.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lastword.errors import Refusal
from lastword.plan import Attribute, Plan, Segment, parse_plan
from lastword.planning.plan_text import attribute_text, bands_text, missing_text, number, points_text, quoted
from lastword.toml_lines import keys_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class _Edit:
    """Bytes from `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Table:
    """A [[…]] with its name, where it begins and ends (in bytes), and key → (pair, value) as (start, end) each."""

    name: str
    start: int
    end: int
    pairs: dict[str, tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=dict)


def with_version(text: str, version: str) -> str:
    """The plan under another version."""
    if parse_plan(text).version == version:
        return text
    pairs = _pairs(_document(text).named_children)
    if "version" not in pairs:
        raise _unusual("version")
    return _checked(text, [_Edit(*pairs["version"][1], quoted(version))], lambda plan: plan.version == version, "version")


def with_attribute(text: str, attribute: Attribute) -> str:
    """The plan with this attribute: added after the others, or what differs of the one with its name."""
    plan = parse_plan(text)
    names = [each.name for each in plan.attributes]
    if attribute.name not in names:
        edits = [_added(text, attribute)]
    else:
        place = names.index(attribute.name)
        edits = list(_changed(text, _tables(text, "attributes", len(names))[place], plan.attributes[place], attribute))
    return _checked(text, edits, lambda made: _same(_named(made, attribute.name), attribute), f"attribute {attribute.name}")


def without_attribute(text: str, name: str) -> str:
    """The plan less one attribute, and less the comment that stands right above it."""
    names = [each.name for each in parse_plan(text).attributes]
    table = _tables(text, "attributes", len(names))[names.index(name)]
    start = _start_with_comment(text.encode(), table.start)
    return _checked(text, [_Edit(start, table.end, "")], lambda plan: _named(plan, name) is None, f"attribute {name}")


def with_starts(text: str, segments: Iterable[Segment]) -> str:
    """The plan with its segments from these points; they have the same names in the same order."""
    now, wanted = parse_plan(text).segments, tuple(segments)
    tables = _tables(text, "segments", len(now))
    edits = [
        _Edit(*table.pairs["min_points"][1], number(then.min_points))
        for table, before, then in zip(tables, now, wanted, strict=True)
        if before.min_points != then.min_points
    ]
    starts = [each.min_points for each in wanted]
    return _checked(text, edits, lambda plan: [each.min_points for each in plan.segments] == starts, "segments")


def _added(text: str, attribute: Attribute) -> _Edit:
    """After the last attribute, on lines of its own."""
    count = len(parse_plan(text).attributes)
    end = _tables(text, "attributes", count)[-1].end
    return _Edit(end, end, f"{'' if text.encode()[:end].endswith(b'\n') else '\n'}\n{attribute_text(attribute)}")


def _changed(text: str, table: _Table, now: Attribute, then: Attribute) -> Iterator[_Edit]:
    """One edit for each key whose value differs."""
    banded = bool(then.bands)
    wanted = {
        "kind": (now.kind != then.kind, quoted(then.kind)),
        "weight": (now.weight != then.weight, number(then.weight)),
        "missing": (now.missing != then.missing, missing_text(then)),
        "bands": (now.bands != then.bands, bands_text(then) if banded else ""),
        "points": (now.points != then.points, "" if banded else points_text(then)),
        "default": (now.default != then.default, "" if banded else number(then.default)),
    }
    lines = []
    for key, (differs, value) in wanted.items():
        if not differs:
            continue
        if key in table.pairs:
            pair, old = table.pairs[key]
            yield _Edit(*old, value) if value else _Edit(*_whole_lines(text.encode(), *pair), "")
        elif value:
            lines.append(f"{key} = {value}\n")
    if lines:
        before = "" if text.encode()[: table.end].endswith(b"\n") else "\n"
        yield _Edit(table.end, table.end, before + "".join(lines))


def _checked(text: str, edits: Iterable[_Edit], says: Callable[[Plan], bool], what: str) -> str:
    """The text after these edits; Refusal where it doesn't say what it should, as where a text has an unusual form."""
    made = text.encode()
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        made = made[: edit.start] + edit.text.encode() + made[edit.end :]
    found = made.decode()
    if not says(parse_plan(found)):
        raise _unusual(what)
    return found


def _unusual(what: str) -> Refusal:
    return Refusal(
        f"{what} is written in plan.toml in a way that can't be changed from here: write [[segments]] and [[attributes]] with "
        "their keys below, or change it by hand"
    )


def _named(plan: Plan, name: str) -> Attribute | None:
    return next((each for each in plan.attributes if each.name == name), None)


def _same(found: Attribute | None, wanted: Attribute) -> bool:
    return found is not None and found.model_dump(mode="json") == wanted.model_dump(mode="json")


def _tables(text: str, name: str, count: int) -> list[_Table]:
    """The [[name]] tables in order. Refusal where they aren't as many as the plan has, so they are written otherwise."""
    content = text.encode()
    found = [_table(node, name, content) for node in _document(text).named_children if _header(node) == (name,)]
    if len(found) != count:
        raise _unusual(name)
    return found


def _header(node: "Node") -> tuple[str, ...]:
    if node.type != "table_array_element":
        return ()
    return tuple(keys_of(next(child for child in node.named_children if child.type != "comment")))


def _table(node: "Node", name: str, content: bytes) -> _Table:
    """It ends with the line of its last key, a comment there included; what follows belongs to what comes next."""
    pairs = [child for child in node.named_children if child.type == "pair"]
    last = pairs[-1].end_byte if pairs else node.start_byte
    return _Table(name, node.start_byte, _line_end(content, last), _pairs(pairs))


def _pairs(nodes: Iterable["Node"]) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    found = {}
    for node in nodes:
        if node.type == "pair":
            key, *_, value = [child for child in node.named_children if child.type != "comment"]
            found[".".join(keys_of(key))] = ((node.start_byte, node.end_byte), (value.start_byte, value.end_byte))
    return found


def _line_end(content: bytes, place: int) -> int:
    end = content.find(b"\n", place)
    return len(content) if end < 0 else end + 1


def _whole_lines(content: bytes, start: int, end: int) -> tuple[int, int]:
    return content.rfind(b"\n", 0, start) + 1, _line_end(content, end)


def _start_with_comment(content: bytes, start: int) -> int:
    """Where the lines of comment right above begin, and one blank line above them."""
    lines = content[:start].splitlines(keepends=True)
    while lines and lines[-1].lstrip().startswith(b"#"):
        start -= len(lines.pop())
    return start - len(lines[-1]) if lines and not lines[-1].strip() else start


def _document(text: str) -> "Node":
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node
