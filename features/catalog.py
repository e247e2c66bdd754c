"""Every feature: its name, family, kind, when it is known, what null and absence mean, and the function that computes it.

The one list. A feature that isn't here doesn't exist; a feature that is here is built, checked, trained on, explained and
documented without a further edit. To add one, write its function in the family's module and name it here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import ibis

from features import firmographic, intent, technographic
from lastword.contracts import AFTER_WIN_COLUMNS

Family = Literal["firmographic", "technographic", "intent"]
Kind = Literal["numeric", "category", "flag"]
Known = Literal["as_of", "always", "after_win"]
Expression = Callable[[ibis.Table], ibis.Value]

VERSION = "1"
"""Changes with the meaning of any feature, so that a model is never served features it wasn't trained on."""


@dataclass(frozen=True)
class Feature:
    """One column of the features table.

    Attributes
    ----------
    name
        The column's name, which is also what people read in reasons.
    family
        Which table it comes from: accounts, technographics or intents.
    kind
        `numeric` and `flag` are float64 (a flag is 0 or 1), `category` is text; null means unknown in all of them.
    known
        `as_of`: computed from what is dated before the as-of date. `always`: today's snapshot of a fact that predates any
        win. `after_win`: only customers have it, so that it never reaches the propensity model.
    null_means
        In words, for the documentation and the data scientist.
    expression
        Ibis expression over the family's prepared table: a scalar per account for accounts, an aggregate for the others.
    absent
        The value of an account without a row in a table that is given (0: none was seen). Where the table itself is not
        given the value is null.
    column
        The column of accounts that it repeats, where it is one; null throughout where a source lacks it.
    logarithm_of
        What it is ln(1 + x) of: people read that name and x itself.
    """

    name: str
    family: Family
    kind: Kind
    known: Known
    null_means: str
    expression: Expression
    absent: float | None = None
    column: str | None = None
    logarithm_of: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The names that become columns of their own: those with enough support when the model was trained."""

    technologies: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def union(self, other: "Vocabulary") -> "Vocabulary":
        """This vocabulary, then the names of `other` that it lacks."""
        return Vocabulary(
            *(
                tuple(dict.fromkeys((*getattr(self, field), *getattr(other, field))))
                for field in ("technologies", "categories", "topics")
            )
        )


FIRMOGRAPHIC = (
    Feature(
        "log_employees",
        "firmographic",
        "numeric",
        "always",
        "size not given",
        firmographic.log_employees,
        logarithm_of="employee_count",
    ),
    Feature(
        "log_revenue",
        "firmographic",
        "numeric",
        "always",
        "revenue not given",
        firmographic.log_revenue,
        logarithm_of="annual_revenue",
    ),
    Feature(
        "log_revenue_per_employee",
        "firmographic",
        "numeric",
        "always",
        "revenue or size not given, or no employees",
        firmographic.log_revenue_per_employee,
        logarithm_of="revenue_per_employee",
    ),
    Feature("age_years", "firmographic", "numeric", "as_of", "founding year not given", firmographic.age_years),
    Feature("has_parent", "firmographic", "flag", "always", "no account names a parent", firmographic.has_parent),
    Feature("siblings", "firmographic", "numeric", "always", "no account names a parent", firmographic.siblings),
    *(
        Feature(name, "firmographic", "category", "always", "not given", partial(firmographic.column, name=name), column=name)
        for name in ("industry", "sub_industry", "region", "sub_region", "country", "ownership")
    ),
)

TECHNOGRAPHIC = (
    Feature("technologies", "technographic", "numeric", "as_of", "no technographics", technographic.technologies, absent=0),
    Feature(
        "days_since_adoption",
        "technographic",
        "numeric",
        "as_of",
        "no dated adoption of a technology",
        technographic.days_since_adoption,
    ),
    Feature("adoptions_180_days", "technographic", "numeric", "as_of", "no technographics", technographic.adoptions, absent=0),
    Feature("removals_180_days", "technographic", "numeric", "as_of", "no technographics", technographic.removals, absent=0),
)

INTENT = (
    Feature("intent", "intent", "numeric", "as_of", "no intents", intent.decayed, absent=0),
    Feature("signals_7_days", "intent", "numeric", "as_of", "no intents", intent.signals_7_days, absent=0),
    Feature("signals_30_days", "intent", "numeric", "as_of", "no intents", intent.signals_30_days, absent=0),
    Feature("signals_90_days", "intent", "numeric", "as_of", "no intents", intent.signals_90_days, absent=0),
    Feature("distinct_topics", "intent", "numeric", "as_of", "no intents", intent.distinct_topics, absent=0),
    Feature("days_since_signal", "intent", "numeric", "as_of", "no signal within the window", intent.days_since_signal),
    Feature("intent_trend", "intent", "numeric", "as_of", "no intents", intent.trend, absent=0),
    Feature("intent_surge", "intent", "numeric", "as_of", "too few signals to tell", intent.surge),
    Feature("surging_topics", "intent", "numeric", "as_of", "no intents", intent.surging_topics, absent=0),
)


def catalog(vocabulary: Vocabulary, further: Mapping[str, Any] | None = None) -> tuple[Feature, ...]:
    """All features, those of a vocabulary and of a project's further columns included.

    Parameters
    ----------
    vocabulary
        Technologies, technology categories and topics that get a column each.
    further
        `[features] columns` of lastword.toml: by column of accounts, its `kind` and when it is `known`.

    Returns
    -------
    tuple of Feature
        Names are unique. `after_win` features are listed so that their exclusion can be reported; they aren't for training.
    """
    declared = {name: Declared("numeric", "after_win") for name in AFTER_WIN_COLUMNS} | dict(further or {})
    own = {feature.name for feature in FIRMOGRAPHIC}
    return (
        *FIRMOGRAPHIC,
        *(further_column(name, column) for name, column in declared.items() if name not in own),
        *TECHNOGRAPHIC,
        *(technology_feature(name) for name in vocabulary.technologies),
        *(category_feature(name) for name in vocabulary.categories),
        *INTENT,
        *(topic_feature(name) for name in vocabulary.topics),
    )


@dataclass(frozen=True)
class Declared:
    """What a further column of accounts is: the same two facts that `[features] columns` gives."""

    kind: Kind
    known: Literal["always", "after_win"]


def further_column(name: str, declared: Any) -> Feature:
    """A further column of accounts, as `[features] columns` declares it."""
    column = {"category": firmographic.column, "flag": firmographic.flag, "numeric": firmographic.number}[declared.kind]
    expression = partial(column, name=name)
    return Feature(name, "firmographic", declared.kind, declared.known, "not given", expression, column=name)


def technology_feature(name: str) -> Feature:
    """1 where the account uses the technology."""
    use = partial(technographic.uses, technology=name)
    return Feature(f"technology:{name}", "technographic", "flag", "as_of", "no technographics", use, absent=0)


def category_feature(name: str) -> Feature:
    """How many technologies of a category the account uses."""
    count = partial(technographic.in_category, category=name)
    return Feature(f"technology_category:{name}", "technographic", "numeric", "as_of", "no technographics", count, absent=0)


def topic_feature(name: str) -> Feature:
    """Decayed strength of the account's signals on a topic."""
    strength = partial(intent.topic, topic=name)
    return Feature(f"intent:{name}", "intent", "numeric", "as_of", "no intents", strength, absent=0)
