"""What happened between two runs, sentence by sentence, and what stands of it."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from lastword.planning.triggers import STANDING, Ageing, Known, fired, intent_by_topic, shown, still_standing
from lastword.trigger_settings import Trigger

THEN, NOW = date(2026, 6, 1), date(2026, 6, 8)
AGEING = Ageing(30, 180)
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def accounts(**columns) -> pd.DataFrame:
    """Three accounts; `columns` are lists of three."""
    return pd.DataFrame(columns, index=pd.Index(["1", "2", "3"], name="account_id"))


def signals(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["account_id", "topic", "observed_on", "strength"])


def owned(column: str, *rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["account_id", column])


def rule(**keys) -> Trigger:
    return Trigger.model_validate({"name": "it", **keys})


def found(trigger: Trigger, before: Known, now: Known, facts: pd.DataFrame | None = None) -> dict[str, str]:
    rows = fired([trigger], before, now, now.accounts if facts is None else facts, AGEING).rows
    assert set(rows["trigger"]) <= {trigger.name}
    return dict(zip(rows["account_id"], rows["said"], strict=True))


def of_signals(before: pd.DataFrame, now: pd.DataFrame, trigger: Trigger) -> dict[str, str]:
    return found(trigger, Known(THEN, accounts(), signals=before), Known(NOW, accounts(), signals=now))


def test_an_intent_that_crosses_the_threshold_fires_once():
    low, high, higher = (("1", "security", date(2026, 5, day), strength) for day, strength in ((1, 60), (2, 82), (3, 95)))
    trigger = rule(intent="security", reaches=70)
    assert of_signals(signals(low), signals(low, high), trigger) == {"1": "intent in security rose to 82, over 70"}
    assert of_signals(signals(low, high), signals(low, high, higher), trigger) == {}
    assert of_signals(signals(), signals(("2", "security", date(2026, 6, 2), 70)), trigger) == {
        "2": "intent in security rose to 70, the threshold of 70"
    }
    assert of_signals(signals(), signals(("2", "backup", date(2026, 6, 2), 90)), trigger) == {}


def test_any_topic_crosses_by_itself_and_a_sentence_names_three():
    rows = [("1", topic, date(2026, 6, 2), strength) for topic, strength in (("a", 80), ("b", 75), ("c", 90), ("d", 71))]
    said = of_signals(signals(), signals(*rows), rule(intent="any", reaches=70))
    assert said == {"1": "intent in c rose to 90, a rose to 80, b rose to 75 and 1 more, over 70"}


def test_only_signals_before_the_date_and_within_the_window_count():
    rows = signals(("1", "a", NOW, 90), ("2", "a", NOW - timedelta(days=181), 90), ("3", "a", NOW - timedelta(days=180), 90))
    assert of_signals(signals(), rows, rule(intent="a", reaches=70)) == {"3": "intent in a rose to 90, over 70"}


def test_strength_is_that_of_the_newest_day_and_decayed_a_sum_that_halves():
    day = NOW - timedelta(days=30)
    rows = signals(("1", "a", day, 80), ("1", "a", NOW - timedelta(days=1), 20), ("1", "a", NOW - timedelta(days=1), 30))
    assert intent_by_topic(rows, NOW, "strength", AGEING).to_dict() == {("1", "a"): 30}
    decayed = intent_by_topic(rows, NOW, "decayed", AGEING)
    assert decayed["1", "a"] == pytest.approx(80 / 2 + 50 * 0.5 ** (1 / 30))
    said = of_signals(signals(), rows, rule(intent="a", reaches=85, measure="decayed"))
    assert said == {"1": "intent in a rose to 88.9, over 85"}


def test_a_signal_without_strength_counts_as_100():
    rows = signals(("1", "a", date(2026, 6, 2), float("nan")))
    assert of_signals(signals(), rows, rule(intent="a", reaches=100)) == {"1": "intent in a rose to 100, the threshold of 100"}


def test_technologies_and_products_that_were_added():
    before = Known(THEN, accounts(), technologies=owned("technology", ("1", "X")), products=owned("product"))
    now = Known(
        NOW,
        accounts(),
        technologies=owned("technology", ("1", "X"), ("1", "Z"), ("1", "Y"), ("2", "Z")),
        products=owned("product", ("3", "P")),
    )
    assert found(rule(technology="Z"), before, now) == {"1": "technology added: Z", "2": "technology added: Z"}
    assert found(rule(technology="any"), before, now) == {"1": "technology added: Y, Z", "2": "technology added: Z"}
    assert found(rule(technology="Q"), before, now) == {}
    assert found(rule(product="any"), before, now) == {"3": "product added: P"}


def test_parents_that_are_named_changed_or_gone():
    before = Known(THEN, accounts(parent_account_id=[None, "P", "P"]))
    now = Known(NOW, accounts(parent_account_id=["P", "Q", None]))
    assert found(rule(parent=True), before, now) == {
        "1": "parent P was named",
        "2": "parent changed from P to Q",
        "3": "parent P is no longer named",
    }
    assert found(rule(parent=True), now, now) == {}


def test_a_column_that_changed_from_and_to_values():
    before = Known(THEN, accounts(industry=["Retail", "Retail", None], size=[1.0, 2.5, float("nan")]))
    now = Known(NOW, accounts(industry=["Energy", "Media", "Energy"], size=[1.0, 3.0, float("nan")]))
    assert found(rule(column="industry"), before, now) == {
        "1": "industry changed from Retail to Energy",
        "2": "industry changed from Retail to Media",
        "3": "industry changed from nothing to Energy",
    }
    assert set(found(rule(column="industry", was=["Retail"]), before, now)) == {"1", "2"}
    assert set(found(rule(column="industry", becomes="Energy"), before, now)) == {"1", "3"}
    assert set(found(rule(column="industry", was="Retail", becomes="Energy"), before, now)) == {"1"}
    assert found(rule(column="size"), before, now) == {"2": "size changed from 2.5 to 3"}


def test_numbers_that_came_as_text_before_are_the_same_numbers():
    before, now = Known(THEN, accounts(size=["1", "2", None])), Known(NOW, accounts(size=[1.0, 3.0, float("nan")]))
    assert found(rule(column="size"), before, now) == {"2": "size changed from 2 to 3"}


def test_grades_move_by_steps_in_a_direction():
    then = accounts(model=["C", "A", None], final=["B", "B", "B"])
    now = accounts(model=["A", "B", "A"], final=["B", "B", "B"])
    before, after = Known(THEN, accounts(), grades=then), Known(NOW, accounts(), grades=now)
    assert found(rule(grade="model"), before, after) == {
        "1": "the model's grade rose from C to A",
        "2": "the model's grade fell from A to B",
    }
    assert set(found(rule(grade="model", steps=2), before, after)) == {"1"}
    assert set(found(rule(grade="model", direction="down"), before, after)) == {"2"}
    assert set(found(rule(grade="model", direction="up"), before, after)) == {"1"}
    assert found(rule(grade="final"), before, after) == {}


def test_an_account_that_was_not_there_fires_as_new_and_as_nothing_else():
    few = accounts().iloc[:2]
    before = Known(THEN, few, signals=signals(), technologies=owned("technology"))
    now = Known(NOW, accounts(), signals=signals(("3", "a", THEN, 90)), technologies=owned("technology", ("3", "X")))
    assert found(rule(new_account=True), before, now) == {"3": "a new account"}
    assert found(rule(intent="a", reaches=70), before, now) == {}
    assert found(rule(technology="any"), before, now) == {}


def test_conditions_narrow_a_trigger_to_some_accounts():
    facts = accounts(region=["EMEA", "APAC", None], size=[10.0, 20.0, 30.0])
    before, now = Known(THEN, accounts(industry=["a"] * 3)), Known(NOW, accounts(industry=["b"] * 3))
    assert set(found(rule(column="industry", when={"region": ["EMEA", "APAC"]}), before, now, facts)) == {"1", "2"}
    assert set(found(rule(column="industry", when={"region": "APAC", "size": {"min": 20}}), before, now, facts)) == {"2"}


def test_what_a_run_did_not_keep_leaves_its_trigger_silent_and_says_so():
    before, now = (
        Known(THEN, accounts()),
        Known(NOW, accounts(industry=["b"] * 3), signals=signals(), grades=accounts(model=["A"] * 3)),
    )
    rules = [
        rule(name="a", intent="any", reaches=1),
        rule(name="b", column="industry"),
        rule(name="c", technology="X"),
        rule(name="d", new_account=True),
    ]
    result = fired(rules, before, now, now.accounts, AGEING)
    assert result.rows.empty
    assert result.silent == {"a": "signals", "b": "the column industry of accounts", "c": "technologies"}


def standing(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(STANDING), dtype="str")


OLD = standing(
    ("1", "x", "old x", "r1"),
    ("2", "x", "old x", "r1"),
    ("3", "y", "old y", "r1"),
    ("9", "x", "gone", "r1"),
    ("1", "z", "no rule", "r1"),
)
IDS = pd.Index(["1", "2", "3"])
AT = {"r1": NOON - 5 * HOUR, "r2": NOON}


def test_what_fired_stands_until_somebody_has_handled_it():
    new = standing(("1", "y", "new y", "r2"), ("2", "x", "new x", "r2"))
    rows = still_standing(OLD, new, ["x", "y"], IDS, {}, AT)
    assert list(rows.itertuples(index=False, name=None)) == [
        ("1", "x", "old x", "r1"),
        ("1", "y", "new y", "r2"),
        ("2", "x", "new x", "r2"),
        ("3", "y", "old y", "r1"),
    ]
    handled = {"1": NOON - HOUR, "3": NOON - 6 * HOUR}
    kept = still_standing(OLD, new, ["x", "y"], IDS, handled, AT)
    assert kept["account_id"].tolist() == ["1", "2", "3"]
    assert kept["said"].tolist() == ["new y", "new x", "old y"]


def test_a_snooze_hides_what_fired_before_it_and_nothing_that_fires_later():
    rows = standing(("1", "x", "said x", "r1"), ("1", "y", "said y", "r2"), ("2", "x", "said x", "r1"))
    told = shown(rows, {"1": NOON - HOUR, "2": NOON - HOUR}, AT)
    assert told.to_dict("index") == {"1": {"trigger": "y", "said": "said y"}}
    everything = shown(rows, {}, AT)
    assert everything.to_dict("index") == {
        "1": {"trigger": "x", "said": "said x; said y"},
        "2": {"trigger": "x", "said": "said x"},
    }
    assert shown(rows.iloc[:0], {}, {}).empty
