"""What a run writes beside its tables."""

import json

from lastword.reports import to_json


def test_what_could_not_be_measured_is_null():
    figures = {"auc": float("nan"), "grades": [{"rate": float("nan"), "accounts": 3}], "by": (0.5,)}
    assert json.loads(to_json(figures)) == {"auc": None, "grades": [{"rate": None, "accounts": 3}], "by": [0.5]}
