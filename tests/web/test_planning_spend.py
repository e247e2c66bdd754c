"""The page of potential spend: what the run posted, rules, metrics, another method tried; and entries on an account's page."""

import html
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from lastword.planning_settings import Spend
from lastword.project import Project
from overrides import events, spend_entries
from overrides.publish import current_run
from tests.requests import request_of

RULES = """
[spend]
method = "growth"
growth = 0.1

[[spend.rules]]
when = { region = ["EMEA"] }
method = "assumption"
amount = 25000
"""


@pytest.fixture
def posted(site: Project) -> pd.DataFrame:
    return pd.read_parquet(site.run_folder(current_run().run_id) / "potential_spend.parquet")


def text_of(answer: Any) -> str:
    """The page's words on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def toml_of(answer: Any) -> dict[str, Any]:
    (found,) = re.findall(r"<pre[^>]*><code>(\[spend\].*?)</code></pre>", answer.content.decode(), re.DOTALL)
    return tomllib.loads(html.unescape(found))


def test_what_the_run_posted_is_on_the_page(client_of: Callable[[str], Any], posted: pd.DataFrame):
    answer = client_of("vera").get("/planning/spend")
    said = text_of(answer)
    assert answer.status_code == 200
    assert f"Posted potential, USD a year {posted['potential_spend'].sum():,.0f}" in said
    assert f"industry average {len(posted):,} {posted['potential_spend'].sum():,.0f}" in said
    assert "All accounts: what active accounts of its industry spend on average" in said
    assert "style=" not in answer.content.decode()
    assert answer.content.decode().count("<svg") >= 2


def test_potential_is_split_by_an_attribute_and_leads_to_the_accounts(
    client_of: Callable[[str], Any], site: Project, posted: pd.DataFrame
):
    page = client_of("vera").get("/planning/spend?by=industry").content.decode()
    accounts = pd.read_parquet(site.run_folder(current_run().run_id) / "accounts.parquet").merge(
        posted[["account_id", "method"]], on="account_id"
    )
    industry = accounts.groupby("industry")["potential_spend"].sum().idxmax()
    total = accounts.loc[accounts["industry"] == industry, "potential_spend"].sum()
    assert re.search(
        rf'href="/accounts\?industry={industry}[^"]*">{industry}</a></th><td class="num">\d+</td><td class="num">{total:,.0f}',
        page,
    )
    assert client_of("vera").get("/planning/spend?by=shoe_size").status_code == 400


def test_rules_are_told_with_their_accounts_and_that_they_are_of_today(
    client_of: Callable[[str], Any], site_with: Callable[[str], Project], posted: pd.DataFrame
):
    project = site_with(RULES)
    accounts = pd.read_parquet(project.run_folder(current_run().run_id) / "accounts.parquet")
    said = text_of(client_of("vera").get("/planning/spend"))
    in_emea = int((accounts["region"] == "EMEA").sum())
    assert f"Where region is EMEA: 25,000 a year is assumed {in_emea:,}" in said
    assert f"All other accounts: the prior year's spend and 10 % more {len(accounts) - in_emea:,}" in said
    assert "lastword.toml has changed since this run scored" in said


@pytest.mark.parametrize("metric", ["employee_count", "annual_revenue"])
def test_a_metric_is_looked_at_with_its_line(client_of: Callable[[str], Any], site: Project, metric: str):
    answer = client_of("vera").get(f"/planning/spend?against={metric}")
    found = pd.read_parquet(site.run_folder(current_run().run_id) / "spend_correlations.parquet").set_index("metric")
    words = metric.replace("_", " ")
    assert f"active accounts whose {words} is known; the line is X · {words}" in text_of(answer)
    assert f"{found.loc[metric, 'accounts']:,} active accounts; the line is" in answer.content.decode()
    assert client_of("vera").get("/planning/spend?against=fame").status_code == 400


def test_a_method_is_tried_on_a_region(client_of: Callable[[str], Any], site: Project, posted: pd.DataFrame):
    answer = client_of("vera").get("/planning/spend?scope=region:EMEA&method=growth&growth=10&amount=5,000")
    accounts = pd.read_parquet(site.run_folder(current_run().run_id) / "accounts.parquet")
    spend = accounts.loc[accounts["region"] == "EMEA", "prior_year_spend"].fillna(0.0)
    said = text_of(answer)
    assert f"By this method {(spend * 1.1 + 5000).sum():,.0f}" in said
    assert "The 10 largest differences" in said
    assert toml_of(answer)["spend"] == {
        "method": "industry average",
        "rules": [{"when": {"region": ["EMEA"]}, "method": "growth", "growth": 0.1, "amount": 5000}],
    }


def test_the_lines_keep_the_rules_that_there_are(client_of: Callable[[str], Any], site_with: Callable[[str], Project]):
    project = site_with(RULES)
    answer = client_of("vera").get("/planning/spend?scope=all&method=assumption&amount=7")
    found = Spend.model_validate(toml_of(answer)["spend"])
    assert found == Spend(method="assumption", amount=7, rules=project.settings.spend.rules)
    accounts = pd.read_parquet(project.run_folder(current_run().run_id) / "accounts.parquet")
    assert f"of {int((accounts['region'] != 'EMEA').sum()):,}" in text_of(answer), "what a rule picks isn't tried"


def test_a_method_that_cannot_apply_says_why(client_of: Callable[[str], Any]):
    said = text_of(client_of("vera").get("/planning/spend?scope=all&method=correlation&metric=founded_year"))
    assert "It can't apply to" in said
    assert "spend hardly goes with founded_year" in said
    growth = text_of(client_of("vera").get("/planning/spend?scope=all&method=growth&growth=5"))
    assert "nothing was spent. There the industry average takes its place." in growth


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("scope=all&method=growth&growth=abc", "A growth in % 'abc' is no number: expected one as 10 for a tenth more."),
        ("scope=all&method=growth&growth=", "A growth in % is empty"),
        ("scope=all&method=growth&growth=-200", "A growth in % of -200 can't be: expected -100 to 10,000."),
        ("scope=all&method=assumption&amount=-5", "An amount of -5 can't be"),
        ("scope=all&method=assumption", "An amount is empty"),
        ("scope=all&method=correlation&metric=employee_cuont", 'is no column of numbers; did you mean "employee_count"?'),
        ("scope=all&method=magic", "Method 'magic' is unknown: choose one of"),
        ("scope=planet:Mars&method=quantile", "'planet:Mars' is no part of the accounts"),
        ("scope=account&method=quantile", "The account is empty: expected its id."),
        ("scope=account&account_id=nobody&method=quantile", "Account 'nobody' isn't among those of the run"),
    ],
)
def test_bad_parameters_get_a_sentence_at_the_field(client_of: Callable[[str], Any], query: str, said: str):
    answer = client_of("vera").get(f"/planning/spend?{query}")
    assert answer.status_code == 400
    (error,) = re.findall(r'<span class="field-error"[^>]*>(.*?)</span>', answer.content.decode())
    assert said.lower() in html.unescape(error).lower()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "<code>[spend]\n" not in answer.content.decode()


def test_what_the_method_does_not_take_does_no_harm(client_of: Callable[[str], Any]):
    answer = client_of("vera").get(
        "/planning/spend?scope=all&method=assumption&amount=10&growth=rubbish&metric=rubbish&account_id=x"
    )
    assert answer.status_code == 200
    assert toml_of(answer)["spend"] == {"method": "assumption", "amount": 10}


def test_without_what_was_posted_the_page_says_what_to_do(client_of: Callable[[str], Any], site: Project):
    (site.run_folder(current_run().run_id) / "potential_spend.parquet").unlink()
    answer = client_of("vera").get("/planning/spend")
    assert answer.status_code == 200
    assert "lastword score" in text_of(answer)


def test_without_the_columns_of_accounts_only_trying_is_refused(client_of: Callable[[str], Any], site: Project):
    (site.run_folder(current_run().run_id) / "account_columns.parquet").unlink()
    answer = client_of("vera").get("/planning/spend?scope=all&method=quantile")
    assert answer.status_code == 200
    assert "kept no columns of accounts" in text_of(answer)


def test_a_value_is_entered_on_the_page_of_the_account_and_waits_for_the_next_scoring(
    client_of: Callable[[str], Any], site: Project, posted: pd.DataFrame
):
    rita, account = client_of("rita"), posted["account_id"].iloc[0]
    form = {"account_id": account, "kind": "value", "amount": "120,000", "reason": "they told us", "note": "by telephone"}
    answer = rita.post("/account/spend", form)
    assert (answer.status_code, answer["Location"]) == (302, f"/account?id={account}#spend")
    line = spend_entries.standing(account)
    assert (line.kind, line.amount, line.reason, line.note, line.by) == ("value", 120_000, "they told us", "by telephone", "rita")
    said = text_of(rita.get(f"/account?id={account}"))
    assert "From the next scoring on: 120,000 USD a year, as rita entered (120,000 a year)." in said
    assert "spend: 120,000 a year by rita" in said, "in the history"
    assert "On 1 account people entered or took back something since this run." in text_of(rita.get("/planning/spend"))
    assert rita.post("/account/spend/take-back", {"account_id": account, "note": "wrong"}).status_code == 302
    assert spend_entries.standing(account) is None
    assert "people entered or took back" not in text_of(rita.get("/planning/spend"))
    found = events.timeline(now=datetime.now(UTC), subject=account, kinds=["spend_value", "spend_clear"]).lines
    assert [line.kind for line in found] == ["spend_clear", "spend_value"]
    page = rita.get("/audit?kind=spend_value").content.decode()
    assert "Enters a potential spend of 120,000 a year (they told us)" in page
    assert f'href="/account?id={account}"' in page
    exported = b"".join(rita.get(f"/audit/export?subject={account}").streaming_content).decode()
    assert "spend_value" in exported
    assert "spend_clear" in exported


def test_a_growth_is_typed_in_percent_and_says_where_it_can_do_nothing(client_of: Callable[[str], Any], posted: pd.DataFrame):
    rita = client_of("rita")
    active = posted[posted["prior_year_spend"] > 0].iloc[0]
    idle = posted[~(posted["prior_year_spend"] > 0)].iloc[0]
    for row in (active, idle):
        form = {"account_id": row["account_id"], "kind": "growth", "amount": "-12.5 %", "reason": "lost a site"}
        assert rita.post("/account/spend", form).status_code == 302
        assert spend_entries.standing(row["account_id"]).amount == -0.125
    said = text_of(rita.get(f"/account?id={active['account_id']}"))
    assert f"From the next scoring on: {active['prior_year_spend'] * 0.875:,.0f} USD a year" in said
    assert "nothing was spent in the prior year, so nothing can grow" in text_of(rita.get(f"/account?id={idle['account_id']}"))


def test_a_bad_entry_comes_back_with_a_sentence_at_each_field_and_nothing_entered(
    client_of: Callable[[str], Any], posted: pd.DataFrame
):
    account = posted["account_id"].iloc[0]
    answer = client_of("rita").post(
        "/account/spend", {"account_id": account, "kind": "growth", "amount": "lots", "note": "n" * 3000}
    )
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 400
    assert "The growth in % 'lots' is no number: expected one as 10 for a tenth more." in page
    assert "The reason is empty: say in a few words how you know." in page
    assert "A note has at most 2,000 characters" in page
    assert 'value="lots"' in page
    assert spend_entries.history(account) == []


def test_only_reviewers_enter(client_of: Callable[[str], Any], posted: pd.DataFrame):
    account = posted["account_id"].iloc[0]
    form = {"account_id": account, "kind": "value", "amount": "1", "reason": "x"}
    assert client_of("vera").post("/account/spend", form).status_code == 403
    assert client_of("vera").post("/account/spend/take-back", {"account_id": account}).status_code == 403
    assert client_of("rita").post("/account/spend/take-back", {"account_id": account}).status_code == 409, "nothing stands"
    assert "Enter what you know" not in text_of(client_of("vera").get(f"/account?id={account}"))
    assert client_of("rita").post("/account/spend", {**form, "account_id": "nobody"}).status_code == 409


def test_the_next_scoring_posts_it_as_a_step_of_its_own(client_of: Callable[[str], Any], site: Project, posted: pd.DataFrame):
    from lastword.runner import run_stages

    account = posted["account_id"].iloc[0]
    spend_entries.add(account, "value", 1_000_000, "they told us", "", "rita", datetime.now(UTC))
    before = posted["potential_spend"].sum()
    run_stages(site, "score", datetime.now(UTC))
    said = text_of(client_of("vera").get("/planning/spend"))
    change = 1_000_000 - posted["potential_spend"].iloc[0]
    assert f"{before + change:,.0f} +{change:,.0f} 1,000,000 on 1" in said
    assert "manual value 1 1,000,000" in said
    assert "people entered or took back" not in said
    assert "1,000,000 USD a year by manual value: rita entered 1,000,000 a year: they told us." in text_of(
        client_of("vera").get(f"/account?id={account}")
    )
    trial = text_of(client_of("vera").get("/planning/spend?scope=all&method=assumption&amount=1"))
    assert f"By this method {1_000_000 + len(posted) - 1:,.0f}" in trial
    assert "Keep what was entered 1" in trial


def test_the_picture_of_an_account_marks_entries(site: Project, client_of: Callable[[str], Any], posted: pd.DataFrame):
    from lastword.web.pages.account_page import facts_of, timeline_of
    from overrides.account_record import account_record
    from overrides.worklist import queue_rows

    account, now = posted["account_id"].iloc[0], datetime.now(UTC)
    spend_entries.add(account, "growth", 0.1, "they told us", "", "rita", now)
    row = queue_rows([account], now, site.settings)[account]
    record = account_record(account, datetime.now(UTC))
    marks = timeline_of(facts_of(request_of(site, "/"), row), record, row).marks
    assert [mark.said for mark in marks] == ["spend: growth of +10 % by rita"]
