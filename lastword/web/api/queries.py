"""The parameters of the final table: its filters, the moment, the page, the format."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from lastword.errors import ConfigurationError
from lastword.mistakes import did_you_mean
from lastword.web.api.parsing import Text
from overrides.filters import Filters

type Format = Literal["json", "csv", "parquet"]

AsOf = Annotated[
    str | None,
    Field(description="the table as it stood: a time (YYYY-MM-DDThh:mm:ssZ), or a date for the end of that day in UTC"),
]
Since = Annotated[str | None, Field(description="made at this time or later; a date: from its start in UTC")]
After = Annotated[Text | None, Field(description="where the page before ended; `next` of that page has it")]

_RANGE = "in this range: LOW..HIGH, LOW.. or ..HIGH, both ends included"


def _filter(description: str) -> Any:
    return Field(default_factory=list, description=description)


class FilterQuery(Schema):
    """The filters of the final table. Values of one parameter are alternatives (repeat it); all parameters must hold."""

    region: list[Text] = _filter("these regions; `none`: accounts without one (likewise below)")
    sub_region: list[Text] = _filter("these sub-regions")
    country: list[Text] = _filter("these countries")
    industry: list[Text] = _filter("these industries")
    sub_industry: list[Text] = _filter("these sub-industries")
    account_status: list[Text] = _filter("prospect, customer or other")
    plan_segment: list[Text] = _filter("these segments of the plan")
    plan_grade: list[Text] = _filter("the grade that the plan's segment maps to: A B C D F, none")
    model_grade: list[Text] = _filter("the model's grade: A B C D F, none")
    final_grade: list[Text] = _filter("the grade in force: A B C D F, none")
    decided_by: list[Text] = _filter("override, model, plan or blend")
    queue_reason: list[Text] = _filter(
        "under review for: disparity, audit, stale, redundant or a trigger's name; none: not under review"
    )
    why_family: list[Text] = _filter("the family of attributes that drives the opinions apart most")
    tier: list[Text] = _filter("1, 2, 3, none")
    run_id: list[Text] = _filter("scored by these runs")
    owner: list[Text] = _filter("looked after by these people; empty: by nobody")
    plan_points: list[Text] = _filter(f"points of the plan (0–100) {_RANGE}")
    model_points: list[Text] = _filter(f"points of the model (0–100) {_RANGE}")
    disparity: list[Text] = _filter(f"model minus plan (−100–100) {_RANGE}")
    gap: list[Text] = _filter(f"the size of the disparity {_RANGE}")
    propensity: list[Text] = _filter(f"probability of a win (0–1) {_RANGE}")
    grade_confidence: list[Text] = _filter(f"how sure the model's grade is (0–1) {_RANGE}")
    potential_spend: list[Text] = _filter(f"potential spend in the project's currency {_RANGE}")
    expected_value: list[Text] = _filter(f"expected value in the project's currency {_RANGE}")
    review_gain: list[Text] = _filter(f"what a look at the account is worth {_RANGE}")
    queued_days: list[Text] = _filter(f"whole days under review {_RANGE}")
    key_account: list[Text] = _filter("yes or no")
    search: list[Text] = _filter("the beginning of an account_id or a part of a name, in any case")


class FinalQuery(FilterQuery):
    """Filters, moment, page and format."""

    as_of: AsOf = None
    after: After = None
    limit: int | None = Field(
        None, ge=1, le=10_000, description="rows of a page, 1,000 unless given; CSV and Parquet without it: all"
    )
    format: Format | None = Field(None, description="json (the default), csv or parquet; otherwise what Accept prefers")


def filters_of(asked: FilterQuery) -> Filters:
    """The filters asked for; ConfigurationError where a value can't be read."""
    given = asked.model_fields_set & FilterQuery.model_fields.keys()
    return Filters.from_query({name: getattr(asked, name) for name in given})


def refuse_unknown(request: HttpRequest, known: type[Schema]) -> None:
    """ConfigurationError where a parameter is none of this operation: a filter that is misspelt would ask for everything."""
    for name in request.GET:
        if name not in known.model_fields:
            raise ConfigurationError(f"parameter {name[:40]!r} is unknown{did_you_mean(name, list(known.model_fields))}")
