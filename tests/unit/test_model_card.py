"""The model card: numbers in words, and a page that stands alone whatever is missing."""

import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser

import pytest

from lastword import card_words as words
from lastword.model_card import LOOK_ALIKE as LABEL
from lastword.model_card import CardFacts, ModelCard, render
from tests.sample_figures import FIGURES, GRADES, LOOK_ALIKE, PLAN, REFUSED, interval, part
from tests.unit.test_charts import explained

FACTS = CardFacts(
    project="acme",
    run_id="20261123T112606Z-bcf8",
    as_of=date(2026, 11, 23),
    made_at=datetime(2026, 11, 23, 11, 26),
    mode="landmarks",
    horizon_days=180,
    seed=7,
    winners=412,
    rows=26_590,
    fingerprint="a1b2c3d4e5f6" * 5,
    plan_version="2026",
    catalog_version="1",
)


class Text(HTMLParser):
    """The text a reader sees; fails where tags don't close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.parts = [], []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title") and "svg" not in self.open:
            self.parts.append(data)

    def handle_startendtag(self, tag, attrs):
        pass


def read(page):
    reader = Text()
    reader.feed(page)
    assert not reader.open
    return " ".join(" ".join(reader.parts).split())


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.4342, "43 %"), (0.051, "5.1 %"), (0.0012, "0.12 %"), (0, "0 %"), (1, "100 %"), (0.0996, "10 %"), (0.00996, "1.0 %")],
)
def test_percent(share, said):
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("rate", "base", "said"),
    [(0.1475, 100, "15"), (0.001, 100, "under 1"), (0, 100, "0"), (0.0012, 1000, "1"), (1, 1000, "1,000")],
)
def test_out_of(rate, base, said):
    assert words.out_of(rate, base) == said


@pytest.mark.parametrize(("rate", "base"), [(0.3, 100), (0.01, 100), (0.004, 1000), (0.0001, 10_000), (0, 100)])
def test_a_small_rate_is_told_of_more_accounts(rate, base):
    assert words.base_of(rate) == base


def test_one_is_singular():
    assert [words.counted(n, "win") for n in (0, 1, 2, 1200)] == ["0 wins", "1 win", "2 wins", "1,200 wins"]


def test_lists_end_with_what_is_left():
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ("intent:cloud storage", "intent in cloud storage"),
        ("technology:SAP: HANA", "uses SAP: HANA"),
        ("signals_30_days", "signals in 30 days"),
        ("age_years", "age in years"),
        ("fleet_size", "fleet size"),
        ("odd:name", "odd:name"),
    ],
)
def test_readable(feature, said):
    assert words.readable(feature) == said


def test_a_logarithm_is_called_by_what_it_is_of():
    assert words.readable("log_revenue", "annual_revenue") == "annual revenue"


def test_ranges():
    assert words.between({"estimate": 0.43, "low": 0.3541, "high": 0.5193}) == "35 to 52"
    assert words.percent_range(0.0627, 0.0943) == "6.3 to 9.4 %"
    assert words.percent_range(0, 0.12) == "0 to 12 %"


@pytest.mark.parametrize(
    ("model", "plan", "said"),
    [
        (interval(0.43), interval(0.21), "clearly better than the plan"),
        (interval(0.21), interval(0.43), "clearly worse than the plan"),
        (interval(0.43), interval(0.41), "better than the plan, but not by more than chance could bring about"),
        (interval(0.41), interval(0.43), "worse than the plan, but not by more than chance could bring about"),
        (interval(0.4), interval(0.4), "as good as the plan"),
    ],
)
def test_the_model_against_the_plan(model, plan, said):
    assert words.versus(model, plan) == said


def test_the_three_numbers():
    captured, grade_a, ranked = words.big_numbers(FIGURES, 180)
    assert (captured["value"], captured["range"]) == ("43", "likely 39 to 47")
    assert captured["beside"] == "the plan 21 (17 to 25), chance 15"
    assert grade_a["value"] + " " + grade_a["said"] == "15 of 100 accounts it puts in grade A win within 180 days"
    assert grade_a["beside"] == "of 100 picked at random 5"
    assert ranked["value"] == "78"


def test_rates_under_one_in_a_hundred_are_told_of_a_thousand():
    rare = [{**GRADES[0], "rate": 0.012, "wins": 1, "accounts": 83}, {**GRADES[4], "wins": 0, "accounts": 500}]
    (number,) = words.big_numbers({"grades": rare}, 90)
    assert number["value"] + " " + number["said"] == "12 of 1,000 accounts it puts in grade A win within 90 days"
    assert number["beside"] == "of 1,000 picked at random 2"


def test_one_account_wins():
    (number,) = words.big_numbers({"grades": [{**GRADES[0], "rate": 0.0101, "wins": 1, "accounts": 99}]}, 180)
    assert number["value"] + " " + number["said"] == "1 of 100 accounts it puts in grade A wins within 180 days"


def test_a_level_that_is_off_is_said_with_its_direction():
    few = FIGURES | {"temporal": FIGURES["temporal"] | {"model": {"calibration_intercept": interval(0.4, 0.1)}}}
    assert words.trust(few)[0] == "It expected 271 wins and there were 281, 1.0 times as many: it promised too little."
    many = FIGURES | {"temporal": FIGURES["temporal"] | {"model": {"calibration_intercept": interval(-0.4, 0.1)}}}
    assert words.trust(many)[0].endswith("it promised too much.")
    assert words.trust(FIGURES)[0].endswith("the level is right, as far as these wins can tell.")


def test_a_grade_is_off_where_the_interval_of_won_over_expected_says_so():
    more, fewer = ({**GRADES[0], "oe_low": low, "oe_high": high} for low, high in ((1.1, 1.6), (0.5, 0.9)))
    assert words.trust({"grades": [more]})[-1] == "Won more often than it said, beyond chance: grade A."
    assert words.trust({"grades": [fewer]})[-1] == "Won less often than it said, beyond chance: grade A."
    within = {**GRADES[0], "oe_low": 0.9, "oe_high": 1.2}
    assert words.trust({"grades": [within]})[-1] == "In no grade is the difference larger than chance explains."


def test_what_is_no_worse_than_chance_explains_is_not_called_weak():
    lowest = {"attribute": "region", "slice": "EMEA", "beyond_chance": False}
    said = words.weakest({"slices": {"region": [part("EMEA", 50, 10, 0.52, 0.2)]}, "worst_slice": lowest})
    assert said.endswith("beyond chance; the lowest is region EMEA.")


def test_the_weakest_part_is_told_with_its_wins():
    sliced = {"slices": {"region": [part("EMEA", 50, 1, 0.52, 0.2)]}, "worst_slice": {"attribute": "region", "slice": "EMEA"}}
    said = words.weakest(sliced)
    assert said.startswith(
        "It is weakest where region is EMEA: on the 1 win there it ranks a winner above another account 52 of 100"
    )
    assert said.endswith("That may be no better than chance; the plan or a person should decide there.")
    assert words.weakest({}) is None
    assert words.weakest({"slices": {"region": []}, "worst_slice": None}).startswith("No part")


def test_what_a_gap_between_the_tests_means():
    assert "flatter it by 0.04" in words.split_words(FIGURES)
    assert words.split_words(FIGURES | {"random": {"auc": interval(0.77)}}).endswith("doesn't flatter here.")
    assert words.split_words({}) is None


def test_rules_of_the_promotion_in_plain_words():
    marks = [(rule["asked"], rule["mark"]) for rule in words.decision(FIGURES)]
    assert marks[0] == ("It finds wins better than chance", "met")
    assert marks[-1] == ("It is as good on later time as on random accounts", "warning")
    assert [rule["mark"] for rule in words.decision({"promotion": REFUSED})] == ["met", "not met"]
    new = {"promotion": {"checks": [{"name": "fairness", "ok": True, "said": "x"}]}}
    assert words.decision(new) == [{"mark": "met", "asked": "Fairness", "said": "x"}]


def test_the_gates_findings_are_grouped_by_rule():
    found = words.leakage_words(FIGURES["leakage"])
    assert [(each["outcome"], each["columns"]) for each in found] == [
        ("waived", "fleet size"),
        ("excluded", "tenure years"),
        ("warned", "intent in release notes"),
        ("warned", "partner tier"),
    ]
    assert found[0]["reason"] == "bought for every account on the list in 2023"


def test_drift_says_what_to_do():
    assert words.drift_words(FIGURES["drift"]).startswith("Moved by more than chance explains: intent in cloud storage. Look")
    assert words.drift_words([{"feature": "a", "drifted": False}]) == (
        "The one feature compared hasn't moved by more than chance explains."
    )
    assert words.drift_words([]) is None


def test_few_wins_are_a_limit():
    few = {"windows": {"test": {"wins": 1}}}
    assert "Only 1 win to test on: read the ranges, not the figures." in words.limits(few, "landmarks", 180, None)


@pytest.fixture(scope="module")
def card():
    return ModelCard(FACTS, FIGURES, explained())


def test_the_page_stands_alone(card):
    page = card.page("3")
    assert set(re.findall(r"https?://[^\"'\s<]*", page)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<(script|link|iframe|img|object)\b|@import|url\(", page)


def test_the_page_tells_the_whole(card):
    text = read(card.page("3"))
    for said in (
        "version 3",
        "It serves: every rule for promotion is met, 1 rule with a warning.",
        "15 of 100 accounts it puts in grade A win within 180 days",
        "26 February 2026 to 27 May 2026 4 5,515 281",
        "What moves its scores most: employee count",
        "fingerprint a1b2c3d4e5f6:",
        "Let through for a stated reason",
    ):
        assert said in text, said


def test_a_refused_model_says_why_and_what_serves_instead():
    page = read(render(replace(FACTS, serving="2", version="3"), FIGURES | {"promotion": REFUSED}))
    assert "not promoted" in page
    assert "it loses to the plan. Version 2 goes on serving." in page
    assert "✗ no" in page
    assert "Why it doesn't serve" in page
    assert "No model serves; the plan decides alone." in read(render(FACTS, {"promotion": REFUSED}))


def test_a_model_promoted_against_the_rules_says_so():
    always = REFUSED | {"promoted": True, "refused_because": None}
    assert "although not every rule is met" in read(render(FACTS, {"promotion": always}))


def test_look_alike_figures_are_labelled():
    card = ModelCard(replace(FACTS, mode="look-alike", class_prior=0.04), LOOK_ALIKE, explained())
    text = read(card.page())
    assert text.count(LABEL) >= 7
    assert "within 180 days" not in text
    assert "of 100 customers are among the 15 % of accounts it ranks first" in text
    assert all(LABEL in picture for picture in card.pictures.values())
    assert LABEL not in read(render(FACTS, FIGURES))


@pytest.mark.parametrize("left_out", [[key] for key in FIGURES] + [list(FIGURES)])
def test_the_page_reads_well_without_a_part(left_out):
    figures = {key: value for key, value in FIGURES.items() if key not in left_out}
    text = read(render(FACTS, figures))
    assert "What it cannot tell" in text
    assert not re.search(r"\b(None|nan|Undefined)\b", text)


def test_figures_that_could_not_be_measured_are_left_out():
    nothing = {"estimate": None, "low": None, "high": None}
    empty = {"grade": "A", "accounts": 0, "wins": 0} | dict.fromkeys(
        ("rate", "rate_low", "rate_high", "expected", "observed_over_expected")
    )
    figures = FIGURES | {
        "temporal": {"model": {"auc": nothing}, "plan": PLAN, "chance": {}},
        "grades": [empty],
        "random": {"auc": nothing},
    }
    assert not re.search(r"\b(None|nan)\b", read(render(FACTS, figures)))


def test_names_from_data_are_text():
    evil = "<script>alert(1)</script>"
    figures = FIGURES | {
        "slices": {"industry": [part(evil, 100, 20, 0.6)]},
        "worst_slice": {"attribute": "industry", "slice": evil, "said": ""},
        "leakage": {"warned": [{"column": evil, "rule": "identical", "figure": 1, "limit": 0.98, "message": ""}]},
        "drift": [{"feature": evil, "psi": 1.0, "bound": 0.1, "drifted": True, "said": ""}],
    }
    page = ModelCard(replace(FACTS, project=evil), figures, explained()).page()
    assert "<script" not in page
    assert "<b>backup" not in page
    assert f"where industry is {evil}" in read(page)


def test_too_few_wins_are_told_without_a_model():
    facts = replace(FACTS, mode="plan-only", winners=1, untrained_because="1 account won")
    text = read(ModelCard(facts, {}, None).page())
    assert "The plan decides alone" in text
    assert "Add wins: 1 account won in a time" in text


def test_the_card_is_written_with_its_plots_and_published_as_a_whole(card, tmp_path):
    card.write_reports(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"model_card.html", "plots"}
    assert {path.stem for path in (tmp_path / "plots").glob("*.svg")} == set(card.pictures)
    documents = tmp_path / "docs"
    assert card.publish(documents, "7") == documents / "model_card.html"
    assert "version 7" in read((documents / "model_card.html").read_text(encoding="utf-8"))
    assert [path.name for path in documents.iterdir()] == ["model_card.html"]
