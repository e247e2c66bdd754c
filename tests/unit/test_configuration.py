from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from lastword.configuration import ListOf, Section, configuration_error, read_toml
from lastword.errors import ConfigurationError
from lastword.mistakes import Mistake, Mistakes, key_name, shown


class Engine(Section):
    name: Literal["duckdb", "spark"] = "duckdb"
    threads: Annotated[int, Field(gt=0)] = 2


class Band(Section):
    low: Annotated[float, Field(examples=["0"])]
    high: float = 1.0

    @model_validator(mode="after")
    def _ordered(self):
        if self.low > self.high:
            raise Mistakes(Mistake(("low",), "low is above high"), Mistake(("high",), "high is below low"))
        return self


class File(Section):
    title: str = "t"
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    on: bool = True
    engine: Engine = Engine()
    bands: ListOf[Band] = ()
    weights: dict[str, float] = {}


@pytest.fixture
def message(tmp_path, monkeypatch):
    """What reading a text as a File says is wrong with it."""
    monkeypatch.chdir(tmp_path)

    def read(text: str | bytes) -> str:
        Path("file.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigurationError) as caught:
            read_toml(tmp_path / "file.toml", File)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return read


def test_a_right_file_is_read_with_defaults_for_the_rest(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text('share = 1\n[engine]\nname = "spark"\n[[bands]]\nlow = 0\n')
    assert read_toml(path, File) == File(share=1.0, engine=Engine(name="spark"), bands=(Band(low=0.0),))


def test_a_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "file.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "x"\r\n')
    assert read_toml(path, File).title == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n[engine]\nthread = 1", "file.toml:3: [engine] thread: unknown key; did you mean threads?"),
        (
            "[engine]\n\nshare = 1",
            "file.toml:3: [engine] share: unknown key here; it belongs at the top of the file, above the first [section]",
        ),
        ("threads = 1", "file.toml:1: threads: unknown key here; it belongs under [engine]"),
        ("[engine]\nzzz = 1", "file.toml:2: [engine] zzz: unknown key here; known are name, threads"),
        ('[engine]\nname = "dukdb"', 'file.toml:2: [engine] name: "dukdb" is unknown; did you mean "duckdb"?'),
        ('[engine]\nname = "x"', 'file.toml:2: [engine] name: "x" is unknown; write "duckdb" or "spark"'),
        ("[engine]\nthreads = 0", "file.toml:2: [engine] threads: 0 is out of range; write a number above 0"),
        ("share = 1.5", "file.toml:1: share: 1.5 is out of range; write a number of at most 1"),
        ("share = -1", "file.toml:1: share: -1 is out of range; write a number from 0 up"),
        ("share = nan", "file.toml:1: share: nan is not a finite number; write share = 0.5"),
        ('share = "0.2"', 'file.toml:1: share: "0.2" is not a number; write share = 0.5'),
        ("[engine]\nthreads = 1.5", "file.toml:2: [engine] threads: 1.5 is not a whole number; write threads = 2"),
        ("[engine]\nthreads = true", "file.toml:2: [engine] threads: true is not a whole number; write threads = 2"),
        ("on = 1", "file.toml:1: on: 1 is not true or false; write on = true"),
        ("title = 2026-01-01", 'file.toml:1: title: 2026-01-01 is not text in quotes; write title = "t"'),
        ("engine = 3", "file.toml:1: engine: 3 is not a table; write a section [engine]"),
        ("bands = 3", "file.toml:1: bands: 3 is not a list; write a section [[bands]]"),
        ("weights = { a = 1,\tb = 'x' }", 'file.toml:1: [weights] b: "x" is not a number'),
        ("bands = [\n  { low = 1 },\n  { high = 2 },\n]", "file.toml:3: [[bands]] #2 low: missing; write low = 0"),
        ("[[bands]]\nlow = 0\n\n[[bands]]\nlow = 1\nhihg = 2", "file.toml:6: [[bands]] #2 hihg: unknown key; did you mean high?"),
    ],
)
def test_a_mistake_names_line_key_value_and_what_to_write(message, text, expected):
    assert message(text) == expected


def test_of_several_mistakes_the_first_in_the_file_is_told_and_the_others_counted(message):
    assert (
        message("[[bands]]\nlow = 2\nhigh = 1\n[engine]\nthreads = 0\nx = 1")
        == "file.toml:2: [[bands]] #1 low: low is above high (and 3 more)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title = "a\nb = 1', "file.toml:1: column 11: a text has no closing quote on its line"),
        ("title = a", "file.toml:1: column 9: this is no value; write text in quotes"),
        ("\ntitle", "file.toml:2: "),
        ("on = true\non = false", "file.toml:2: this key is given twice"),
        ("[engine]\n[engine]", "file.toml:2: column 8: this table is given twice"),
        ('title = "C:\\data"', "file.toml:1: column 14: a backslash in a text"),
        ("weights = [1,\n2", "file.toml:2: a [ has no closing ]"),
        ("x = { a = 1,\n b = 2 }", "file.toml:1: column 13: a key is expected here"),
        ("d = 2026-02-30", "file.toml:1: column 5: Invalid date or datetime"),
        (b'# caf\xe9\ntitle = "caf\xe9"', "file.toml:1: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_no_toml_names_line_and_column(message, text, expected):
    assert message(text).startswith(expected)


def test_a_line_break_inside_a_key_does_not_break_the_message(message):
    assert message('"a\\nb" = 1').startswith("file.toml:1: a b: unknown key here")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent.toml: no such file; `lastword init DIR`"):
        read_toml(tmp_path / "absent.toml", File)
    with pytest.raises(ConfigurationError, match=r"cannot be read .Is a directory."):
        read_toml(tmp_path, File)


def test_a_setting_that_proves_wrong_later_is_located_too(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text("[engine]\n\nthreads = 1\n")
    error = configuration_error(path, Mistake(("engine", "threads"), "too few"), Mistake(("engine", "name"), "too slow"))
    assert str(error).endswith("file.toml:1: [engine] name: too slow (and 1 more)")


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (("seed",), "seed"),
        (("disparity", "threshold"), "[disparity] threshold"),
        (("columns", "accounts", "name"), "[columns.accounts] name"),
        (("model", "group_by", 0), "[model] group_by #1"),
        (("attributes", 0), "[[attributes]] #1"),
        (("attributes", 1, "bands", 0, "points"), "[[attributes]] #2 bands #1.points"),
        (("rules", 0, "when", "country", 2), "[[rules]] #1 when.country #3"),
    ],
)
def test_keys_are_named_as_the_file_shows_them(at, name):
    assert key_name(at) == name


def test_long_values_are_cut():
    assert shown("x" * 100) == '"' + "x" * 55 + ' …"'
