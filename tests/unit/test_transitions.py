import pandas as pd

from models.transitions import transitions


def grades(**by_account) -> pd.Series:
    return pd.Series(by_account, dtype="str")


def test_the_matrix_counts_every_account_once_also_new_and_gone():
    found = transitions(grades(a="A", b="B", c="C", d=None, gone="F"), grades(a="A", b="A", c="F", d="D", new="B"))
    counts = found["counts"]
    assert counts["A"] == {"A": 1, "B": 0, "C": 0, "D": 0, "F": 0, "none": 0}
    assert (counts["B"]["A"], counts["C"]["F"], counts["F"]["none"]) == (1, 1, 1)
    assert counts["none"] == {"A": 0, "B": 1, "C": 0, "D": 1, "F": 0, "none": 0}
    assert sum(sum(row.values()) for row in counts.values()) == 6
    assert (found["accounts"], found["up"], found["down"], found["changed"]) == (3, 1, 1, 2 / 3)


def test_without_grades_before_or_now_nothing_changed():
    found = transitions(grades(a=None), grades(a="B"))
    assert (found["accounts"], found["up"], found["changed"]) == (0, 0, None)
    assert transitions(grades(), grades())["accounts"] == 0
