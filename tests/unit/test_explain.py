import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.explain import (
    attribute_family,
    sentences,
    split_gap,
    top_reasons,
    why,
    why_each,
)
from models.grades import Reference
from tests.reason_frames import model_reasons, plan_reasons

IDS = pd.Index(["007", "ä 1", "x"], name="account_id")
FEATURES = {
    "log_revenue": "firmographic",
    "industry": "firmographic",
    "intent:storage": "intent",
    "technology:X": "technographic",
}
REFERENCE = Reference.from_population(expit(np.linspace(-6, 2, 401)))
BASE = -2.0


def values() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "log_revenue": [14.123456, np.nan, 9.0],
            "industry": ["Software", None, "Retail"],
            "intent:storage": [1234567.0, 0.0, 0.00001234],
            "technology:X": [1.0, 0.0, np.nan],
        },
        index=IDS,
    )


def model_long(**further) -> pd.DataFrame:
    contributions = pd.DataFrame(
        [[0.5, -0.2, 1.1, 0.3], [-0.4, 0.001, -0.9, 0.002], [0.1, -0.1, 0.02, 0.0]], index=IDS, columns=list(FEATURES)
    )
    eta = BASE + contributions.sum(axis=1).to_numpy()
    points = pd.Series(REFERENCE.points(expit(eta)), index=IDS)
    return model_reasons(
        contributions, BASE, eta, points, REFERENCE, FEATURES, values(), kinds={"technology:X": "flag"}, **further
    )


def plan_long(percentile=None) -> pd.DataFrame:
    shares = pd.DataFrame({"annual_revenue": [20.0, 0.0, 5.0], "industry": [14.0, 0.0, np.nan]}, index=IDS)
    given = pd.DataFrame({"annual_revenue": [2e6, np.nan, 8100.0], "industry": ["Software", None, "Retail"]}, index=IDS)
    means = pd.Series({"annual_revenue": 10.0, "industry": 6.0})
    return plan_reasons(shares, shares.sum(axis=1), means, given, plan_percentile=percentile)


def total(long: pd.DataFrame) -> list[float]:
    return long.groupby("account_id")["contribution"].sum().reindex(IDS).tolist()


def model_points() -> list[float]:
    return REFERENCE.points(expit(BASE + np.array([1.7, -1.297, 0.02]))).tolist()


def test_the_models_rows_add_up_to_its_points():
    assert total(model_long()) == pytest.approx(model_points())


def test_contributions_keep_their_proportions_on_the_points_scale():
    rows = model_long()
    first = rows[rows["account_id"] == "007"].set_index("attribute")["contribution"]
    assert first["intent:storage"] / first["log_revenue"] == pytest.approx(1.1 / 0.5)
    assert first["(base)"] == pytest.approx(REFERENCE.points(expit(BASE)))


def test_near_the_base_the_local_slope_stands_in():
    rows = model_long()
    near = rows[rows["account_id"] == "x"].set_index("attribute")["contribution"]
    slope = (REFERENCE.points(expit(BASE + 0.25)) - REFERENCE.points(expit(BASE - 0.25))) / 0.5
    assert near["log_revenue"] == pytest.approx(0.1 * slope)
    assert near["(base)"] == pytest.approx(REFERENCE.points(expit(BASE)), abs=0.5)


def test_small_contributions_are_pooled_by_family():
    rows = model_long()
    second = rows[rows["account_id"] == "ä 1"]
    assert second["attribute"].tolist() == ["log_revenue", "intent:storage", "(other)", "(other)", "(base)"]
    assert second.loc[second["attribute"] == "(other)", "family"].tolist() == ["firmographic", "technographic"]


def test_values_read_as_people_write_them():
    rows = model_long()
    value = rows[~rows["attribute"].str.startswith("(")].set_index(["account_id", "attribute"])["value"]
    assert value["007"].to_dict() == {
        "log_revenue": "14.12",
        "industry": "Software",
        "intent:storage": "1235000",
        "technology:X": "yes",
    }
    assert pd.isna(value["ä 1", "log_revenue"])
    assert value["x", "log_revenue"] == "9"


def test_an_account_without_points_has_no_reasons():
    contributions = pd.DataFrame([[1.0], [1.0], [1.0]], index=IDS, columns=["log_revenue"])
    points = pd.Series([np.nan, 70.0, np.nan], index=IDS)
    rows = model_reasons(contributions, BASE, np.full(3, BASE + 1), points, REFERENCE, FEATURES, values())
    assert set(rows["account_id"]) == {"ä 1"}


def test_base_points_may_be_given_where_the_reference_holds_other_scores():
    first = model_long(base_points=40.0).query("account_id == '007'").set_index("attribute")["contribution"]
    assert first["(base)"] == pytest.approx(40.0)
    assert total(model_long(base_points=40.0)) == pytest.approx(model_points())


def test_the_plans_rows_add_up_to_its_points_and_with_a_scale_row_to_its_percentile():
    assert total(plan_long()) == pytest.approx([34.0, 0.0, 5.0])
    scaled = plan_long(pd.Series([80.0, 2.0, 11.0], index=IDS))
    assert total(scaled) == pytest.approx([80.0, 2.0, 11.0])
    assert scaled.loc[scaled["attribute"] == "(scale)", "contribution"].tolist() == pytest.approx([46.0, 2.0, 6.0])
    base = scaled.loc[scaled["attribute"] == "(base)", "contribution"]
    assert base.tolist() == pytest.approx([16.0, 16.0, 16.0])


def test_the_gap_is_split_without_a_rest():
    split = split_gap(model_long(), plan_long(), {"log_revenue": "annual_revenue"})
    parts = split.set_index(["account_id", "family"])
    assert list(parts.columns) == ["plan_ignores", "weighted_differently", "missing_data"]
    gap = parts.sum(axis=1).groupby("account_id").sum().reindex(IDS)
    assert gap.tolist() == pytest.approx((np.array(model_points()) - [34.0, 0.0, 5.0]).tolist())
    assert parts.loc[("007", "intent"), "weighted_differently"] == 0 < parts.loc[("007", "intent"), "plan_ignores"]
    assert parts.loc[("007", "firmographic"), "plan_ignores"] == 0  # log_revenue is the plan's annual_revenue
    assert parts.loc[("ä 1", "firmographic"), "missing_data"] != 0 == parts.loc[("007", "firmographic"), "missing_data"]


def test_an_account_with_one_opinion_has_no_gap():
    assert split_gap(model_long(), plan_long().query("account_id != 'x'"))["account_id"].unique().tolist() == ["007", "ä 1"]


def test_top_reasons_take_one_of_each_family_strongest_first():
    rows = model_long()
    top = top_reasons(rows[rows["account_id"] == "007"])
    assert top["attribute"].tolist() == ["intent:storage", "log_revenue", "technology:X", "industry"]
    assert top["direction"].tolist() == ["for", "for", "for", "against"]
    assert top_reasons(rows[rows["account_id"] == "007"], n=1)["attribute"].tolist() == ["intent:storage", "industry"]


def test_sentences_are_made_from_the_data():
    both = pd.concat([model_long(), plan_long()], ignore_index=True)
    said = sentences(
        both[both["account_id"] == "ä 1"],
        0.0,
        model_points()[1],
        shares={"annual_revenue": 0.0, "industry": 0.0},
        most={"annual_revenue": 25.0, "industry": 20.0},
    )
    assert said[0] == "The plan gives 0: annual_revenue unknown (0 of 25), industry unknown (0 of 20)."
    assert said[1].startswith("The model gives 34: intent:storage 0 -") and "log_revenue unknown -" in said[1]


def test_without_a_model_there_is_one_sentence():
    assert sentences(plan_long().query("account_id == '007'"), 34.0, np.nan) == [
        "The plan gives 34: annual_revenue 2000000 +10, industry Software +8."
    ]


def test_why_they_part_names_what_pushes_towards_the_gap():
    both = pd.concat([model_long(), plan_long()], ignore_index=True)
    text = why(both[both["account_id"] == "ä 1"])  # the model is far above a plan that gives nothing
    assert text == "plan: annual_revenue unknown -10, industry unknown -6"
    assert why_each(both)["ä 1"] == text
    assert why(plan_long()) == ""


def test_no_accounts_no_rows():
    none = pd.DataFrame(columns=list(FEATURES), dtype=float, index=IDS[:0])
    empty = pd.Series([], dtype=float, index=IDS[:0])
    rows = model_reasons(none, BASE, [], empty, REFERENCE, FEATURES, values().iloc[:0])
    plan = plan_reasons(none, empty, pd.Series(dtype=float), values().iloc[:0])
    assert rows.empty and plan.empty and list(rows.columns) == list(model_long().columns)
    assert split_gap(rows, plan).empty and why_each(rows).empty and top_reasons(rows).empty


def test_the_family_of_a_plans_attribute_follows_from_its_name():
    assert [attribute_family(name) for name in ("technology:X", "intent", "intent:storage", "intensity")] == [
        "technographic",
        "intent",
        "intent",
        "firmographic",
    ]
