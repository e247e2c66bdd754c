import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import scorer
from models.propensity import Propensity, fit_propensity
from models.scorer import MissingColumnsError, Scorer
from tests.sample_rows import RECIPE, training_rows

LOGISTIC: dict[str, Any] = {
    "format": 1,
    "recipe": {"stack": [0.5, 2.0, 0.0], "platt": [0.5, 0.25]},
    "logistic_intercept": -1.0,
    "features": [
        {"name": "employees", "kind": "numeric", "knots": [0.0, 10.0], "values": [-0.5, 0.5], "missing": 0.125},
        {"name": "industry", "kind": "category", "levels": ["Retail"], "values": [1.0], "other": -0.25, "missing": 0.0},
    ],
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=600)


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> Propensity:
    return fit_propensity(rows, rows["won"], RECIPE)


def test_a_curve_and_a_table_by_hand() -> None:
    frame = pd.DataFrame({"industry": ["Retail", "Energy", None], "employees": [7.5, 99.0, np.nan], "more": [1, 2, 3]})
    contributions, base = Scorer(LOGISTIC, None).contributions(frame)
    assert base == 0.25 + 0.5 * (0.5 + 2.0 * -1.0)
    assert contributions.to_dict("list") == {"employees": [0.25, 0.5, 0.125], "industry": [1.0, -0.25, 0.0]}
    assert Scorer(LOGISTIC, None).logit(frame).tolist() == [base + 1.25, base + 0.25, base + 0.125]


def test_contributions_and_base_add_up_to_the_logit(rows: pd.DataFrame, fitted: Propensity) -> None:
    contributions, base = fitted.contributions(rows)
    assert list(contributions.columns) == list(fitted.recipe.names)
    np.testing.assert_allclose(contributions.sum(axis=1) + base, fitted.logit(rows), atol=1e-9)
    assert contributions.abs().max().min() > 0.01


def test_contributions_keep_the_index_of_the_frame(rows: pd.DataFrame, fitted: Propensity) -> None:
    some = rows.set_axis([f"account {number}" for number in range(len(rows))]).iloc[5:8]
    assert fitted.contributions(some)[0].index.tolist() == ["account 5", "account 6", "account 7"]


def test_the_boosted_part_takes_its_weight_in_the_stack(rows: pd.DataFrame, fitted: Propensity) -> None:
    alone = Scorer({**fitted.model, "recipe": {"stack": [0, 0, 1], "platt": [1, 0]}}, fitted.booster)
    np.testing.assert_allclose(alone.logit(rows), fitted.boosted_logit(rows))
    assert np.ptp(fitted.boosted_logit(rows)) > 0.5


def test_batches_change_nothing(rows: pd.DataFrame, fitted: Propensity, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = fitted.logit(rows), fitted.contributions(rows)[0]
    monkeypatch.setattr(scorer, "BATCH_ROWS", 7)
    assert (fitted.logit(rows) == whole).all()
    pd.testing.assert_frame_equal(fitted.contributions(rows)[0], parts)


def test_columns_are_found_by_name(rows: pd.DataFrame, fitted: Propensity) -> None:
    assert (fitted.logit(rows[rows.columns[::-1]]) == fitted.logit(rows)).all()


def test_a_missing_column_is_named(rows: pd.DataFrame, fitted: Propensity) -> None:
    with pytest.raises(MissingColumnsError, match=r"are missing: intent:security, industry$"):
        fitted.scorer.predict(rows.drop(columns=["industry", "intent:security"]))


def test_no_rows_give_no_scores(rows: pd.DataFrame, fitted: Propensity) -> None:
    nobody = rows.iloc[:0]
    contributions, base = fitted.contributions(nobody)
    assert (len(fitted.predict(nobody)), len(fitted.boosted_logit(nobody)), contributions.shape) == (0, 0, (0, 5))
    assert base == fitted.contributions(rows)[1]


def test_booleans_integers_and_nulls_of_any_kind_are_taken(rows: pd.DataFrame, fitted: Propensity) -> None:
    some = rows.head(4).assign(noise=[1.0, 0.0, np.nan, 2.0], industry=["Retail", None, "Retail", "new"])
    other = some.assign(
        noise=pd.array([1, 0, None, 2], dtype="Int64"),
        industry=pd.Series(some["industry"], dtype=object).where(some["industry"].notna(), None),
        **{"technology:Kubernetes": some["technology:Kubernetes"].astype(bool)},
    )
    assert (fitted.logit(other) == fitted.logit(some)).all()


def test_the_folder_gives_the_same_scorer(tmp_path: Path, rows: pd.DataFrame, fitted: Propensity) -> None:
    fitted.save(tmp_path)
    assert (Scorer.from_folder(tmp_path).predict(rows) == fitted.predict(rows)).all()
    assert json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))["features"][4]["name"] == "industry"


def test_prior_odds_multiply_the_odds_up_to_certainty(tmp_path: Path, rows: pd.DataFrame, fitted: Propensity) -> None:
    plain = fitted.predict(rows)
    fitted.with_prior_odds(0.5).save(tmp_path)
    corrected = Scorer.from_folder(tmp_path)
    np.testing.assert_allclose(corrected.predict(rows), 0.5 * plain / (1 - plain), rtol=1e-9)
    assert (corrected.logit(rows) == fitted.logit(rows)).all(), "log-odds, and with them ranks and reasons, stay"
    assert fitted.with_prior_odds(1e9).predict(rows).max() == 1.0
    assert json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))["prior_odds"] == 0.5
    assert fitted.prior_odds is None and fitted.model["prior_odds"] is None


def test_importing_the_scorer_does_not_import_mlflow() -> None:
    code = "import sys, models.scorer; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_the_scorer_needs_nothing_of_ours() -> None:
    tree = ast.parse(Path(scorer.__file__).read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in modules} <= sys.stdlib_module_names | {"numpy", "pandas", "lightgbm", "mlflow"}
