"""The documentation is true: every command, option, setting and column is in it, and whatever it names exists."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.main import get_command

from lastword.cli import app
from lastword.contracts import FINAL_COLUMNS, INPUT_TABLES
from lastword.settings import InputSource, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def commands(group=None, path=("lastword",)):
    """(path, command) of every command of the program."""
    for name, command in (group or get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def options(command):
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")} | {"--help"}


COMMANDS = dict(commands())


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def settings_of(model, prefix=""):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel) and field.annotation is not InputSource:
            yield from settings_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix, name


def section(text, heading):
    found = re.search(rf"^(#+) {re.escape(heading)}.*?(?=^#{{2,3}} |\Z)", text, re.M | re.S)
    assert found, f"no section {heading!r}"
    return found[0]


def columns_of_first_cells(text):
    """The names in the first cell of every row of every table."""
    rows = re.findall(r"^\| ([^|]+) \|", text, re.M)
    return {name.strip(" *`") for row in rows for name in row.split(",")}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_its_options_are_documented(path):
    page = read("docs/commands.md")
    rows = [row for row in page.splitlines() if row.startswith(f"| `{' '.join(path)}")]
    assert rows, f"{' '.join(path)} has no row in docs/commands.md"
    shared = {"--project", "--json", "--prefect", "--help"}
    for option in options(COMMANDS[path]) - shared:
        assert option in rows[0] or option in page.partition("## Exit codes")[0].rpartition("`--by`")[2], option
    assert all(option in page for option in shared)


@pytest.mark.parametrize(("prefix", "name"), list(settings_of(Settings)), ids=lambda part: part or "top")
def test_every_setting_is_documented(prefix, name):
    page = read("docs/project-folder.md")
    assert f"`{name}`" in page or f"`{prefix}{name}`" in page or f"[{name}.…]" in page


@pytest.mark.parametrize("name", InputSource.model_fields)
def test_every_key_of_an_input_is_documented(name):
    assert f"`{name}`" in section(read("docs/project-folder.md"), "`[inputs]`")


@pytest.mark.parametrize("table", INPUT_TABLES.values(), ids=lambda table: table.name)
def test_every_input_column_is_documented_and_marked_where_required(table):
    part = section(read("docs/tables.md"), f"{table.name}: one row per")
    assert set(table.column_names) <= columns_of_first_cells(part)
    bold = set(re.findall(r"\*\*(\w+)\*\*", part))
    assert bold == {column.name for column in table.columns if column.required}


def test_exactly_the_final_columns_are_documented():
    part = section(read("docs/tables.md"), "final_scores: what planners use")
    assert columns_of_first_cells(part) - {"column"} == set(FINAL_COLUMNS)


def test_the_plan_of_the_documentation_is_a_plan(tmp_path):
    from lastword.plan import load_plan

    blocks = re.findall(r"```toml\n(version.*?)```", read("docs/project-folder.md"), re.S)
    (tmp_path / "plan.toml").write_text(
        blocks[0].replace("min_points = 80", 'min_points = 80\n\n[[segments]]\nname = "F"\nmin_points = 0')
    )
    assert load_plan(tmp_path / "plan.toml").version == "2026"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page):
    text = page.read_text(encoding="utf-8")
    for words in (line.split() for line in re.findall(r"(?:^|`|/)(lastword (?:[a-z]|--)[^`\n|#]*)", text, re.M)):
        path = next((path for path in sorted(COMMANDS, key=len, reverse=True) if tuple(words[: len(path)]) == path), None)
        assert path or words[1] in ("--help", "--version"), f"{page.name}: no such command: {' '.join(words)}"
        if path:
            used = set(re.findall(r"--[a-z][a-z-]*", " ".join(words)))
            assert used <= options(COMMANDS[path]), f"{page.name}: {' '.join(words)}"
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)) <= targets


def test_the_changelog_has_this_version():
    from importlib.metadata import version

    assert f"## {version('lastword')}" in read("CHANGELOG.md")
