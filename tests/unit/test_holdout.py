"""Applied against held-out upgrades."""

from datetime import date

import pandas as pd
import pytest

from models.holdout import drawn_upgrades, holdout_effect

AS_OF = date(2026, 6, 1)


def decisions(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "made_at", "held_out", "upgrade"])
    return frame.assign(made_at=pd.to_datetime(frame["made_at"], utc=True, format="ISO8601"))


def drawn(rows, **first_win):
    wins = pd.Series(first_win, dtype="object").map(pd.Timestamp)
    return drawn_upgrades(decisions(*rows), wins, AS_OF, horizon_days=100).set_index("account_id")


START = ("start", "2026-01-01T08:00", True, True)


def test_upgrades_after_the_first_held_out_one_are_compared():
    found = drawn(
        [
            ("before", "2025-12-31T08:00", False, True),
            START,
            ("applied", "2026-01-02T08:00", False, True),
            ("held", "2026-01-02T08:00", True, True),
            ("down", "2026-01-02T08:00", False, False),
            ("young", "2026-02-21T08:00", False, True),
            ("customer", "2026-01-02T08:00", False, True),
            ("same day", "2026-01-02T08:00", False, True),
        ],
        applied="2026-01-03",
        customer="2025-01-01",
        **{"same day": "2026-01-02"},
    )
    assert found["held_out"].to_dict() == {"applied": False, "held": True}
    assert found["won"].to_dict() == {"applied": 1, "held": 0}


def test_a_win_counts_within_the_horizon_after_the_day_of_the_decision():
    found = drawn(
        [START, ("last day", "2026-01-02", False, True), ("too late", "2026-01-02", False, True)],
        **{"last day": "2026-04-12", "too late": "2026-04-13"},
    )
    assert found["won"].to_dict() == {"last day": 1, "too late": 0}


def test_an_account_is_compared_as_its_first_draw_fell():
    found = drawn([START, ("a", "2026-01-02", True, True), ("a", "2026-01-05", False, True)])
    assert found["held_out"].to_dict() == {"a": True}


def test_nothing_held_out_gives_nothing_to_compare():
    found = drawn([("a", "2026-01-02", False, True)])
    assert found.empty
    assert holdout_effect(found)["said"] == "applied: n = 0: too few, 30 needed"


def test_the_effect_is_the_difference_of_the_rates_with_newcombes_interval():
    """Newcombe (1998): 56/70 against 48/80 differs by 0.2, 0.0524 to 0.3339 (method 10)."""
    won = [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32
    effect = holdout_effect(pd.DataFrame({"held_out": [False] * 70 + [True] * 80, "won": won}))
    assert effect["applied"]["decisions"] == 70
    assert effect["difference"] == pytest.approx({"estimate": 0.2, "low": 0.0524, "high": 0.3339}, abs=1e-4)
    assert effect["said"] is None


def test_under_thirty_held_out_there_is_no_figure():
    effect = holdout_effect(pd.DataFrame({"held_out": [False] * 40 + [True] * 29, "won": [0] * 69}))
    assert effect["said"] == "held out: n = 29: too few, 30 needed"
    assert effect["difference"] is None
    assert effect["applied"] == {"decisions": 40, "rate": None}
