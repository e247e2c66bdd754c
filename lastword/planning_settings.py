"""The settings of what planners take from the scores: potential spend, customers, tiers, capacity."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from lastword.bands import Between, Condition, Scalar
from lastword.configuration import ListOf, Section
from lastword.contracts import ACCOUNTS
from lastword.mistakes import Mistake, raise_any, wrong

Text = Annotated[str, Field(min_length=1)]
SpendMethod = Literal["industry average", "assumption", "growth", "correlation", "quantile"]

NEEDED = {"assumption": "amount", "growth": "growth", "correlation": "metric"}
"""The parameter that a method can't do without."""

_TAKEN = {"assumption": {"amount"}, "growth": {"growth", "amount"}, "correlation": {"metric"}}


def check_when(when: dict[str, tuple[Scalar, ...] | Between]) -> dict[str, tuple[Scalar, ...] | Between]:
    """The conditions on an account; Mistakes where there are none, or a text is compared with a range."""
    if not when:
        raise wrong('an empty table fits every account; write a condition, as in when = { region = "EMEA" }')
    texts = {column.name for column in ACCOUNTS.columns if column.kind == "text"} | {"segment", "account_status"}
    odd = [name for name, condition in when.items() if isinstance(condition, Between) and name in texts]
    raise_any([Mistake((name,), f"{name} is no number; write the values that fit") for name in odd])
    return when


class SpendChoice(Section):
    """A method of potential spend and its parameters, None where not given.

    amount (a year, in the project's currency) is what `assumption` gives, and what `growth` adds; growth is a share (0.1: a
    tenth more); metric is a column of accounts with numbers.
    """

    method: SpendMethod = "industry average"
    amount: Annotated[float | None, Field(ge=0, examples=["25000"])] = None
    growth: Annotated[float | None, Field(ge=-1, examples=["0.1"])] = None
    metric: Annotated[str | None, Field(min_length=1, examples=['"employee_count"'])] = None

    @model_validator(mode="after")
    def _has_what_its_method_takes(self) -> Self:
        given = {name for name in ("amount", "growth", "metric") if getattr(self, name) is not None}
        needed, foreign = NEEDED.get(self.method), given - _TAKEN.get(self.method, set())
        if needed and needed not in given:
            example = (SpendChoice.model_fields[needed].examples or [""])[0]
            raise wrong(f'method = "{self.method}" needs it; write {needed} = {example}', needed)
        text = f'does nothing with method = "{self.method}"; take it out, or change method'
        raise_any([Mistake((name,), text) for name in sorted(foreign)])
        return self


class SpendRule(SpendChoice):
    """What holds for the accounts that meet all of `when`."""

    when: Annotated[dict[str, Condition], Field(examples=['{ industry = ["Energy"], region = "EMEA" }'])]

    @field_validator("when")
    @classmethod
    def _has_conditions(cls, when: dict[str, Condition]) -> dict[str, Condition]:
        return check_when(when)


class Spend(SpendChoice):
    """[spend]: how potential spend is found; of `rules` the first that fits an account wins, else the method above them."""

    rules: Annotated[ListOf[SpendRule], Field(examples=['[{ when = { region = "EMEA" }, method = "quantile" }]'])] = ()


class Customers(Section):
    """[customers]: the columns of accounts that tell how a customer is doing, None where there is none, and what is much.

    usage_change is a share (−0.2: a fifth less); champion_left yes or no; renewal_date a date. high_whitespace is the share of
    the potential that isn't spent yet from which on there is room to grow.
    """

    usage_change: Annotated[str | None, Field(min_length=1, examples=['"usage_change"'])] = None
    champion_left: Annotated[str | None, Field(min_length=1, examples=['"champion_left"'])] = None
    renewal_date: Annotated[str | None, Field(min_length=1, examples=['"renewal_date"'])] = None
    declining_from: Annotated[float, Field(lt=0, ge=-1)] = -0.1
    high_whitespace: Annotated[float, Field(gt=0, le=1)] = 0.5


class Role(Section):
    """A kind of seller: which tiers or segments (empty: all) it looks after, how many accounts each, who there is by region."""

    name: Text
    accounts_per_seller: Annotated[float, Field(gt=0, examples=["12"])]
    tiers: Annotated[ListOf[Annotated[int, Field(ge=1, le=3)]], Field(examples=["[1]"])] = ()
    segments: Annotated[ListOf[Text], Field(examples=['["Key accounts"]'])] = ()
    sellers: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(examples=["{ EMEA = 4 }"])] = {}


class Capacity(Section):
    """[capacity]: the roles, of which an account goes to the first that takes it, and how many tiers may change at once."""

    roles: Annotated[
        ListOf[Role], Field(examples=['[{ name = "strategic", tiers = [1], accounts_per_seller = 12, sellers = { EMEA = 4 } }]'])
    ] = (
        Role(name="strategic", tiers=(1,), accounts_per_seller=12),
        Role(name="pooled", accounts_per_seller=200),
    )
    churn_budget: Annotated[float, Field(ge=0, le=1)] = 0.1

    @field_validator("roles")
    @classmethod
    def _are_told_apart(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if not roles:
            raise wrong("an empty list leaves nobody to sell; take the line out, or write a role")
        names = [role.name for role in roles]
        twice = [index for index, name in enumerate(names) if name in names[:index]]
        raise_any([Mistake((index, "name"), f'"{names[index]}" is there twice; give it another name') for index in twice])
        return roles
