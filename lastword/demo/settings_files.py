"""lastword.toml and plan.toml of the demo project."""

from datetime import date

SETTINGS = """\
# A generated project: every account, signal and win in it is invented. What is not set here has its default.

name     = "Lastword demo"
as_of    = {as_of}
seed     = {seed}

[inputs]
accounts       = "data/accounts.csv"
won            = "data/won.csv"
house_list     = "data/house_list.csv"
technographics = "data/technographics.csv"
intents        = "data/intents.parquet"
products       = "data/products.csv"

[features]
columns.web_visits_rank = {{ kind = "numeric", known = "always" }}   # a further column; it tells nothing about wins

[model]
product_names = ["Compass"]
"""

PLAN = """\
# The scoring plan as the sales team set it by hand: plausible, and only half right.

version = "2026"

[[segments]]
name = "A"
min_points = 65

[[segments]]
name = "B"
min_points = 50

[[segments]]
name = "C"
min_points = 35

[[segments]]
name = "D"
min_points = 22

[[segments]]
name = "F"
min_points = 0

[[attributes]]
name = "annual_revenue"            # the larger the better, they think
kind = "quantitative"
weight = 25
missing = "reweight"
bands = [
  { max = 5e6, points = 0 },
  { min = 5e6, max = 2.5e7, points = 30 },
  { min = 2.5e7, max = 2.5e8, points = 70 },
  { min = 2.5e8, points = 100 },
]

[[attributes]]
name = "employee_count"
kind = "quantitative"
weight = 20
missing = "zero"
bands = [
  { max = 50, points = 0 },
  { min = 50, max = 250, points = 40 },
  { min = 250, max = 2500, points = 80 },
  { min = 2500, points = 100 },
]

[[attributes]]
name = "industry"
kind = "qualitative"
weight = 20
missing = "zero"
points = { Software = 70, Manufacturing = 100, "Financial services" = 60, Energy = 60, Logistics = 30 }
default = 10

[[attributes]]
name = "region"
kind = "qualitative"
weight = 10
missing = "zero"
points = { EMEA = 100, Americas = 70, APAC = 30 }

[[attributes]]
name = "technology:Salesforce"
kind = "qualitative"
weight = 10
missing = "zero"
points = { yes = 100, no = 0 }

[[attributes]]
name = "intent:account scoring"    # signals fade by half in 30 days
kind = "quantitative"
weight = 5
missing = "reweight"
bands = [
  { max = 10, points = 0 },
  { min = 10, max = 60, points = 50 },
  { min = 60, points = 100 },
]

[[attributes]]
name = "prior_year_spend"          # known of customers alone
kind = "quantitative"
weight = 10
missing = "reweight"
bands = [
  { max = 1000, points = 0 },
  { min = 1000, max = 20000, points = 50 },
  { min = 20000, points = 100 },
]

[[rules]]
when = { sub_region = "DACH", industry = "Manufacturing", employee_count = { min = 5000 } }
segment = "A"
reason = "home market, large manufacturers"

[[rules]]
when = { industry = "Public sector", country = ["BR", "MX"] }
exclude = true
reason = "public tenders there go through partners"

[[rules]]
when = { annual_revenue = { min = 2e9 } }
key_account = true
reason = "key accounts programme"
"""


def settings_text(as_of: date, seed: int) -> str:
    """lastword.toml with the demo's fixed as-of date."""
    return SETTINGS.format(as_of=as_of.isoformat(), seed=seed)
