"""The pages of what planners take from the scores, as tabs of one place in the bar."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

TABS = (
    ("planning_spend", "Potential spend"),
    ("planning_customers", "Customers"),
    ("planning_tiers", "Tiers"),
    ("planning_pareto", "A, B, C by sales"),
    ("planning_agreement", "Agreement"),
    ("planning_capacity", "Capacity"),
    ("planning_handover", "Hand-over"),
)
"""Name of the route and its title."""


@dataclass(frozen=True)
class Tab:
    title: str
    href: str
    here: bool


def tabs(here: str) -> list[Tab]:
    """The tabs that this site has; `here` is the name of the route that is open."""
    found = []
    for name, title in TABS:
        try:
            found.append(Tab(title, reverse(name), name == here))
        except NoReverseMatch:
            continue
    return found
