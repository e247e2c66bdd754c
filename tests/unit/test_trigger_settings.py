"""[[triggers]] and [notify]: what may be written, and the sentence for what may not."""

from pathlib import Path

import pytest

from lastword.configuration import parse_toml
from lastword.errors import ConfigurationError
from lastword.settings import Settings
from tests.unit.test_settings import INPUTS, message, read  # noqa: F401

TRIGGER = '[[triggers]]\nname = "it"\n'
EMAIL = '[notify.email]\nhost = "smtp.example.com"\nsender = "lastword@example.com"\nto = ["ann@example.com"]\n'


def test_every_kind_of_trigger_is_read_with_its_defaults(read):  # noqa: F811
    text = """\
[[triggers]]
name = "cloud"
intent = "cloud security"
reaches = 70
when = { region = ["EMEA"], employee_count = { min = 50 } }
[[triggers]]
name = "moved"
column = "industry"
was = "Retail"
[[triggers]]
name = "up"
grade = "final"
"""
    cloud, moved, up = read(text).triggers
    assert (cloud.happening, cloud.reaches, cloud.measure, set(cloud.conditions)) == (
        "intent",
        70,
        "strength",
        {"region", "employee_count"},
    )
    assert (moved.happening, moved.was, moved.becomes, moved.conditions) == ("column", ("Retail",), None, {})
    assert (up.happening, up.steps, up.direction) == ("grade", 1, "either")
    assert read("").triggers == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "5: [[triggers]] #1: says nothing that can happen"),
        (
            "parent = true\nnew_account = true\n",
            "8: [[triggers]] #1 new_account: a trigger is about one thing, and parent is given",
        ),
        ("parent = false\n", "7: [[triggers]] #1 parent: false asks for nothing; write true, or take it out"),
        ('intent = "a"\n', "5: [[triggers]] #1 reaches: intent needs the value that it must reach; write reaches = 70"),
        ('intent = "a"\nreaches = 101\n', "8: [[triggers]] #1 reaches: 101 is never reached, as strengths go to 100"),
        ('intent = "a"\nreaches = 0\n', "8: [[triggers]] #1 reaches: 0 is out of range; write a number above 0"),
        (
            "parent = true\nsteps = 2\n",
            "8: [[triggers]] #1 steps: counts with grade alone, and this is about parent; take it out",
        ),
        ('grade = "plan"\n', '7: [[triggers]] #1 grade: "plan" is unknown; write "model" or "final"'),
        ('grade = "model"\nsteps = 5\n', "8: [[triggers]] #1 steps: 5 is out of range; write a number of at most 4"),
        ('column = "industry"\nwas = []\n', "8: [[triggers]] #1 was: an empty list fits no value"),
        ("parent = true\nwhen = {}\n", "8: [[triggers]] #1 when: an empty table fits every account"),
        ("parent = true\nwhen = { region = { min = 1 } }\n", "8: [[triggers]] #1 when.region: region is no number"),
        ('technolgy = "a"\n', "7: [[triggers]] #1 technolgy: unknown key; did you mean technology?"),
        ("parent = true\n" + TRIGGER.replace("it", "IT") + "parent = true\n", '9: [[triggers]] #2 name: "IT" is there twice'),
    ],
)
def test_a_mistake_in_a_trigger_is_one_sentence_at_its_line(message, text, said):  # noqa: F811
    assert message(TRIGGER + text).startswith(said)


@pytest.mark.parametrize("name", ["audit", "None", "", " x", "x" * 61, "a\\nb"])
def test_a_name_is_short_and_none_of_the_queues_own(message, name):  # noqa: F811
    assert message(f'[[triggers]]\nname = "{name}"\nparent = true\n').startswith("6: [[triggers]] #1 name: ")


def test_notify_is_off_and_asks_for_somebody_to_tell(read, message):  # noqa: F811
    settings = read("").notify
    assert (settings.after_runs, settings.email, settings.webhook, settings.top) == (False, None, None, 10)
    assert read(EMAIL + '[notify]\nlink = "https://a.example/"').notify.link == "https://a.example"
    assert message("[notify]\nafter_runs = true\n").startswith("6: [notify] after_runs: nobody would be told")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EMAIL + 'user = "u"\n', "5: [notify.email] password_variable: a user needs a password"),
        (EMAIL + 'password_variable = "P"\n', '5: [notify.email] user: a password needs a user; write user = "lastword"'),
        (EMAIL + 'user = "u"\npassword_variable = "P"\nstarttls = false\n', "11: [notify.email] starttls: the password would go"),
        (EMAIL.replace("ann@", "ann"), '8: [notify.email] to #1: "annexample.com" is no address'),
        (EMAIL.replace('["ann@example.com"]', "[]"), "8: [notify.email] to: an empty list tells nobody"),
        (EMAIL.replace("lastword@", ""), '7: [notify.email] sender: "example.com" is no address'),
        (EMAIL.replace("smtp.", "smtp://"), "6: [notify.email] host: "),
        ('[notify.webhook]\nurl = "http://hooks.example.com"\n', "6: [notify.webhook] url: this is no webhook"),
        ('[notify.webhook]\nurl = "https://me:secret@hooks.example.com/x"\n', "6: [notify.webhook] url: this is no webhook"),
        ('[notify]\nlink = "review"\n', '6: [notify] link: "review" is no address'),
    ],
)
def test_a_mistake_in_notify_is_one_sentence_at_its_line(message, text, said):  # noqa: F811
    assert message(text).startswith(said)


@pytest.mark.parametrize(
    "section", [EMAIL + 'user = "u"\npassword_variable', '[notify.webhook]\nurl = "https://a.example/"\nsecret_variable']
)
def test_a_secret_that_is_written_into_the_file_is_not_repeated(message, section):  # noqa: F811
    said = message(f'{section} = "hunter2"\n')
    assert "hunter2" not in said
    assert "environment variable" in said


def test_when_and_column_must_be_columns_of_accounts(tmp_path):
    import pandas as pd

    from lastword.planning.spend_columns import check_planning_columns
    from lastword.project import find_project

    pd.DataFrame({"account_id": ["1"], "industry": ["a"]}).to_parquet(tmp_path / "accounts.parquet")
    for text, said in (
        (
            'column = "industri"\n',
            'lastword.toml:7: [[triggers]] #1 column: accounts have no column "industri"; did you mean "industry"?',
        ),
        ("parent = true\nwhen = { regio = 1 }\n", 'lastword.toml:8: [[triggers]] #1 when.regio: accounts have no column "regio"'),
    ):
        (tmp_path / "lastword.toml").write_text(INPUTS + TRIGGER + text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            check_planning_columns(find_project(tmp_path), tmp_path / "accounts.parquet")
        assert said in str(caught.value)


def test_the_template_shows_triggers_that_can_be_read():
    from lastword.project import template

    lines = template("lastword.toml").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("# [[triggers]]"))
    end = next(place for place, line in enumerate(lines) if place > start and line.startswith("[store]"))
    settings = parse_toml("\n".join([INPUTS, *(line.removeprefix("# ") for line in lines[start:end])]), Settings, Path("x.toml"))
    assert {trigger.happening for trigger in settings.triggers} == {"intent", "technology", "parent", "column", "grade"}
    assert settings.notify.email is not None
    assert settings.notify.webhook is not None
