"""The sets that Lastword and its peers are compared on: the same rows, splits and features for everybody.

A frame has a row per account (and landmark, where dated), a column per feature and, beginning with an underscore, what
peer_fit.py describes: _won, _account, _group, _fold and, where rows are dated, _landmark.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from expectations.intake import open_inputs, take_in
from expectations.rules import Day
from features.build import IntentPolicy, Tables, build_features, choose_vocabulary, read_tables
from features.catalog import Feature, catalog
from features.engine import connect
from lastword.demo import generate
from lastword.project import Project, find_project
from models.folds import grouped_folds
from models.landmarks import account_status, at_risk, training_set
from models.training import informative
from tests.gsa_search import MAPPING

AS_OF = date(2026, 11, 23)
HORIZON_DAYS = 180
SEED = 1
SHARES = 3
"""Sets without time are split so often, each share of the groups once the test."""

CDNOW_TEST = pd.Timestamp("1998-01-01")
CDNOW_TRAINING = pd.to_datetime(["1997-04-06", "1997-05-06", "1997-06-05", "1997-07-05"])
"""Everybody had bought once by the first; the window after the last ends before the test's begins."""

GSA_SETTINGS = f"""
name = "Search.gov"

[inputs]
accounts = "accounts.csv"
won = "won.csv"
house_list = "house_list.csv"
technographics = "technographics.csv"

{MAPPING}
[features]
columns.CMS = {{ kind = "category", known = "always" }}
"""
GSA_NUMBERS = (
    "Sites",
    "Bureaus",
    "IPv6 share",
    "Robots share",
    "Sitemap share",
    "Sitemap pages",
    "Viewport share",
    "USWDS max",
    "Third-party mean",
    "Third-party max",
    "Login providers",
    "DAP share",
)
ANY_PLAN = """
version = "1"
segments = [{ name = "A", min_points = 50 }, { name = "F", min_points = 0 }]
attributes = [{ name = "region", kind = "qualitative", weight = 1, points = { Executive = 100 }, default = 0 }]
"""


class MissingError(Exception):
    """A tool or a set that isn't here; its text is the reason."""


@dataclass(frozen=True)
class PeerSet:
    """One set: its name, how it is split in a sentence, and its pairs of training and test rows."""

    name: str
    split: str
    splits: tuple[tuple[pd.DataFrame, pd.DataFrame], ...]

    def tested(self) -> pd.DataFrame:
        """The test rows of all splits, in order."""
        return pd.concat([test for _, test in self.splits], ignore_index=True)


@dataclass(frozen=True)
class Demo:
    """A generated population: landmarks against its future, and all accounts as of today for the naive design.

    `today` has _won 1 for a customer and 0 for a prospect, and _future: whether a prospect wins within the horizon, null for
    a customer.
    """

    landmarks: PeerSet
    today: pd.DataFrame


def demo(folder: Path, accounts: int) -> Demo:
    """Generated: trained on landmarks whose outcomes are known today, asked about today's prospects, judged by what they do."""
    project = find_project(generate(folder / "demo", accounts, SEED, AS_OF))
    tables, features = intake(project, folder / "work")
    training = training_set(tables, features, project.load_plan(), AS_OF, HORIZON_DAYS, IntentPolicy(), ["parent_account_id"])
    used = informative(training.rows, features)
    rows = labelled(training.rows, [feature.name for feature in used], "account_id").assign(_landmark=training.rows["landmark"])
    today = as_of_today(tables, used)
    future = pd.read_parquet(folder / "demo-truth" / "truth.parquet").set_index("account_id")["wins_within_horizon"]
    today["_future"] = today["_account"].map(future)
    prospects = today[today["_future"].notna() & (today["_won"] == 0)].drop(columns="_won")
    test = prospects.rename(columns={"_future": "_won"}).assign(_landmark=pd.Timestamp(AS_OF)).astype({"_won": int})
    split = f"trained on {rows['_landmark'].nunique()} landmarks, judged by the 180 days from today"
    return Demo(PeerSet(f"Demo population, {accounts:,} accounts", split, ((rows, test),)), today)


def gsa_search(folder: Path) -> PeerSet:
    """Undated: customers of a search service among federal domains, agencies kept whole."""
    data = real_data("gsa-search")
    numbers = "".join(f'columns."{name}" = {{ kind = "numeric", known = "always" }}\n' for name in GSA_NUMBERS)
    settings = GSA_SETTINGS + numbers + '\n[model]\ngroup_by = ["industry"]\n'
    folder.mkdir(parents=True)
    for path in data.glob("*.csv"):
        (folder / path.name).symlink_to(path.resolve())
    (folder / "lastword.toml").write_text(settings, encoding="utf-8")
    (folder / "plan.toml").write_text(ANY_PLAN, encoding="utf-8")
    project = find_project(folder)
    tables, features = intake(project, folder / "work")
    training = training_set(tables, features, project.load_plan(), AS_OF, HORIZON_DAYS, IntentPolicy(), ["industry"])
    names = [feature.name for feature in informative(training.rows, training.features)]
    rows = labelled(training.rows, names, "account_id")
    return PeerSet("gsa-search", f"{SHARES} splits, agencies kept whole", shares(rows))


def salvirt() -> PeerSet:
    """Real sales deals, 22 categories each: rows alike in all of them kept together."""
    deals = pd.read_csv(real_data("salvirt") / "deals.csv", dtype=str)
    names = [name for name in deals if name not in ("Deal", "Status")]
    deals["won"] = (deals["Status"] == "Won").astype(int)
    deals["group"] = deals.groupby(names, dropna=False).ngroup()
    return PeerSet("salvirt deals", f"{SHARES} splits, identical rows kept together", shares(labelled(deals, names, "Deal")))


def caravan(file: Path) -> PeerSet:
    """Public: who bought an insurance; customers alike in all columns kept together."""
    customers = pd.read_parquet(file)
    names = [name for name in customers if name != "Purchase"]
    customers["won"] = (customers["Purchase"] == "Yes").astype(int)
    customers["group"] = customers.groupby(names, dropna=False).ngroup()
    rows = labelled(customers.reset_index(names="row"), names, "row")
    return PeerSet("Caravan insurance", f"{SHARES} splits, identical rows kept together", shares(rows))


def cdnow(file: Path) -> PeerSet:
    """Public: who buys again within 180 days, learnt from 1997, judged by 1998."""
    purchases = pd.read_parquet(file)
    train = with_folds(pd.concat([cdnow_rows(purchases, cut) for cut in CDNOW_TRAINING], ignore_index=True))
    split = f"trained on {len(CDNOW_TRAINING)} landmarks of 1997, judged by the 180 days from 1998-01-01"
    return PeerSet("CDNOW purchases", split, ((train, cdnow_rows(purchases, CDNOW_TEST)),))


def cdnow_rows(purchases: pd.DataFrame, cut: pd.Timestamp) -> pd.DataFrame:
    """Every customer as known before the cut; won: buys within 180 days from it."""
    known = purchases[purchases["bought_on"] < cut].sort_values(["customer", "bought_on"], kind="stable")
    after = purchases[(purchases["bought_on"] >= cut) & (purchases["bought_on"] < cut + pd.Timedelta(days=HORIZON_DAYS))]
    known = known.assign(ago=(cut - known["bought_on"]).dt.days)
    by_customer = known.groupby("customer")
    rows = pd.DataFrame(
        {
            "orders": by_customer.size(),
            "days_since_order": by_customer["ago"].min(),
            "days_since_first": by_customer["ago"].max(),
            "discs": by_customer["discs"].sum(),
            "dollars": by_customer["dollars"].sum(),
            "dollars_per_order": by_customer["dollars"].mean(),
            "dollars_last": by_customer["dollars"].last(),
            "dollars_most": by_customer["dollars"].max(),
        }
    )
    for days in (30, 60, 90):
        rows[f"orders_{days}_days"] = known[known["ago"] <= days].groupby("customer").size().reindex(rows.index, fill_value=0)
    gap = (rows["days_since_first"] - rows["days_since_order"]) / (rows["orders"] - 1)
    rows["days_between_orders"] = gap.where(rows["orders"] > 1)
    numbers = rows.astype(float).reset_index()
    number = numbers["customer"].astype(int)
    won = numbers["customer"].isin(after["customer"]).astype(int)
    return numbers.drop(columns="customer").assign(_account=numbers["customer"], _group=number, _won=won, _landmark=cut)


def intake(project: Project, work: Path) -> tuple[Tables, tuple[Feature, ...]]:
    """The project's inputs as they passed the gate, and what may be learnt from them; `after_win` columns apart."""
    (work / "inputs").mkdir(parents=True)
    connection = connect(project, work)
    take_in(project, connection, open_inputs(project), work, Day(AS_OF, AS_OF))
    tables = read_tables(connection, work / "inputs")
    every = catalog(choose_vocabulary(tables, AS_OF), project.settings.features.columns)
    return tables, tuple(feature for feature in every if feature.known != "after_win")


def as_of_today(tables: Tables, features: Sequence[Feature]) -> pd.DataFrame:
    """Today's customers and prospects with today's features: what is trained on where nobody thinks of time."""
    built = build_features(tables, AS_OF, features).order_by("account_id").to_pandas()
    rows = built.merge(account_status(tables).to_pandas(), on="account_id")
    prospects = set(at_risk(tables, AS_OF, HORIZON_DAYS).select("account_id").to_pandas()["account_id"])
    rows = rows[rows["account_id"].isin(prospects) | (rows["account_status"] == "customer")].reset_index(drop=True)
    alone = rows.assign(won=rows["account_status"].eq("customer").astype(int), group=np.arange(len(rows)))
    return labelled(alone, [feature.name for feature in features], "account_id")


def labelled(rows: pd.DataFrame, names: Sequence[str], account: str) -> pd.DataFrame:
    """The features, and beside them _account, _won, _group and _fold from the columns `account`, won and group."""
    beside = {"_account": rows[account].astype(str), "_won": rows["won"].astype(int), "_group": rows["group"]}
    return with_folds(rows[list(names)].assign(**beside))


def with_folds(rows: pd.DataFrame) -> pd.DataFrame:
    """A column _fold, 0 to 4, made of whole groups."""
    return rows.assign(_fold=grouped_folds(rows["_won"].to_numpy(), rows["_group"].to_numpy(), SEED, 5))


def shares(rows: pd.DataFrame) -> tuple[tuple[pd.DataFrame, pd.DataFrame], ...]:
    """Each share of the groups once as the test, the others to train on."""
    share = grouped_folds(rows["_won"].to_numpy(), rows["_group"].to_numpy(), SEED, SHARES)
    return tuple((with_folds(rows[share != held]), rows[share == held]) for held in range(SHARES))


def real_data(name: str) -> Path:
    """The folder of a set that the product neither contains nor downloads."""
    folder = Path(os.environ.get("LASTWORD_REAL_DATA", "../shared/data")) / name
    if not folder.is_dir():
        raise MissingError(f"LASTWORD_REAL_DATA: no {folder}")
    return folder
