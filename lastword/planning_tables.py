"""Tiers, lists, customers and capacity as people read them in a terminal."""

from typing import TYPE_CHECKING

from lastword.summary import number_text, output_console, plain_table, text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from lastword.planning.capacity import Churn
    from lastword.planning.list_agreement import ListAgreement
    from lastword.planning_results import Staffing, Tiers

SHOWN = 15


def print_tiers(found: "Tiers") -> None:
    """The quadrants, then the territories; A/B/C in numbers."""
    columns = ("quadrant", "left"), ("accounts", "right"), ("customers", "right"), ("potential", "right"), ("expected", "right")
    table = plain_table("Fit and value", *columns)
    for row in found.quadrants.to_dict("records"):
        money = (f"{row[name]:,.0f}" for name in ("potential_spend", "expected_value"))
        table.add_row(row["quadrant"], f"{row['accounts']:,}", f"{row['customers']:,}", *money)
    console = output_console()
    console.print(table)
    if len(found.territories):
        console.print(_territories(found))


def _territories(found: "Tiers") -> "Table":
    columns = ("region", "left"), ("customers", "right"), ("A", "right"), ("B", "right"), ("C", "right"), ("top 20 %", "right")
    table = plain_table("Share of sales of the customers by class", *columns, ("territory", "left"), ("watched", "right"))
    watched = found.accounts[found.accounts["watched"].eq(True)].groupby("region", dropna=False).size()
    for row in found.territories.to_dict("records"):
        shares = (number_text(row[name], ".0%") for name in ("share_a", "share_b", "share_c", "share_top"))
        table.add_row(
            text(row["region"]) or "no region",
            f"{row['accounts']:,}",
            *shares,
            row["territory"],
            str(watched.get(row["region"], 0)),
        )
    return table


def print_agreement(found: "ListAgreement", first: str, second: str) -> None:
    """How many agree, and where they differ most."""
    console = output_console()
    if found.same is None:
        console.print(f"No account is graded in both {first} and {second}.")
        return
    target = "which reaches the target of 70 %" if found.reached else "under the target of 70 %"
    console.print(f"{first} and {second} give {found.same:.0%} of {found.accounts:,} accounts the same grade, {target}.")
    console.print(f"Cohen's kappa is {number_text(found.kappa, '.2f') or 'without meaning'} (1: all agree, 0: as by chance).")
    if found.only_first or found.only_second:
        console.print(f"Graded in one alone: {found.only_first:,} by {first}, {found.only_second:,} by {second}.")
    if len(found.differences):
        table = plain_table("", ("account", "left"), (first, "left"), (second, "left"), ("steps", "right"))
        for row in found.differences.head(SHOWN).to_dict("records"):
            table.add_row(row["account_id"], row["first"], row["second"], f"{row['steps']:+d}")
        console.print(table)
        if len(found.differences) > SHOWN:
            console.print(f"and {len(found.differences) - SHOWN:,} more: --export FILE writes them all")


def print_customers(rows: "pd.DataFrame", not_given: str) -> None:
    """Customers by stage and motion, then those with the most whitespace."""
    console = output_console()
    counts = rows.fillna({"motion": "not known"}).groupby(["motion", "stage"]).size().unstack("stage", fill_value=0)
    table = plain_table(f"Customers: {len(rows):,}", ("motion", "left"), *((str(stage), "right") for stage in counts.columns))
    for motion, row in counts.iterrows():
        table.add_row(str(motion), *(f"{count:,}" for count in row))
    console.print(table)
    columns = (
        ("account", "left"),
        ("name", "wrap"),
        ("motion", "left"),
        ("open", "right"),
        ("whitespace", "right"),
        ("next", "left"),
    )
    most = plain_table("The most whitespace", *columns, ("health", "wrap"))
    for row in rows.head(SHOWN).to_dict("records"):
        share = number_text(row["whitespace_share"], ".0%")
        share = f"{number_text(row['whitespace'], ',.0f')} ({share})" if share else ""
        opened = number_text(row["products_open"], ".0f")
        most.add_row(
            row["account_id"], text(row["name"]), text(row["motion"]), opened, share, text(row["next_product"]), row["health"]
        )
    console.print(most)
    if not_given:
        console.print(f"Health, columns {not_given}. Name them in [customers] of lastword.toml.")


def print_staffing(found: "Staffing", currency: str) -> None:
    """Sellers by region and role, and what changed."""
    columns = ("region", "left"), ("role", "left"), ("accounts", "right"), ("needed", "right"), ("there", "right")
    table = plain_table("Sellers", *columns, ("gap", "right"), ("what fits", "wrap"))
    for row in found.roles.to_dict("records"):
        there, gap = number_text(row["sellers"], "g"), number_text(row["gap"], "+g")
        table.add_row(
            row["region"], row["role"], f"{row['accounts']:,}", f"{row['sellers_needed']:,}", there, gap, _fits(row, currency)
        )
    console = output_console()
    console.print(table)
    if found.unassigned:
        console.print(
            f"{found.unassigned:,} accounts go to no role: let the last role of [capacity] take all tiers and segments."
        )
    console.print(_churn(found.churn))


def _fits(row: dict[str, object], currency: str) -> str:
    import pandas as pd

    if pd.isna(row["accounts_that_fit"]):
        return "not said: write sellers = { … } for this role"
    if row["accounts_that_fit"] == row["accounts"]:
        return "all"
    if pd.isna(row["tier_cut"]):
        return f"{row['accounts_that_fit']:,}"
    value = number_text(row["value_cut"], ",.0f")  # type: ignore[arg-type]
    return f"{row['accounts_that_fit']:,}: down to tier {row['tier_cut']}, {value or 'no'} {currency} expected"


def _churn(churn: "Churn | None") -> str:
    if churn is None or churn.share is None:
        return "Tiers: there is no publication before this one to compare with."
    budget = "within" if churn.within_budget else "over"
    changed = (
        f"{churn.changed:,} of {churn.accounts:,} accounts change tier ({churn.share:.1%}; {churn.up:,} up, {churn.down:,} down)"
    )
    return f"Tiers: {changed}, {budget} the budget of {churn.budget:.0%}."
