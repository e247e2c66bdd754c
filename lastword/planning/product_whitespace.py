"""Whitespace by product: what comparable customers own and an account doesn't."""

import pandas as pd

ENOUGH_CUSTOMERS = 10
"""An industry with fewer customers says too little: all customers are comparable then."""

COLUMNS = ("account_id", "product", "owned", "comparable", "penetration", "typical_value", "worth")


def product_rows(customers: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Grain: customer × product that any customer owns. COLUMNS.

    Parameters
    ----------
    customers
        account_id, industry: the customers alone.
    products
        account_id, product, annual_value (a year, in the project's currency, null where not given); rows of accounts that are
        no customers say nothing and are left out.

    Returns
    -------
    pandas.DataFrame
        owned; comparable, the number of customers compared with (those of the industry, with fewer than 10 all);
        penetration, the share of them that owns the product; typical_value, the median annual_value of those that do (of all
        customers where none of them has one; null where nobody has); worth = penetration × typical_value, 0 where that is null.
    """
    known = customers.assign(industry=customers["industry"].fillna("")).astype("str")
    given = products.astype({"account_id": "str", "product": "str", "annual_value": "float64"})
    owned = given.merge(known, on="account_id").drop_duplicates(["account_id", "product"])
    size = known["industry"].value_counts()
    enough = set(size.index[size >= ENOUGH_CUSTOMERS]) - {""}
    group = known["industry"].where(known["industry"].isin(enough), "").astype("str")
    catalogue = pd.concat(
        [_of_group(owned[owned["industry"] == name], int(size[name]), name) for name in sorted(enough)]
        + [_of_group(owned, len(known), "")]
    )
    everywhere = catalogue[catalogue["group"] == ""].set_index("product")["typical_value"]
    names = pd.DataFrame({"product": sorted(everywhere.index)}, dtype="str")
    rows = (
        known[["account_id"]].assign(group=group).merge(names, how="cross").merge(catalogue, on=["group", "product"], how="left")
    )
    sizes = {"": len(known), **{name: int(size[name]) for name in enough}}
    rows["comparable"] = rows["group"].map(sizes).astype("int64")
    rows["penetration"] = rows["penetration"].fillna(0.0)
    rows["typical_value"] = rows["typical_value"].fillna(rows["product"].map(everywhere)).astype("float64")
    rows["worth"] = (rows["penetration"] * rows["typical_value"]).fillna(0.0)
    have = pd.MultiIndex.from_frame(owned[["account_id", "product"]])
    rows["owned"] = pd.MultiIndex.from_frame(rows[["account_id", "product"]]).isin(have)
    return rows[list(COLUMNS)]


def _of_group(owned: pd.DataFrame, customers: int, name: str) -> pd.DataFrame:
    by_product = owned.groupby("product")
    table = pd.DataFrame(
        {"penetration": by_product.size() / max(1, customers), "typical_value": by_product["annual_value"].median()}
    )
    return table.reset_index().assign(group=name).astype({"group": "str", "product": "str"})
