"""The invented market: what exists in it, and how much each thing matters.

Time runs in steps of STEP_DAYS days, counted from a burn-in before the first published signal to the end of the horizon:

    0 ... FIRST_STEP ... AS_OF_STEP ... LAST_STEP
    burn-in   three years of history   the horizon (180 days)

The hazard of a first win in step s, for an account at risk with hidden effect u, is

    h(s) = exp(u + size + trade) * rate(s) * (1 + intent(s)),    rate(s) = BASE_RATE * exp(technologies that bear in s)

where *intent* is the sum over all signals before s on the four topics that matter of
TOPIC_EFFECTS[topic] * strength / 100 * 0.5 ** (age in days / HALF_LIFE_DAYS). No other topic bears on a win.
"""

from datetime import date, timedelta

STEP_DAYS = 5
FIRST_STEP = 36
AS_OF_STEP = FIRST_STEP + 219
LAST_STEP = AS_OF_STEP + 36
HISTORY_DAYS = STEP_DAYS * (AS_OF_STEP - FIRST_STEP)
HORIZON_DAYS = STEP_DAYS * (LAST_STEP - AS_OF_STEP)

BASE_RATE = 0.00022
HIDDEN_EFFECT_SD = 0.4
LISTED_LATER_SHARE = 0.15
NEVER_LISTED_SHARE = 0.03
LISTING_YEARS_BEFORE_HISTORY = 2.0

HALF_LIFE_DAYS = 30
STEP_DECAY = 0.5 ** (STEP_DAYS / HALF_LIFE_DAYS)
TOPIC_EFFECTS = {"pipeline forecasting": 12.0, "account scoring": 10.0, "territory planning": 8.0, "data enrichment": 6.0}
TOPIC_SHARES = (0.3, 0.25, 0.25, 0.2)
OTHER_TOPICS = (
    "cloud migration",
    "zero trust",
    "remote work",
    "carbon reporting",
    "payroll",
    "supply chain",
    "generative text",
    "video conferencing",
    "expense management",
)
SUPPORT_TOPICS = ("product support", "release notes", "administrator training")
STRENGTHS = (20, 100)

SURGE_START = 0.007
SURGE_END = 0.09
QUIET_SIGNALS = 0.025
SURGE_SIGNALS = 0.8
OTHER_QUIET_SIGNALS = 0.10
OTHER_SURGE_SIGNALS = 0.6
DAYS_BETWEEN_SUPPORT_SIGNALS = 21
COVERED_AT_START = 0.60
COVERED_AT_END = 0.90

SIZE_WIDTH = 1.2
SIZE_FLOOR = -3.0

INDUSTRIES: dict[str, tuple[float, float, float, float, tuple[str, ...]]] = {
    # share, effect on the log hazard, size (log employees) that suits best, log revenue per employee, sub-industries
    "Software": (0.16, 1.00, 5.4, 12.2, ("Business applications", "Infrastructure software", "Games")),
    "Manufacturing": (0.20, 0.10, 6.6, 12.1, ("Machinery", "Automotive parts", "Electronics", "Chemicals")),
    "Financial services": (0.12, 0.60, 6.0, 12.9, ("Banking", "Insurance", "Asset management")),
    "Health care": (0.11, -0.30, 6.0, 11.8, ("Hospitals", "Medical devices", "Laboratories")),
    "Retail": (0.13, -0.60, 6.0, 12.3, ("Groceries", "Fashion", "Online retail")),
    "Logistics": (0.08, 0.20, 6.0, 12.0, ("Freight", "Warehousing", "Parcel")),
    "Energy": (0.07, -0.40, 6.0, 13.1, ("Power", "Oil and gas", "Renewables")),
    "Public sector": (0.08, -1.20, 6.0, 11.6, ("Municipal", "Education", "Agencies")),
    "Media": (0.05, 0.30, 5.4, 11.9, ("Publishing", "Broadcasting")),
}

COUNTRIES: dict[str, tuple[str, str, float, float]] = {
    # region, sub-region, share, effect on the log hazard
    "US": ("Americas", "North America", 0.27, 0.35),
    "CA": ("Americas", "North America", 0.05, 0.35),
    "BR": ("Americas", "Latin America", 0.04, -0.15),
    "MX": ("Americas", "Latin America", 0.03, -0.15),
    "DE": ("EMEA", "DACH", 0.13, 0.15),
    "AT": ("EMEA", "DACH", 0.03, 0.15),
    "CH": ("EMEA", "DACH", 0.04, 0.15),
    "GB": ("EMEA", "UK and Ireland", 0.09, 0.00),
    "IE": ("EMEA", "UK and Ireland", 0.02, 0.00),
    "FR": ("EMEA", "Southern Europe", 0.06, -0.15),
    "ES": ("EMEA", "Southern Europe", 0.04, -0.15),
    "IT": ("EMEA", "Southern Europe", 0.04, -0.15),
    "SE": ("EMEA", "Nordics", 0.03, 0.00),
    "DK": ("EMEA", "Nordics", 0.02, 0.00),
    "JP": ("APAC", "East Asia", 0.04, -0.50),
    "SG": ("APAC", "South-East Asia", 0.02, -0.50),
    "AU": ("APAC", "Oceania", 0.05, -0.50),
}
HOME_MARKET = ("Manufacturing", "DACH", 0.7)
"""An interaction: this industry in this sub-region buys more than either alone suggests."""

OWNERSHIPS: dict[str, tuple[float, float, float]] = {
    # share, effect on the log hazard, shift of log employees
    "private": (0.62, 0.0, 0.0),
    "public": (0.16, 0.30, 1.2),
    "private equity": (0.12, 0.50, 0.4),
    "non-profit": (0.10, -0.70, -0.3),
}

TECHNOLOGIES: dict[str, tuple[str, float, float]] = {
    # category, share of accounts that ever adopt it, effect on the log hazard
    "Kubernetes": ("Infrastructure", 0.30, 1.10),
    "Terraform": ("Infrastructure", 0.20, 0.0),
    "OpenStack": ("Infrastructure", 0.08, 0.0),
    "VMware": ("Infrastructure", 0.35, 0.0),
    "Snowflake": ("Data", 0.22, 1.20),
    "Databricks": ("Data", 0.18, 0.0),
    "Oracle Database": ("Data", 0.34, 0.0),
    "PostgreSQL": ("Data", 0.40, 0.0),
    "MongoDB": ("Data", 0.20, 0.0),
    "Salesforce": ("Sales", 0.38, 1.35),
    "HubSpot": ("Sales", 0.22, 0.0),
    "Rivalscore": ("Sales", 0.24, -2.40),
    "Pipedrive": ("Sales", 0.10, 0.0),
    "Tableau": ("Analytics", 0.28, 0.0),
    "Power BI": ("Analytics", 0.42, 0.0),
    "Looker": ("Analytics", 0.12, 0.0),
    "Google Analytics": ("Analytics", 0.60, 0.0),
    "SAP": ("Back office", 0.30, 0.0),
    "NetSuite": ("Back office", 0.14, 0.0),
    "Workday": ("Back office", 0.18, 0.0),
    "Okta": ("Security", 0.26, 0.0),
    "CrowdStrike": ("Security", 0.22, 0.0),
    "Zscaler": ("Security", 0.14, 0.0),
    "Shopify": ("Commerce", 0.12, 0.0),
    "Magento": ("Commerce", 0.08, 0.0),
}
ADOPTION_YEARS = 8.0
REMOVED_SHARE = 0.15
YEARS_UNTIL_REMOVAL = 2.5
TECHNOLOGY_LAG_DAYS = HORIZON_DAYS
"""A technology bears on buying from half a year after it is first seen until half a year after it is last seen.

So whatever bears within the horizon has been seen by the as-of date, and no future adoption has to be integrated out.
"""


def step_start(as_of: date, step: int) -> date:
    """The first day of a step; AS_OF_STEP begins on `as_of`."""
    return as_of + timedelta(days=STEP_DAYS * (step - AS_OF_STEP))
