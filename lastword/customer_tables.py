"""What a run says of customers, written into its folder: where each stands, and what it could own."""

from typing import TYPE_CHECKING

from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables

CUSTOMERS, CUSTOMER_PRODUCTS = "customers.parquet", "customer_products.parquet"


def write_customers(run: Run, tables: "Tables", rows: "pd.DataFrame") -> None:
    """Write customers.parquet (grain: account) and customer_products.parquet (grain: customer × product).

    `rows` are the accounts with status, spend and potential; see planning.customers and planning.product_whitespace.
    """
    from lastword.planning.customers import customer_rows
    from lastword.planning.product_whitespace import product_rows

    settings = run.project.settings.customers
    products = product_rows(rows.loc[rows["account_status"] == "customer", ["account_id", "industry"]], _products(tables))
    products.to_parquet(run.folder / CUSTOMER_PRODUCTS, index=False, row_group_size=ROWS_PER_GROUP)
    named = {name for name in (settings.usage_change, settings.champion_left, settings.renewal_date) if name is not None}
    told = tables.accounts.order_by("account_id").select(*sorted(named - set(rows.columns)), "account_id").to_pandas()
    customers = customer_rows(
        rows.join(told.drop(columns="account_id").set_index(rows.index)), win_dates(tables), products, settings, run.as_of
    )
    customers.to_parquet(run.folder / CUSTOMERS, index=False, row_group_size=ROWS_PER_GROUP)


def win_dates(tables: "Tables") -> "pd.DataFrame":
    """By account_id: first_won_on and last_won_on, null where no win is dated."""
    won = tables.won.group_by("account_id").agg(first_won_on=tables.won.won_on.min(), last_won_on=tables.won.won_on.max())
    frame: pd.DataFrame = won.order_by("account_id").to_pandas().set_index("account_id")
    return frame


def _products(tables: "Tables") -> "pd.DataFrame":
    import pandas as pd

    if tables.products is None:
        return pd.DataFrame({"account_id": [], "product": [], "annual_value": []}).astype({"annual_value": "float64"})
    found = tables.products.select("account_id", "product", "annual_value").order_by(["account_id", "product"])
    return found.to_pandas().astype({"annual_value": "float64"})
