from datetime import date

import pytest

from lastword.configuration import read_toml
from lastword.errors import ConfigurationError
from lastword.settings import InputSource, Settings

INPUTS = """\
[inputs]
accounts = "a.csv"
won = "w.csv"
house_list = "h.csv"
"""


@pytest.fixture
def read(tmp_path):
    def read(text: str, above: str = "") -> Settings:
        path = tmp_path / "lastword.toml"
        path.write_text(above + INPUTS + text, encoding="utf-8")
        return read_toml(path, Settings)

    return read


@pytest.fixture
def message(read):
    """The error on a text, from the line number on; the inputs take the first four lines."""

    def message(text: str, above: str = "") -> str:
        with pytest.raises(ConfigurationError) as caught:
            read(text, above)
        return str(caught.value).split("lastword.toml:")[1]

    return message


def test_an_input_is_a_path_or_a_table(read):
    settings = read('technographics = { path = "t.txt", delimiter = "\\t", encoding = "latin-1" }\n')
    assert settings.inputs.accounts == InputSource(path="a.csv", delimiter=",", encoding="utf-8", sheet=None)
    assert settings.inputs.technographics == InputSource(path="t.txt", delimiter="\t", encoding="latin-1")
    assert settings.inputs.intents is None


@pytest.mark.parametrize(
    ("path", "is_url"),
    [("postgresql://host/db?table=accounts", True), ("https://x.y/a.csv", True), ("data/a.csv", False), ("C:/data/a.csv", False)],
)
def test_a_url_is_told_from_a_file(path, is_url):
    assert InputSource(path=path).is_url is is_url


@pytest.mark.parametrize(
    ("text", "day"),
    [('as_of = "today"\n', "today"), ('as_of = "2026-01-31"\n', date(2026, 1, 31)), ("as_of = 2026-01-31\n", date(2026, 1, 31))],
)
def test_as_of_is_today_or_a_date(read, text, day):
    assert read("", above=text).as_of == day


def test_grades_by_points_need_cuts(read, message):
    settings = read('[grades]\npolicy = "points"\ncuts = { A = 85, B = 70, C = 40, D = 20 }')
    assert settings.grades.cuts == {"A": 85, "B": 70, "C": 40, "D": 20}
    assert message('[grades]\npolicy = "points"').startswith(
        '5: [grades] cuts: policy = "points" needs the least value of each grade'
    )


def test_columns_map_ours_to_theirs_and_accounts_take_further_ones(read):
    settings = read('[columns.accounts]\naccount_id = "Id"\nfleet_size = "Fleet"\n[columns.won]\nwon_on = "Date"')
    assert settings.columns == {"accounts": {"account_id": "Id", "fleet_size": "Fleet"}, "won": {"won_on": "Date"}}


def test_spark_is_a_setting(read):
    assert read('[engine]\nname = "spark"\nmaster = "local[2]"').engine.master == "local[2]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[disparity]\ntreshold = 30", "6: [disparity] treshold: unknown key; did you mean threshold?"),
        ('[disparity]\nmeasure = "ranks"', '6: [disparity] measure: "ranks" is unknown; did you mean "rank"?'),
        ("[disparity]\naudit_share = 1.1", "6: [disparity] audit_share: 1.1 is out of range; write a number of at most 1"),
        ("[disparity]\ncapacity = -1", "6: [disparity] capacity: -1 is out of range; write a number from 0 up"),
        (
            '[features]\nhalf_life_days = "choose"',
            '6: [features] half_life_days: "choose" is not a number of days; write half_life_days = 30',
        ),
        ("[features]\nhalf_life_days = 0", "6: [features] half_life_days: 0 is out of range; write a number above 0"),
        (
            '[features]\ncolumns.fleet = { kind = "number", known = "always" }',
            '6: [features.columns.fleet] kind: "number" is unknown; did you mean "numeric"?',
        ),
        (
            '[features]\ncolumns.fleet = { kind = "flag" }',
            '6: [features.columns.fleet] known: missing; write known = "always" or "after_win"',
        ),
        (
            '[features]\ncolumns.account_id = { kind = "flag", known = "always" }',
            "6: [features.columns] account_id: account_id tells accounts apart",
        ),
        ("[model]\nmin_wins = 29", "6: [model] min_wins: 29 is out of range; write a number from 30 up"),
        ("[model]\nclass_prior = 1.0", "6: [model] class_prior: 1.0 is out of range; write a number below 1"),
        ('[model]\nclass_prior = "3 %"', '6: [model] class_prior: "3 %" is not a number; write class_prior = 0.03'),
        ('[model]\ngroup_by = [\n"domain",\n"domain"]', '8: [model] group_by #2: "domain" is there twice; keep it once'),
        ('[model.leakage_waivers]\nfleet = ""', '6: [model.leakage_waivers] fleet: "" is blank'),
        ('[model]\nleakage = "block!"', '6: [model] leakage: "block!" is unknown; did you mean "block"?'),
        ("[overrides]\nreasons = []", "6: [overrides] reasons: an empty list leaves no reason to override for"),
        ('[overrides]\nnote_for = ["othr"]', '6: [overrides] note_for: reason "othr" is unknown; did you mean "other"?'),
        (
            '[overrides]\nreasons = ["a", "b"]\nnote_for = ["c"]',
            '7: [overrides] note_for: reason "c" is unknown; write "a" or "b"',
        ),
        ('[overrides]\nreasons = ["a", "a"]', '6: [overrides] reasons #2: "a" is there twice'),
        ("[overrides]\nholdout = -0.1", "6: [overrides] holdout: -0.1 is out of range"),
        (
            "[grades]\nshares = { A = 0.5, B = 0.2, C = 0.1, D = 0.1, F = 0.2 }",
            "6: [grades] shares: the shares sum to 1.1; change them so that they sum to 1",
        ),
        (
            "[grades]\nshares = { A = 1.0, B = 0.2, C = 0.1, D = 0.1, F = -0.4 }",
            "6: [grades.shares] F: -0.4 is no share; write a number above 0",
        ),
        ("[grades]\nshares = { A = 0.5, B = 0.5 }", "6: [grades] shares: C, D, F missing; give each of A, B, C, D, F a number"),
        ("[grades]\nshares = { A = 0.5, E = 0.5 }", '6: [grades.shares] E: "E" is unknown; write "A", "B", "C", "D" or "F"'),
        (
            '[grades]\npolicy = "points"\ncuts = { A = 85, B = 90, C = 40, D = 20 }',
            "7: [grades.cuts] B: 90 is not below A's 85; let cuts fall from A to D",
        ),
        ('[grades]\npolicy = "points"\ncuts = { A = 85, B = 70, C = 40, D = 20, F = 0 }', '7: [grades.cuts] F: "F" is unknown'),
        (
            '[grades]\npolicy = "propensity"\ncuts = { A = 85, B = 0.1, C = 0.05, D = 0.01 }',
            "7: [grades.cuts] A: 85.0 is out of range; write a number from 0 to 1",
        ),
        ("[grades]\ncuts = { A = 85, B = 70, C = 40, D = 20 }", '6: [grades] cuts: cuts do nothing with policy = "shares"'),
        ('[final]\npolicy = "modell"', '6: [final] policy: "modell" is unknown; did you mean "model"?'),
        ("[final]\nblend_weight = 50", "6: [final] blend_weight: 50 is out of range"),
        ('[store]\nurl = "lastword.db"', '6: [store] url: "lastword.db" is no store; write url = "sqlite:///'),
        ('[mlflow]\ntracking_uri = "file:mlruns"', '6: [mlflow] tracking_uri: "file:mlruns" is no tracking server or database'),
        ('[engine]\nname = "duck"', '6: [engine] name: "duck" is unknown; did you mean "duckdb"?'),
        ('[engine]\nmemory_limit = "8"', '6: [engine] memory_limit: "8" is no size of memory; write memory_limit = "8GB"'),
        ('[engine]\nmemory_limit = "0GB"', '6: [engine] memory_limit: "0GB" is no size of memory'),
        ('[engine]\nmaster = "local[2]"', "6: [engine] master: master is for Spark alone"),
        ('[columns.account]\nname = "Name"', "5: [columns] account: no such input; did you mean accounts?"),
        ('[columns.won]\nwon_at = "Date"', "6: [columns.won] won_at: won has no such column; did you mean won_on?"),
        (
            'technographics = { path = "x", delimeter = ";" }',
            "5: [inputs.technographics] delimeter: unknown key; did you mean delimiter?",
        ),
        ('intents = { path = "x", delimiter = ";;" }', '5: [inputs.intents] delimiter: ";;" is not one character'),
        (
            'intents = { path = "x", encoding = "latin-11" }',
            '5: [inputs.intents] encoding: "latin-11" is no text encoding that Python knows; did you mean',
        ),
        ('intents = { path = "x", encoding = "base64" }', '5: [inputs.intents] encoding: "base64" is no text encoding'),
        ("products = { sheet = 'x' }", '5: [inputs.products] path: missing; write path = "data/accounts.csv"'),
        ('products = ""', '5: [inputs.products] path: "" is blank; write path = "data/accounts.csv"'),
        ("intent = 'x'", "5: [inputs] intent: unknown key; did you mean intents?"),
        ("products = 3", "5: [inputs] products: 3 is no path; write a path or URL in quotes"),
        (
            '[web]\nhosts = ["https://a.example"]',
            '6: [web] hosts #1: "https://a.example" is no host; write its name alone, as in hosts = ["lastword.example.com"]',
        ),
        ('[web]\nhosts = ["*"]', '6: [web] hosts #1: "*" is no host'),
        ("[web]\nproxies = -1", "6: [web] proxies: -1 is out of range; write a number from 0 up"),
        ("[web]\nsession_hours = 0", "6: [web] session_hours: 0 is out of range; write a number above 0"),
        ('[web]\nhttps = "yes"', '6: [web] https: "yes" is not true or false; write https = false'),
        ("[web]\npassword_sign_in = false", "6: [web] password_sign_in: nobody could sign in; write true, or add a section"),
        (
            '[web.single_sign_on]\nissuer = "http://login.example.com"\nclient_id = "x"\ndefault_role = "viewer"',
            '6: [web.single_sign_on] issuer: "http://login.example.com" is no issuer; write its https address',
        ),
        (
            '[web.single_sign_on]\nissuer = "https://login.example.com"\nclient_id = "x"',
            '5: [web.single_sign_on] roles: nobody could sign in; write roles = { "sales-ops" = "reviewer" }',
        ),
        (
            '[web.single_sign_on]\nissuer = "https://l.example.com"\nclient_id = "x"\nroles = { ops = "reviwer" }',
            '8: [web.single_sign_on.roles] ops: "reviwer" is unknown; did you mean "reviewer"?',
        ),
        (
            '[web.single_sign_on]\nissuer = "https://l.example.com"\nclient_id = "x"\ndefault_role = "boss"',
            '8: [web.single_sign_on] default_role: "boss" is unknown; write "viewer", "reviewer", "approver" or "admin"',
        ),
        (
            '[web.single_sign_on]\nclient_id = "x"\ndefault_role = "viewer"',
            '5: [web.single_sign_on] issuer: missing; write issuer = "https://login.example.com/acme"',
        ),
        ("[disparity]\nhorizon_days = 9", "6: [disparity] horizon_days: unknown key here; it belongs under [model]"),
        ("[disparity]\npolicy = 'x'", "6: [disparity] policy: unknown key here; it belongs under [grades] or [final]"),
        ("[modle]\nmin_wins = 100", "5: modle: unknown key; did you mean model?"),
    ],
)
def test_what_is_not_allowed_is_named_with_its_line(message, text, expected):
    assert message(text).startswith(expected)


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ('currency = "dollars"\n', '1: currency: "dollars" is no currency code; write three capital letters'),
        ('as_of = "yesterday"\n', '1: as_of: "yesterday" is not a date; write as_of = "today" or as_of = 2026-11-23'),
        ("as_of = 2026-01-01T00:00:00\n", "1: as_of: 2026-01-01T00:00:00 is not a date"),
        ("seed = 4294967296\n", "1: seed: 4294967296 is out of range; write a number of at most 4294967295"),
        ("seed = -1\n", "1: seed: -1 is out of range; write a number from 0 up"),
        ('seed = "7"\n', '1: seed: "7" is not a whole number; write seed = 7'),
    ],
)
def test_what_is_not_allowed_at_the_top_is_named_too(message, above, expected):
    assert message("", above).startswith(expected)


def test_accounts_won_and_house_list_must_be_there(tmp_path):
    path = tmp_path / "lastword.toml"
    path.write_text('name = "x"\n[inputs]\naccounts = "a.csv"\n')
    with pytest.raises(
        ConfigurationError, match=r'lastword.toml:2: \[inputs\] won: missing; write won = "data/won.csv" \(and 1 more\)'
    ):
        read_toml(path, Settings)


def test_roles_are_those_of_the_application():
    from typing import get_args

    from lastword import cli_web, settings
    from lastword.web.roles import ROLES

    assert get_args(settings.Role) == cli_web.ROLES == ROLES
