"""One tool, fitted on one file of rows and asked about another: python benchmarks/peer_fit.py NAME TRAIN TEST OUT SECONDS

It runs in the environment that has the tool; rows and answers go through Parquet files. Columns whose names begin with an
underscore are no features: _won, _account, _group (rows of equal group stay on one side of any split), _fold (0 to 4, made of
whole groups) and, where rows are dated, _landmark. Text is a category, null is unknown.

OUT gets a row per row of TEST: propensity, and the seconds that fit and answer took, imports and files apart.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

SEED = 7
HORIZON_DAYS = 180


class Feature(NamedTuple):
    """What Lastword's models know of a feature."""

    name: str
    kind: str


def lastword(train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> np.ndarray:
    """As `lastword train` chooses, corrects and fits: on later time where rows are dated, on whole groups where not."""
    from models.propensity import choose_recipe, fit_propensity

    features = [Feature(name, kind_of(train[name])) for name in features_of(train)]
    older, newer = in_time(train)
    if len(older):
        recipe = later_time_recipe(older, newer, features)
    else:
        recipe, _ = choose_recipe(train, train["_won"], train["_group"], features, SEED)
    return fit_propensity(train, train["_won"], recipe).predict(test)


def later_time_recipe(older: pd.DataFrame, newer: pd.DataFrame, features: list[Feature]) -> Any:
    """The recipe of the older landmarks, doubted and calibrated on the newest: `on_later_time` without its figures."""
    from models.training import TrainingPolicy, fit_in_time, platt_gate

    fitting, test = (rows.assign(won=rows["_won"], group=rows["_group"]) for rows in (older, newer))
    recipe, folded, later = fit_in_time(fitting, test, features, TrainingPolicy(HORIZON_DAYS, SEED, grades=None))
    gate = platt_gate(fitting, folded, test, later, SEED)
    return recipe.with_platt(gate.slope, gate.intercept)


def in_time(train: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of older landmarks and of the newest, as Lastword splits them; no older ones where there is no room for both."""
    if "_landmark" not in train:
        return train.iloc[:0], train
    from models.landmarks import temporal_split

    old, new = temporal_split(train["_landmark"], HORIZON_DAYS)
    return train[old], train[new]


def logistic(train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> np.ndarray:
    """scikit-learn's with its default C: medians and flags for nulls, standardised numbers, one-hot categories."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    names = features_of(train)
    categories = [name for name in names if kind_of(train[name]) == "category"]
    numbers = [name for name in names if name not in categories]
    blanks = dict.fromkeys(categories, "(unknown)")
    rows, asked = train.fillna(blanks), test.fillna(blanks)
    design = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), categories),
    )
    model = make_pipeline(design, LogisticRegression(max_iter=2000)).fit(rows[names], rows["_won"])
    return model.predict_proba(asked[names])[:, 1]


def lightgbm(train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> np.ndarray:
    """LGBMClassifier with no parameter set but the seed; categories and nulls as it takes them."""
    from lightgbm import LGBMClassifier

    rows, asked = coded(train, test)
    return LGBMClassifier(random_state=SEED, verbosity=-1).fit(rows, train["_won"]).predict_proba(asked)[:, 1]


def flaml(train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> np.ndarray:
    """FLAML's search on log loss within the time, on the five folds given: its own could leave a fold of groups without a win."""
    from flaml import AutoML

    rows, asked = coded(train, test)
    search = AutoML()
    search.fit(
        rows,
        train["_won"].to_numpy(),
        task="classification",
        metric="log_loss",
        time_budget=seconds,
        split_type="group",
        groups=train["_fold"].to_numpy(),
        seed=SEED,
        verbose=0,
    )
    if search.model is None:
        sys.exit(f"no model within {seconds:g} s")
    return search.predict_proba(asked)[:, 1]


def autogluon(train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> np.ndarray:
    """AutoGluon's default preset on log loss within the time; it tunes on one fifth of the groups, kept whole."""
    from autogluon.tabular import TabularPredictor

    names = features_of(train)
    rows = train[[*names, "_won"]]
    held = train["_fold"] == 0
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor("_won", problem_type="binary", eval_metric="log_loss", path=folder, verbosity=0)
        predictor.fit(rows[~held], tuning_data=rows[held], time_limit=seconds)
        return predictor.predict_proba(test[names])[1].to_numpy()


def coded(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features alone, text as categories with the levels of the training rows, named by number: LightGBM refuses colons."""
    rows, asked = train[features_of(train)].copy(), test[features_of(train)].copy()
    for name in rows:
        if kind_of(rows[name]) == "category":
            rows[name] = rows[name].astype("category")
            asked[name] = pd.Categorical(asked[name], categories=rows[name].cat.categories)
    numbered = [f"x{place}" for place in range(rows.shape[1])]
    return rows.set_axis(numbered, axis=1), asked.set_axis(numbered, axis=1)


def features_of(rows: pd.DataFrame) -> list[str]:
    """The columns that a model may use."""
    return [name for name in rows if not name.startswith("_")]


def kind_of(column: pd.Series) -> str:
    """category: text; flag: nothing but 0 and 1; else numeric."""
    if not pd.api.types.is_numeric_dtype(column):
        return "category"
    return "flag" if column.dropna().isin([0, 1]).all() else "numeric"


class Tool(NamedTuple):
    """How a tool is fitted, the module that it needs, and whether it is a peer: not installed with Lastword."""

    fit: Callable[[pd.DataFrame, pd.DataFrame, float], np.ndarray]
    module: str
    is_peer: bool


TOOLS = {
    "Lastword": Tool(lastword, "models.training", is_peer=False),
    "logistic regression": Tool(logistic, "sklearn.compose", is_peer=False),
    "LightGBM defaults": Tool(lightgbm, "lightgbm.sklearn", is_peer=False),
    "FLAML": Tool(flaml, "flaml", is_peer=True),
    "AutoGluon": Tool(autogluon, "autogluon.tabular", is_peer=True),
}


def main(name: str, train: str, test: str, out: str, seconds: str) -> None:
    tool = TOOLS[name]
    import_module(tool.module)
    rows, asked = pd.read_parquet(train), pd.read_parquet(test)
    began = time.perf_counter()
    propensity = tool.fit(rows, asked, float(seconds))
    took = time.perf_counter() - began
    pd.DataFrame({"propensity": np.asarray(propensity, dtype=float), "seconds": took}).to_parquet(Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
