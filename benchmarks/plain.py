"""The demo's work as one plain script, to measure Lastword against: what a careful analyst would write without it.

    python benchmarks/plain.py path/to/demo output.parquet

The same features (DuckDB SQL) at the same landmarks, the same folds and number of fits (scikit-learn, LightGBM), the
plan's points, percentiles, grades and the gap, one Parquet file. No gate, no store, no reasons, no registry, no orchestration.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path

import duckdb
import lightgbm
import numpy as np
import pandas as pd
from scipy.special import betainc, expit, logit
from scipy.stats import rankdata
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

HORIZON, WINDOW, HALF_LIFE, GAP = 180, 180, 30, 7
MOST_ROWS, STEPS = 130_000, (30, 60, 90, 180)
WHOLE_UP_TO, NON_WINS_PER_WIN = 50_000, 10
CATEGORIES = ["industry", "sub_industry", "region", "sub_region", "country", "ownership"]
REGULARIZATIONS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SHALLOW = {
    "objective": "binary", "num_leaves": 8, "max_depth": 3, "learning_rate": 0.03, "min_child_samples": 100,
    "colsample_bynode": 0.5, "subsample": 0.75, "subsample_freq": 1, "max_bin": 63, "reg_lambda": 5,
    "force_row_wise": True, "verbose": -1,
    "deterministic": True, "seed": 7,
}  # fmt: skip
GRADE_CUTS = {"A": 85, "B": 65, "C": 35, "D": 15}


def load(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    text = "all_varchar=true, ignore_errors=true"
    for name in ("accounts", "won", "house_list", "technographics"):
        connection.execute(f"CREATE TABLE raw_{name} AS FROM read_csv('{folder}/data/{name}.csv', {text})")
    connection.execute("CREATE TABLE accounts AS SELECT DISTINCT ON (account_id) * REPLACE ("
        "CASE WHEN TRY_CAST(employee_count AS DOUBLE) >= 0 THEN employee_count::DOUBLE END AS employee_count, "
        "CASE WHEN TRY_CAST(annual_revenue AS DOUBLE) >= 0 THEN annual_revenue::DOUBLE END AS annual_revenue, "
        "TRY_CAST(founded_year AS DOUBLE) AS founded_year) FROM raw_accounts WHERE trim(account_id) <> ''")  # fmt: skip
    connection.execute("CREATE TABLE won AS SELECT account_id, min(TRY_CAST(won_on AS DATE)) AS first_win FROM raw_won "
        "SEMI JOIN accounts USING (account_id) GROUP BY 1 HAVING first_win IS NOT NULL")  # fmt: skip
    connection.execute("CREATE TABLE house_list AS SELECT DISTINCT account_id, TRY_CAST(listed_on AS DATE) AS listed_on "
        "FROM raw_house_list SEMI JOIN accounts USING (account_id)")  # fmt: skip
    connection.execute("CREATE TABLE technographics AS SELECT DISTINCT ON (account_id, technology) account_id, technology, "
        "category, TRY_CAST(first_seen AS DATE) AS first_seen, TRY_CAST(last_seen AS DATE) AS last_seen "
        "FROM raw_technographics SEMI JOIN accounts USING (account_id)")  # fmt: skip
    connection.execute(f"CREATE TABLE intents AS SELECT account_id, topic, TRY_CAST(observed_on AS DATE) AS observed_on, "
        f"coalesce(TRY_CAST(strength AS DOUBLE), 100) AS strength FROM read_parquet('{folder}/data/intents.parquet') "
        "SEMI JOIN accounts USING (account_id)")  # fmt: skip
    return connection


def common(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
    query = f"SELECT {column} FROM {table} WHERE {column} <> '' GROUP BY 1 HAVING count(DISTINCT account_id) >= 20 ORDER BY 1"
    return [row[0] for row in connection.execute(query).fetchall()]


def feature_sql(connection: duckdb.DuckDBPyConnection, t: date) -> str:
    technologies, categories = (
        common(connection, "technographics", "technology"),
        common(connection, "technographics", "category"),
    )
    topics = common(connection, "intents", "topic")
    uses = "".join(
        f""", coalesce(max((in_use AND technology = '{name}')::INT), 0) AS "technology:{name}" """ for name in technologies
    )
    counts = "".join(f""", count(*) FILTER (in_use AND category = '{name}') AS "category:{name}" """ for name in categories)
    sums = "".join(f""", coalesce(sum(decayed) FILTER (topic = '{name}'), 0) AS "intent:{name}" """ for name in topics)
    day = f"DATE '{t}'"
    return f"""
    WITH known AS (
      SELECT *, {day} - first_seen AS adopted, last_seen IS NULL OR last_seen >= {day} - 180 AS in_use,
        {day} - last_seen - 180 AS gone
      FROM technographics WHERE first_seen IS NULL OR first_seen < {day}),
    technographic AS (
      SELECT account_id, sum(in_use::INT) AS technologies, min(adopted) AS days_since_adoption,
        count(*) FILTER (adopted <= 180) AS adoptions,
        count(*) FILTER (NOT in_use AND gone <= 180) AS removals {uses} {counts} FROM known GROUP BY 1),
    topic_sums AS (
      SELECT account_id, topic, sum(strength * 0.5 ** (({day} - observed_on) / {HALF_LIFE}.0)) AS decayed,
        count(*) FILTER ({day} - observed_on <= 7) AS n7, count(*) FILTER ({day} - observed_on <= 30) AS n30,
        count(*) FILTER ({day} - observed_on <= 90) AS n90, min({day} - observed_on) AS days_ago,
        count(*) FILTER ({day} - observed_on <= 21) AS recent,
        count(*) FILTER ({day} - observed_on > 21 AND {day} - observed_on <= 105) AS before
      FROM intents WHERE observed_on < {day} AND observed_on >= {day} - {WINDOW} GROUP BY 1, 2),
    intent AS (
      SELECT account_id, sum(decayed) AS intent, sum(n7) AS signals_7, sum(n30) AS signals_30, sum(n90) AS signals_90,
        count(*) AS topics, min(days_ago) AS days_since_signal, ln((sum(n30) + 1) / ((sum(n90) - sum(n30)) / 2.0 + 1)) AS trend,
        max(surge) AS surge, count(*) FILTER (surge >= 90) AS surging {sums}
      FROM topic_sums LEFT JOIN surges USING (recent, before) GROUP BY 1)
    SELECT account_id, ln(1 + employee_count) AS log_employees, ln(1 + annual_revenue) AS log_revenue,
      ln(1 + annual_revenue / nullif(employee_count, 0)) AS revenue_per_employee, year({day}) - founded_year AS age,
      (parent_account_id IS NOT NULL)::INT AS has_parent,
      CASE WHEN parent_account_id IS NULL THEN 0 ELSE count(*) OVER (PARTITION BY parent_account_id) - 1 END AS siblings,
      {", ".join(CATEGORIES)}, TRY_CAST(web_visits_rank AS DOUBLE) AS web_visits_rank,
      technographic.* EXCLUDE (account_id), intent.* EXCLUDE (account_id),
      coalesce(parent_account_id, domain, account_id) AS family
    FROM accounts LEFT JOIN technographic USING (account_id) LEFT JOIN intent USING (account_id)"""


def surge_table() -> pd.DataFrame:
    recent, before = (axis.ravel() for axis in np.meshgrid(np.arange(61), np.arange(241), indexing="ij"))
    surge = np.where(recent + before >= 3, 100 * betainc(1 + before, 1 + recent, 16 / 23), np.nan)
    return pd.DataFrame({"recent": recent, "before": before, "surge": surge})


def landmarks(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[date]:
    first, accounts = connection.execute("SELECT min(observed_on), (SELECT count(*) FROM accounts) FROM intents").fetchone()
    newest = as_of - timedelta(days=HORIZON)
    span = (newest - max(first + timedelta(days=WINDOW), as_of - timedelta(days=1095))).days
    step = next((days for days in STEPS if (span // days + 1) * accounts <= MOST_ROWS), STEPS[-1])
    return [newest - timedelta(days=days) for days in range(0, span + 1, step)]


def query(connection: duckdb.DuckDBPyConnection, sql: str, categories: dict[str, list[str]]) -> pd.DataFrame:
    frame = connection.execute(sql).df()
    return frame.assign(**{name: pd.Categorical(frame[name], levels) for name, levels in categories.items()})


def training_rows(connection: duckdb.DuckDBPyConnection, as_of: date, categories: dict[str, list[str]]) -> pd.DataFrame:
    pieces = []
    for t in landmarks(connection, as_of):
        population = f"""SELECT account_id, coalesce(first_win < DATE '{t}' + {HORIZON}, false)::INT AS won
          FROM accounts LEFT JOIN won USING (account_id) LEFT JOIN house_list USING (account_id)
          WHERE (listed_on < DATE '{t}' OR (first_win IS NOT NULL AND listed_on IS NULL))
            AND (first_win IS NULL OR first_win >= DATE '{t}')"""
        sql = f"SELECT * FROM ({population}) JOIN ({feature_sql(connection, t)}) USING (account_id)"
        pieces.append(query(connection, sql, categories).assign(landmark=pd.Timestamp(t)))
    return pd.concat(pieces, ignore_index=True)


def sample(won: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rows up to 50,000; beyond, every win and 20 others for each, weighted."""
    lost = np.flatnonzero(won == 0)
    kept = max(NON_WINS_PER_WIN * (len(won) - len(lost)), WHOLE_UP_TO - (len(won) - len(lost)))
    if kept >= len(lost):
        return np.arange(len(won)), np.ones(len(won))
    drawn = np.random.default_rng(7).choice(lost, size=kept, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(won == 1), drawn]))
    return rows, np.where(won[rows] == 1, 1.0, len(lost) / kept)


def design(frame: pd.DataFrame) -> ColumnTransformer:
    numbers = [name for name in frame.columns if name not in CATEGORIES]
    curves = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), SplineTransformer(n_knots=5, degree=1, knots="quantile")
    )
    one_hot = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist", sparse_output=False)
    return make_pipeline(ColumnTransformer([("n", curves, numbers), ("c", one_hot, CATEGORIES)]), StandardScaler())


def codes(frame: pd.DataFrame) -> np.ndarray:
    columns = [frame[name].cat.codes if name in CATEGORIES else pd.to_numeric(frame[name]) for name in frame.columns]
    return np.column_stack([column.to_numpy(float) for column in columns]).astype(np.float32)


class Fits:
    """Both models on some rows of one frame."""

    def __init__(self, frame: pd.DataFrame, won: np.ndarray) -> None:
        self.won = won
        self.rows, self.weight = sample(won)
        self.transform = design(frame).fit(frame.iloc[self.rows])
        self.frame, self.codes = frame, codes(frame)
        self.matrix = self.transform.transform(frame.iloc[self.rows])
        dataset = lightgbm.Dataset(self.codes[self.rows], won[self.rows], weight=self.weight, params=SHALLOW, free_raw_data=False)
        self.dataset = dataset.construct()

    def logistic(self, chosen: np.ndarray, regularization: float) -> LogisticRegression:
        model = LogisticRegression(C=regularization, max_iter=1000, tol=1e-5)
        return model.fit(self.matrix[chosen], self.won[self.rows][chosen], sample_weight=self.weight[chosen])

    def choose_regularization(self, fold: np.ndarray) -> float:
        losses = []
        for regularization in REGULARIZATIONS:
            loss = 0.0
            for held in range(3):
                model = self.logistic(fold != held, regularization)
                p = model.predict_proba(self.matrix[fold == held])[:, 1]
                loss += log_loss(self.won[self.rows][fold == held], p, sample_weight=self.weight[fold == held])
            losses.append(loss)
            if loss > min(losses):
                break
        return REGULARIZATIONS[int(np.argmin(losses))]

    def out_of_fold(
        self, fold_of_all: np.ndarray, regularization: float, rounds: int | None
    ) -> tuple[np.ndarray, np.ndarray, int]:
        fold, linear, boosted, best = fold_of_all[self.rows], np.empty(len(self.won)), np.empty(len(self.won)), []
        boosters = []
        for held in range(3):
            model = self.logistic(fold != held, regularization)
            linear[fold_of_all == held] = model.decision_function(self.transform.transform(self.frame[fold_of_all == held]))
            boosters.append(self.boost(np.flatnonzero(fold != held), rounds, np.flatnonzero(fold == held)))
            best.append(boosters[-1].best_iteration)
        rounds = rounds or max(1, round(float(np.mean(best))))
        for held, booster in enumerate(boosters):
            rows = fold_of_all == held
            boosted[rows] = booster.predict(self.codes[rows], raw_score=True, num_iteration=rounds)
        return linear, boosted, rounds

    def boost(self, chosen: np.ndarray, rounds: int | None, held: np.ndarray) -> lightgbm.Booster:
        train = self.dataset.subset(chosen.tolist())
        if rounds:
            return lightgbm.train(SHALLOW, train, num_boost_round=rounds)
        stop = lightgbm.early_stopping(100, verbose=False)
        return lightgbm.train(SHALLOW, train, 5000, valid_sets=[self.dataset.subset(held.tolist())], callbacks=[stop])

    def final(self, regularization: float, rounds: int) -> tuple[LogisticRegression, lightgbm.Booster]:
        everything = np.arange(len(self.rows))
        return self.logistic(everything, regularization), self.boost(everything, rounds, everything)


def grouped(won: np.ndarray, group: np.ndarray) -> np.ndarray:
    fold = np.empty(len(won), dtype=int)
    splitter = StratifiedGroupKFold(3, shuffle=True, random_state=7)
    for number, (_, held) in enumerate(splitter.split(won, won, group)):
        fold[held] = number
    return fold


def plan_points(folder: Path, accounts: pd.DataFrame) -> pd.Series:
    """The plan's attributes that are columns of accounts or features; rules are left out."""
    plan = tomllib.loads((folder / "plan.toml").read_text())
    total, points = 0.0, pd.Series(0.0, index=accounts.index)
    for attribute in plan["attributes"]:
        values = accounts.get(attribute["name"])
        if values is None:
            continue
        if attribute["kind"] == "quantitative":
            given = pd.Series(0.0, index=accounts.index)
            for band in attribute["bands"]:
                inside = (values >= band.get("min", -np.inf)) & (values < band.get("max", np.inf))
                given[inside] = band["points"]
            most = max(band["points"] for band in attribute["bands"])
        else:
            spelled = values.map({1: "yes", 0: "no"}) if attribute["name"].startswith("technology:") else values
            given = spelled.map(attribute["points"]).fillna(attribute.get("default", 0)).astype(float)
            most = max([*attribute["points"].values(), attribute.get("default", 0)])
        total += attribute["weight"]
        points += attribute["weight"] * given / most
    return 100 * points / total


def percentile(values: np.ndarray) -> np.ndarray:
    return 100 * (rankdata(values) - 0.5) / len(values)


def main(folder: Path, output: Path) -> None:
    settings = tomllib.loads((folder / "lastword.toml").read_text())
    as_of = settings["as_of"]
    connection = load(folder)
    connection.register("surges", surge_table())
    categories = {name: common(connection, "accounts", name) for name in CATEGORIES}
    rows = training_rows(connection, as_of, categories)
    names = [name for name in rows.columns if name not in ("account_id", "won", "landmark", "family")]
    newest = rows["landmark"].max()
    first_test = rows.loc[rows["landmark"] >= newest - pd.Timedelta(days=90), "landmark"].min()
    train = (rows["landmark"] + pd.Timedelta(days=HORIZON + GAP) <= first_test).to_numpy()
    test = (rows["landmark"] >= first_test).to_numpy()

    older, won = rows.loc[train, names].reset_index(drop=True), rows.loc[train, "won"].to_numpy()
    fits, fold = Fits(older, won), grouped(won, rows.loc[train, "family"].to_numpy())
    regularization = fits.choose_regularization(fold[fits.rows])
    linear, boosted, rounds = fits.out_of_fold(fold, regularization, None)
    stack = LogisticRegression(C=1e6).fit(np.column_stack([linear, boosted]), won)
    logistic, booster = fits.final(regularization, rounds)
    later = rows.loc[test, names]
    p_later = np.column_stack(
        [logistic.decision_function(fits.transform.transform(later)), booster.predict(codes(later), raw_score=True)]
    )
    temporal = roc_auc_score(rows.loc[test, "won"], stack.decision_function(p_later))
    by_account = fits.out_of_fold(grouped(won, rows.loc[train, "account_id"].to_numpy()), regularization, rounds)
    random = roc_auc_score(won, stack.decision_function(np.column_stack(by_account[:2])))

    everything = Fits(rows[names], rows["won"].to_numpy())
    logistic, booster = everything.final(regularization, rounds)
    today = query(connection, feature_sql(connection, as_of), categories)
    linear = logistic.decision_function(everything.transform.transform(today[names]))
    both = np.column_stack([linear, booster.predict(codes(today[names]), raw_score=True)])
    propensity = expit(stack.decision_function(both))
    wide = today.merge(
        connection.execute("SELECT account_id, name, employee_count, annual_revenue FROM accounts").df(), on="account_id"
    )
    plan, model = plan_points(folder, wide).to_numpy(), percentile(propensity)
    grade = np.select([model >= cut for cut in GRADE_CUTS.values()], list(GRADE_CUTS), default="F")
    final = wide[["account_id", "name"]].assign(
        plan_points=plan, propensity=propensity, model_points=model, final_grade=grade, disparity=model - percentile(plan)
    )
    final.sort_values("account_id").to_parquet(output, index=False)
    assert np.isfinite(logit(propensity)).all()
    print(f"{len(final):,} accounts, {len(rows):,} training rows, AUC on later time {temporal:.3f}, on random folds {random:.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
