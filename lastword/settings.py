"""The settings of a project, as lastword.toml has them: names, defaults and what is allowed, section by section."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, field_validator, model_validator

from lastword.column_mappings import mapping_mistakes
from lastword.configuration import ListOf, Section
from lastword.contracts import GRADES
from lastword.input_source import InputSource, Source
from lastword.mistakes import Mistake, raise_any, shown, unknown_choice, wrong
from lastword.notify_settings import Notify
from lastword.planning_settings import Capacity, Customers, Spend
from lastword.salesforce_settings import Salesforce
from lastword.trigger_settings import Trigger, check_names

__all__ = ["InputSource", "Settings"]

Text = Annotated[str, Field(min_length=1)]
Days = Annotated[int, Field(gt=0, le=36_500)]
Share = Annotated[float, Field(ge=0, le=1)]
Role = Literal["viewer", "reviewer", "approver", "admin"]


def _read_as_of(value: object) -> "date | Literal['today']":
    if value == "today":
        return "today"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise wrong(f'{shown(value)} is not a date; write as_of = "today" or as_of = 2026-11-23') from None


def _read_days(value: object) -> object:
    if isinstance(value, str):
        raise wrong(f"{shown(value)} is not a number of days; write half_life_days = 30")
    return value


class Inputs(Section):
    """The inputs. technographics, intents and products are None where the project has none."""

    accounts: Annotated[Source, Field(examples=['"data/accounts.csv"'])]
    won: Annotated[Source, Field(examples=['"data/won.csv"'])]
    house_list: Annotated[Source, Field(examples=['"data/house_list.csv"'])]
    technographics: Annotated[Source | None, Field(examples=['"data/technographics.csv"'])] = None
    intents: Annotated[Source | None, Field(examples=['"data/intents.parquet"'])] = None
    products: Annotated[Source | None, Field(examples=['"data/products.csv"'])] = None


class FurtherColumn(Section):
    """A further column of accounts that the propensity model may use: what it holds and when it is known."""

    kind: Literal["numeric", "category", "flag"]
    known: Literal["always", "after_win"]


class Features(Section):
    """[features]: how intent ages (days), and the further columns of accounts by name."""

    half_life_days: Annotated[Days, BeforeValidator(_read_days)] = 30
    window_days: Days = 180
    columns: Annotated[dict[str, FurtherColumn], Field(examples=['{ fleet_size = { kind = "numeric", known = "always" } }'])] = {}

    @field_validator("columns")
    @classmethod
    def _are_no_ids(cls, columns: dict[str, FurtherColumn]) -> dict[str, FurtherColumn]:
        if "account_id" in columns:
            raise wrong("account_id tells accounts apart and says nothing about them; take it out", "account_id")
        return columns


class Boosting(Section):
    """[model.boosting]: the boosted trees' parameters by LightGBM's names; None leaves what `models.boosted` has."""

    num_leaves: Annotated[int | None, Field(ge=2, le=1024)] = None
    max_depth: Annotated[int | None, Field(ge=1, le=30)] = None
    learning_rate: Annotated[float | None, Field(gt=0, le=1)] = None
    min_child_samples: Annotated[int | None, Field(ge=1)] = None
    min_split_gain: Annotated[float | None, Field(ge=0)] = None
    subsample: Annotated[float | None, Field(gt=0, le=1)] = None
    subsample_freq: Annotated[int | None, Field(ge=0)] = None
    colsample_bytree: Annotated[float | None, Field(gt=0, le=1)] = None
    colsample_bynode: Annotated[float | None, Field(gt=0, le=1)] = None
    reg_alpha: Annotated[float | None, Field(ge=0)] = None
    reg_lambda: Annotated[float | None, Field(ge=0)] = None
    path_smooth: Annotated[float | None, Field(ge=0)] = None
    max_bin: Annotated[int | None, Field(ge=2, le=255)] = None
    extra_trees: bool | None = None

    @model_validator(mode="after")
    def _has_room_for_its_leaves(self) -> Self:
        if self.num_leaves and self.max_depth and self.num_leaves > 2**self.max_depth:
            needed = (self.num_leaves - 1).bit_length()
            raise wrong(f"{self.num_leaves} leaves need max_depth = {needed}; write that, or leave max_depth out", "num_leaves")
        return self

    def changes(self) -> tuple[tuple[str, bool | int | float], ...]:
        """(name, value) of what is given, by name."""
        return tuple(sorted((name, value) for name, value in self if value is not None))


class Model(Section):
    """[model]: what the propensity means and when a model is trained and promoted. `class_prior` is None where not given."""

    horizon_days: Days = 180
    class_prior: Annotated[float | None, Field(gt=0, lt=1, examples=["0.03"])] = None
    min_wins: Annotated[int, Field(ge=30)] = 100
    group_by: Annotated[ListOf[Text], Field(examples=['["parent_account_id", "domain"]'])] = ("parent_account_id", "domain")
    promote: Literal["if_better", "always", "never"] = "if_better"
    leakage: Literal["block", "warn"] = "block"
    leakage_waivers: Annotated[dict[str, Text], Field(examples=['{ column = "why it is safe" }'])] = {}
    product_names: Annotated[ListOf[Text], Field(examples=['["Lastword"]'])] = ()
    evidence_per_win: Annotated[float, Field(gt=0, le=10)] = 0.7
    tune_minutes: Annotated[float, Field(ge=0, le=1_440)] = 0
    boosting: Boosting = Boosting()

    @field_validator("group_by", "product_names")
    @classmethod
    def _are_distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _distinct(names)


class Overrides(Section):
    """[overrides]: how long an override lasts (days), which reasons there are and which ask for a note, the share held out."""

    expires_after_days: Annotated[int, Field(gt=0, le=18_262)] = 180
    approve_from_steps: Annotated[int, Field(ge=0, le=4)] = 0
    reasons: Annotated[ListOf[Text], Field(examples=['["relationship", "other"]'])] = (
        "relationship",
        "budget known",
        "competitor locked in",
        "data is wrong",
        "strategic",
        "other",
    )
    note_for: Annotated[ListOf[Text], Field(examples=['["other"]'])] = ()
    holdout: Share = 0.0

    @field_validator("reasons")
    @classmethod
    def _are_usable(cls, reasons: tuple[str, ...]) -> tuple[str, ...]:
        if not reasons:
            raise wrong('an empty list leaves no reason to override for; write reasons = ["relationship", "other"]')
        return _distinct(reasons)

    @model_validator(mode="after")
    def _asks_for_notes_on_its_own_reasons(self) -> Self:
        known = {reason.casefold() for reason in self.reasons}
        unknown = [reason for reason in self.note_for if reason.casefold() not in known]
        raise_any([Mistake(("note_for",), f"reason {unknown_choice(reason, self.reasons)}") for reason in unknown])
        return self


class Grades(Section):
    """[grades]: shares of the reference population for the policy "shares", else the lowest points or propensity of A to D."""

    policy: Literal["shares", "points", "propensity"] = "shares"
    shares: Annotated[dict[str, float], Field(examples=["{ A = 0.15, B = 0.20, C = 0.30, D = 0.20, F = 0.15 }"])] = {
        "A": 0.15,
        "B": 0.20,
        "C": 0.30,
        "D": 0.20,
        "F": 0.15,
    }
    cuts: Annotated[dict[str, float] | None, Field(examples=["{ A = 85, B = 70, C = 40, D = 20 }"])] = None

    @field_validator("shares")
    @classmethod
    def _sum_to_one(cls, shares: dict[str, float]) -> dict[str, float]:
        _check_grades(shares, GRADES)
        raise_any([Mistake((g,), f"{shown(s)} is no share; write a number above 0") for g, s in shares.items() if s <= 0])
        total = sum(shares.values())
        if abs(total - 1) > 1e-6:
            raise wrong(f"the shares sum to {total:.6g}; change them so that they sum to 1")
        return {grade: shares[grade] for grade in GRADES}

    @model_validator(mode="after")
    def _has_cuts_if_needed(self) -> Self:
        if self.policy == "shares":
            if self.cuts is not None:
                raise wrong('cuts do nothing with policy = "shares"; take them out, or write policy = "points"', "cuts")
            return self
        if self.cuts is None:
            example = "A = 85, B = 70, C = 40, D = 20" if self.policy == "points" else "A = 0.20, B = 0.10, C = 0.05, D = 0.02"
            raise wrong(f'policy = "{self.policy}" needs the least value of each grade; write cuts = {{ {example} }}', "cuts")
        _check_cuts(self.cuts, 100 if self.policy == "points" else 1)
        return self


class Disparity(Section):
    """[disparity]: how far the two opinions may be apart (points, 0–100), how many accounts come under review, in what order."""

    measure: Literal["rank", "points", "grade"] = "rank"
    threshold: Annotated[float, Field(ge=0, le=100)] = 40
    capacity: Annotated[int, Field(ge=0)] = 0
    order: Literal["value_of_information", "disparity"] = "value_of_information"
    audit_share: Share = 0.10
    customers: bool = False


class Final(Section):
    """[final]: who decides where no override is in force. `blend_weight` is the model's weight and counts with "blend" alone."""

    policy: Literal["model", "plan", "higher", "lower", "blend"] = "model"
    blend_weight: Share = 0.5


class Store(Section):
    """[store]: the database of scores and overrides. A path in an SQLite URL is relative to the project folder."""

    url: str = "sqlite:///.lastword/lastword.db"

    @field_validator("url")
    @classmethod
    def _is_supported(cls, url: str) -> str:
        if not re.match(r"sqlite:///.|postgresql://.", url):
            raise wrong(
                f'{shown(url)} is no store; write url = "sqlite:///.lastword/lastword.db" or url = "postgresql://user@host/db"'
            )
        return url


class Runs(Section):
    """[runs]: how many publications keep their scores and the tables of their run; 0: all do."""

    keep: Annotated[int, Field(ge=0)] = 100


class Mlflow(Section):
    """[mlflow]: where models are logged and under which name they are registered."""

    tracking_uri: str = "sqlite:///.lastword/mlflow.db"
    model_name: Text = "propensity"

    @field_validator("tracking_uri")
    @classmethod
    def _is_supported(cls, uri: str) -> str:
        if not re.match(r"sqlite:///.|(postgresql|mysql|mssql)(\+\w+)?://.|https?://.|databricks", uri):
            example = 'tracking_uri = "sqlite:///.lastword/mlflow.db" or tracking_uri = "https://mlflow.example.com"'
            raise wrong(f"{shown(uri)} is no tracking server or database; write {example}")
        return uri


class Engine(Section):
    """[engine]: what computes the features. `master` is for Spark alone."""

    name: Literal["duckdb", "spark"] = "duckdb"
    master: Annotated[str | None, Field(min_length=1, examples=['"local[2]"'])] = None
    memory_limit: str = "3GB"

    @field_validator("memory_limit")
    @classmethod
    def _is_a_size(cls, limit: str) -> str:
        if not re.fullmatch(r"(?!0+(\.0*)?\s*[KMGT])\d+(\.\d+)?\s*[KMGT]i?B", limit, re.IGNORECASE):
            raise wrong(f'{shown(limit)} is no size of memory; write memory_limit = "8GB"')
        return limit

    @model_validator(mode="after")
    def _has_a_master_with_spark_alone(self) -> Self:
        if self.master is not None and self.name != "spark":
            raise wrong('master is for Spark alone; take it out, or write name = "spark"', "master")
        return self


class SingleSignOn(Section):
    """[web.single_sign_on]: an OpenID Connect provider. `role_claim` names the claim whose values `roles` maps to ours."""

    name: Text = "single sign-on"
    issuer: Annotated[str, Field(examples=['"https://login.example.com/acme"'])]
    client_id: Annotated[Text, Field(examples=['"lastword"'])]
    role_claim: Text = "groups"
    roles: Annotated[dict[str, Role], Field(examples=['{ "sales-ops" = "reviewer" }'])] = {}
    default_role: Annotated[Role | None, Field(examples=['"viewer"'])] = None

    @field_validator("issuer")
    @classmethod
    def _is_an_address(cls, issuer: str) -> str:
        if not re.match(r"https://[^/?#]|http://(localhost|127\.0\.0\.1)([:/]|$)", issuer):
            raise wrong(f'{shown(issuer)} is no issuer; write its https address, as in issuer = "https://login.example.com/acme"')
        return issuer.removesuffix("/.well-known/openid-configuration")

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not self.roles and self.default_role is None:
            raise wrong('nobody could sign in; write roles = { "sales-ops" = "reviewer" } or default_role = "viewer"', "roles")
        return self


class Web(Section):
    """[web]: who may reach the review application, and how they sign in. Safe on this computer as it is."""

    hosts: Annotated[ListOf[Text], Field(examples=['["lastword.example.com"]'])] = ()
    https: bool = False
    proxies: Annotated[int, Field(ge=0, le=9)] = 0
    session_hours: Annotated[float, Field(gt=0, le=720)] = 12
    password_sign_in: bool = True
    single_sign_on: Annotated[SingleSignOn | None, Field(examples=['{ issuer = "https://…", client_id = "…" }'])] = None

    @field_validator("hosts")
    @classmethod
    def _are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        advice = 'write its name alone, as in hosts = ["lastword.example.com"]'
        wrong_ones = [i for i, host in enumerate(hosts) if not re.fullmatch(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host)]
        raise_any([Mistake((i,), f"{shown(hosts[i])} is no host; {advice}") for i in wrong_ones])
        return _distinct(hosts)

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if not self.password_sign_in and self.single_sign_on is None:
            raise wrong("nobody could sign in; write true, or add a section [web.single_sign_on]", "password_sign_in")
        return self


class Settings(Section):
    """All of lastword.toml. Everything but `inputs` has a default."""

    name: Text = "Acme"
    currency: Annotated[str, Field(examples=['"USD"'])] = "USD"
    as_of: Annotated[date | Literal["today"], PlainValidator(_read_as_of)] = "today"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 7
    inputs: Inputs
    columns: Annotated[dict[str, dict[str, Text]], Field(examples=['{ accounts = { account_id = "Id" } }'])] = {}
    features: Features = Features()
    model: Model = Model()
    overrides: Overrides = Overrides()
    grades: Grades = Grades()
    disparity: Disparity = Disparity()
    final: Final = Final()
    spend: Spend = Spend()
    customers: Customers = Customers()
    capacity: Capacity = Capacity()
    triggers: Annotated[ListOf[Trigger], Field(examples=['[{ name = "new parent", parent = true }]'])] = ()
    notify: Notify = Notify()
    store: Store = Store()
    runs: Runs = Runs()
    mlflow: Mlflow = Mlflow()
    engine: Engine = Engine()
    web: Web = Web()
    salesforce: Salesforce = Salesforce()

    @field_validator("currency")
    @classmethod
    def _is_a_code(cls, currency: str) -> str:
        if not re.fullmatch("[A-Z]{3}", currency):
            raise wrong(f'{shown(currency)} is no currency code; write three capital letters, as in currency = "USD"')
        return currency

    @field_validator("triggers")
    @classmethod
    def _are_told_apart(cls, triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
        return check_names(triggers)

    @field_validator("columns")
    @classmethod
    def _map_known_columns(cls, columns: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        raise_any([mistake for table, mapping in columns.items() for mistake in mapping_mistakes(table, mapping)])
        return columns


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    repeated = [i for i, name in enumerate(names) if name in names[:i]]
    raise_any([Mistake((i,), f"{shown(names[i])} is there twice; keep it once") for i in repeated])
    return names


def _check_grades(given: Mapping[str, float], expected: tuple[str, ...], *at: str) -> None:
    raise_any([Mistake((*at, grade), unknown_choice(grade, expected)) for grade in given if grade not in expected])
    absent = [grade for grade in expected if grade not in given]
    if absent:
        raise wrong(f"{', '.join(absent)} missing; give each of {', '.join(expected)} a number", *at)


def _check_cuts(cuts: Mapping[str, float], top: float) -> None:
    """One cut for every grade but the last, within 0 and `top`, falling from grade to grade."""
    grades = GRADES[:-1]
    _check_grades(cuts, grades, "cuts")
    outside = [grade for grade in grades if not 0 <= cuts[grade] <= top]
    raise_any([Mistake(("cuts", g), f"{shown(cuts[g])} is out of range; write a number from 0 to {top}") for g in outside])
    unordered = [(better, worse) for better, worse in pairwise(grades) if cuts[worse] >= cuts[better]]
    falls = "let cuts fall from A to D"
    raise_any([Mistake(("cuts", w), f"{cuts[w]:.12g} is not below {b}'s {cuts[b]:.12g}; {falls}") for b, w in unordered])
