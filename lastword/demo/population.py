"""Accounts of the invented market: names, geography, industry, ownership, families and size."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lastword.demo.process import (
    COUNTRIES,
    HOME_MARKET,
    INDUSTRIES,
    OWNERSHIPS,
    SIZE_FLOOR,
    SIZE_WIDTH,
)

Floats = NDArray[np.float64]

LOG_EMPLOYEES_MEAN = 5.3
LOG_EMPLOYEES_SD = 1.35
LOG_REVENUE_SD = 0.55
EMPLOYEES_BLANK = 0.10
REVENUE_BLANK = 0.12
FAMILY_MEMBER_SHARE = 0.25
FAMILY_HEAD_SHARE = 0.08
UNKNOWN_PARENT_SHARE = 0.15
SHARED_DOMAIN_SHARE = 0.5

FIRST_WORDS = (
    "Nord", "Süd", "Alpen", "Rhein", "Isar", "Øresund", "Åsgård", "Łódź", "São Bento", "Île Verte", "Golden", "Silver", "Blue",
    "Granite", "Cedar", "Falcon", "Harbour", "Summit", "Prairie", "Lakeside", "Union", "Pioneer", "Atlas", "Orion", "Vega",
    "Meridian", "Delta", "Quantum", "Evergreen", "Redwood", "Sakura", "Fuji", "Southern Cross", "Coral", "Highland", "Celtic",
    "Iberia", "Toscana", "Provence", "Baltic",
)  # fmt: skip
SECOND_WORDS = {
    "Software": ("Software", "Systems", "Logic", "Digital", "Labs"),
    "Manufacturing": ("Werke", "Industries", "Machinery", "Components", "Metalworks"),
    "Financial services": ("Bank", "Capital", "Assurance", "Trust", "Finance"),
    "Health care": ("Health", "Clinics", "Medical", "Diagnostics", "Care"),
    "Retail": ("Stores", "Markets", "Outfitters", "Retail", "Trading"),
    "Logistics": ("Logistics", "Freight", "Transport", "Shipping", "Express"),
    "Energy": ("Energy", "Power", "Solar", "Petroleum", "Grid"),
    "Public sector": ("Council", "University", "Agency", "Institute", "Authority"),
    "Media": ("Media", "Publishing", "Broadcasting", "Press", "Studios"),
}
LEGAL_FORMS = {
    "US": "Inc.", "CA": "Ltd.", "BR": "Ltda.", "MX": "S.A. de C.V.", "DE": "GmbH", "AT": "GmbH", "CH": "AG", "GB": "plc",
    "IE": "Ltd", "FR": "SA", "ES": "S.L.", "IT": "S.p.A.", "SE": "AB", "DK": "A/S", "JP": "株式会社", "SG": "Pte Ltd",
    "AU": "Pty Ltd",
}  # fmt: skip
AWKWARD_NAMES = (
    '=SUM(A1:A9) Consulting "GmbH"',
    "+Plus Retail, Inc.",
    "-Minus & Söhne, KG",
    "@Home Media",
    'The "Quoted" Company, Ltd.',
    "Čapek, Dvořák & Syn",
    "Ελληνική Ενέργεια Α.Ε.",
    "O'Hara; Partners",
)
"""Names that a spreadsheet would run, or that need quotes in a CSV file."""


@dataclass(frozen=True)
class Population:
    """One block of accounts. `accounts` holds the columns every account has; the arrays are in the same order.

    size_effect    effect of the true size on the log hazard
    size_nodes     the same effect at the quadrature nodes of the size as it can be known from the published columns
                   (accounts × nodes; a known size repeats one value)
    size_weights   weight of each node
    trade_effect   effect of industry, country and ownership on the log hazard
    """

    accounts: pd.DataFrame
    size_effect: Floats
    size_nodes: Floats
    size_weights: Floats
    trade_effect: Floats

    def __len__(self) -> int:
        return len(self.accounts)


def make_population(rng: np.random.Generator, first_number: int, count: int, id_width: int, year: int) -> Population:
    """`count` accounts numbered from `first_number`; `year` is the newest that a company can be founded in."""
    head, parent_id = _families(rng, first_number, count, id_width)
    accounts = pd.DataFrame({"account_id": _account_ids(np.arange(first_number, first_number + count), id_width)})
    industry = _draw(rng, {name: row[0] for name, row in INDUSTRIES.items()}, count)[head]
    country = _draw(rng, {name: row[2] for name, row in COUNTRIES.items()}, count)
    ownership = _draw(rng, {name: row[0] for name, row in OWNERSHIPS.items()}, count)
    number = np.arange(count)
    accounts["name"] = _names(rng, industry, country, head)
    shares_domain = rng.random(count) < SHARED_DOMAIN_SHARE
    accounts["domain"] = _domains(np.where(shares_domain, head, number) + first_number, rng.random(count))
    accounts["parent_account_id"] = parent_id
    accounts["region"] = _look_up(country, {name: row[0] for name, row in COUNTRIES.items()})
    accounts["sub_region"] = _look_up(country, {name: row[1] for name, row in COUNTRIES.items()})
    accounts["country"] = country
    accounts["industry"] = industry
    accounts["sub_industry"] = _sub_industries(rng, industry)
    accounts["ownership"] = ownership
    accounts["founded_year"] = _founded_years(rng, count, year)
    accounts["web_visits_rank"] = np.exp(rng.uniform(0, np.log(5_000_000), count)).astype(np.int64)
    return _with_sizes(rng, accounts)


def best_size(industry: "pd.Series[str]") -> Floats:
    """The log employees at which an industry buys most."""
    return industry.map({name: row[2] for name, row in INDUSTRIES.items()}).to_numpy(float)


def size_effect(log_employees: Floats, best: Floats) -> Floats:
    """A hump: 0 at the best size, falling to SIZE_FLOOR on both sides."""
    return np.maximum(-0.5 * ((log_employees - best) / SIZE_WIDTH) ** 2, SIZE_FLOOR)


def _with_sizes(rng: np.random.Generator, accounts: pd.DataFrame) -> Population:
    count = len(accounts)
    mean = LOG_EMPLOYEES_MEAN + accounts["ownership"].map({name: row[2] for name, row in OWNERSHIPS.items()}).to_numpy(float)
    revenue_shift = accounts["industry"].map({name: row[3] for name, row in INDUSTRIES.items()}).to_numpy(float)
    log_employees = rng.normal(mean, LOG_EMPLOYEES_SD)
    log_revenue = log_employees + revenue_shift + rng.normal(0, LOG_REVENUE_SD, count)
    small_firms_tell_less = np.where(accounts["ownership"] == "private", 1.2, 0.7)
    employees_known = rng.random(count) >= EMPLOYEES_BLANK * small_firms_tell_less
    revenue_known = rng.random(count) >= REVENUE_BLANK * small_firms_tell_less
    accounts["employee_count"] = _integers(np.maximum(np.exp(log_employees), 1), employees_known)
    accounts["annual_revenue"] = _integers(np.round(np.exp(log_revenue), -4), revenue_known)
    best = best_size(accounts["industry"])
    guess, spread = _size_given_revenue(mean, np.where(revenue_known, log_revenue - revenue_shift, np.nan))
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    log_sizes = np.where(employees_known[:, None], log_employees[:, None], guess[:, None] + spread[:, None] * nodes)
    return Population(
        accounts=accounts,
        size_effect=size_effect(log_employees, best),
        size_nodes=size_effect(log_sizes, best[:, None]),
        size_weights=weights / weights.sum(),
        trade_effect=_trade_effect(accounts),
    )


def _size_given_revenue(mean: Floats, log_size_by_revenue: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the log employees where they are blank: two normals combined, or the prior alone."""
    known = ~np.isnan(log_size_by_revenue)
    trust = np.where(known, LOG_EMPLOYEES_SD**2 / (LOG_EMPLOYEES_SD**2 + LOG_REVENUE_SD**2), 0.0)
    guess = mean + trust * (np.where(known, log_size_by_revenue, mean) - mean)
    return guess, LOG_EMPLOYEES_SD * np.sqrt(1 - trust)


def _trade_effect(accounts: pd.DataFrame) -> Floats:
    industry, sub_region, extra = HOME_MARKET
    home = (accounts["industry"] == industry) & (accounts["sub_region"] == sub_region)
    effect = accounts["industry"].map({name: row[1] for name, row in INDUSTRIES.items()}).to_numpy(float)
    effect = effect + accounts["country"].map({name: row[3] for name, row in COUNTRIES.items()}).to_numpy(float)
    effect = effect + accounts["ownership"].map({name: row[1] for name, row in OWNERSHIPS.items()}).to_numpy(float)
    return effect + extra * home.to_numpy(float)


def _account_ids(numbers: NDArray[np.int64], width: int) -> NDArray[np.object_]:
    """Zero-padded numbers; one in fifty is from an older system and has a space in it."""
    return np.array([f"AT {n:0{width}d}" if n % 50 == 0 else f"{n:0{width}d}" for n in numbers.tolist()], dtype=object)


def _families(
    rng: np.random.Generator, first_number: int, count: int, id_width: int
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """For each account the position of the head of its family (itself where it has none), and its parent's id or None."""
    kind = rng.random(count)
    heads = np.flatnonzero(kind > 1 - FAMILY_HEAD_SHARE)
    head = np.arange(count)
    parent_id = np.full(count, None, dtype=object)
    if not len(heads):
        return head, parent_id
    member = kind < FAMILY_MEMBER_SHARE
    head[member] = rng.choice(heads, member.sum())
    parent_id[member] = _account_ids(head[member] + first_number, id_width)
    unknown = heads[rng.random(len(heads)) < UNKNOWN_PARENT_SHARE]
    of_unknown = member & np.isin(head, unknown)
    parent_id[of_unknown] = "HOLDING-" + parent_id[of_unknown]
    return head, parent_id


def _draw(rng: np.random.Generator, shares: dict[str, float], count: int) -> NDArray[np.object_]:
    weights = np.array(list(shares.values()))
    return np.array(list(shares), dtype=object)[rng.choice(len(shares), count, p=weights / weights.sum())]


def _look_up(keys: NDArray[np.object_], values: dict[str, str]) -> "pd.Series[str]":
    return pd.Series(keys).map(values)


def _names(
    rng: np.random.Generator, industry: NDArray[np.object_], country: NDArray[np.object_], head: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Members of a family carry the name of its head and their country."""
    count = len(industry)
    first = rng.integers(0, len(FIRST_WORDS), count).tolist()
    second = rng.integers(0, 5, count).tolist()
    own = [
        f"{FIRST_WORDS[a]} {SECOND_WORDS[trade][b]} {LEGAL_FORMS[land]}"
        for a, b, trade, land in zip(first, second, industry, country, strict=True)
    ]
    named = [own[i] if i == h else f"{own[h]} ({land})" for i, (h, land) in enumerate(zip(head.tolist(), country, strict=True))]
    awkward = AWKWARD_NAMES[:count]
    return np.array([*awkward, *named[len(awkward) :]], dtype=object)


def _domains(numbers: NDArray[np.int64], luck: Floats) -> NDArray[np.object_]:
    """One domain a number, under the reserved top-level domain; blank for one account in twenty."""
    domains = np.array([f"company-{n}.example" for n in numbers.tolist()], dtype=object)
    domains[luck < 0.05] = None
    return domains


def _sub_industries(rng: np.random.Generator, industry: NDArray[np.object_]) -> NDArray[np.object_]:
    pick = rng.random(len(industry))
    chosen = [INDUSTRIES[name][4][int(luck * len(INDUSTRIES[name][4]))] for name, luck in zip(industry, pick, strict=True)]
    sub_industry = np.array(chosen, dtype=object)
    sub_industry[rng.random(len(industry)) < 0.03] = None
    return sub_industry


def _founded_years(rng: np.random.Generator, count: int, year: int) -> pd.Series:
    founded = year - 3 - rng.gamma(1.6, 18.0, count)
    return _integers(np.maximum(founded, 1700), rng.random(count) >= 0.08)


def _integers(values: Floats, known: NDArray[np.bool_]) -> pd.Series:
    return pd.Series(np.round(values)).where(known).astype("Int64")
