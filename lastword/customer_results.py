"""Where customers stand, read from the folder of a run: the list, what they could own, and one of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword.customer_tables import CUSTOMER_PRODUCTS, CUSTOMERS
from lastword.errors import Refusal
from lastword.run_rows import rows_where

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

PLACE = ("account_id", "name", "region", "industry")


@dataclass(frozen=True)
class CustomerRecord:
    """A customer as the run had it: its row of customers.parquet, and its products, the owned ones first, then by worth."""

    row: dict[str, Any]
    products: tuple[dict[str, Any], ...]


def customer_list(folder: "Path") -> "pd.DataFrame":
    """The customers of a run with name, region and industry, the most whitespace first.

    Raises
    ------
    Refusal
        The run wrote no customers.parquet.
    """
    import pandas as pd

    rows = _read(folder, CUSTOMERS, [("account_status", "==", "customer")]).drop(columns="account_status")
    place = pd.read_parquet(folder / "accounts.parquet", columns=list(PLACE), filters=[("account_status", "==", "customer")])
    found = place.merge(rows, on="account_id")
    return found.sort_values(["whitespace", "account_id"], ascending=[False, True], ignore_index=True)


def product_list(folder: "Path") -> "pd.DataFrame":
    """What planning.product_whitespace.product_rows gave the run; empty where the project gives no products."""
    return _read(folder, CUSTOMER_PRODUCTS, None)


def customer_record(folder: "Path", account_id: str) -> CustomerRecord | None:
    """One customer; None where the account is none, or the run wrote no customers.parquet."""
    if not (folder / CUSTOMERS).is_file():
        return None
    rows = rows_where(folder / CUSTOMERS, "account_id", [account_id]).to_pylist()
    if not rows or rows[0]["account_status"] != "customer":
        return None
    path = folder / CUSTOMER_PRODUCTS
    products = rows_where(path, "account_id", [account_id]).to_pylist() if path.is_file() else []
    return CustomerRecord(rows[0], tuple(sorted(products, key=lambda each: (not each["owned"], -each["worth"], each["product"]))))


def _read(folder: "Path", name: str, filters: Any) -> "pd.DataFrame":
    import pandas as pd

    path = folder / name
    if not path.is_file():
        raise Refusal(f"run {folder.name} kept no {name}: `lastword score` makes a run that does")
    return pd.read_parquet(path, filters=filters)
