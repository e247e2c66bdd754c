"""Runs expectations with Great Expectations. The only file that imports it, which takes seconds: all suites go in one call.

Great Expectations does not run on DuckDB. What has a row per account is checked as a frame; a long table is checked by
facts about it that the engine computed, which make a frame of one row.
"""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

type _Result = tuple[bool, Mapping[str, Any]]

_COUNTED = ("observed_value", "unexpected_count", "element_count", "missing_count")


@dataclass(frozen=True)
class Expectation:
    """What is expected of a frame: a sentence for people, and Great Expectations' class and arguments."""

    name: str
    kind: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Suite:
    """The expectations of one table and the frame that they are checked on."""

    table: str
    frame: pd.DataFrame
    expectations: Sequence[Expectation]


@dataclass(frozen=True)
class Outcome:
    """Whether an expectation of a table is met, and what was observed; None where nothing could be."""

    table: str
    name: str
    ok: bool
    observed: str | float | None

    def as_dict(self) -> dict[str, Any]:
        """The entry of validation.json."""
        return asdict(self)


def filled(column: str, mostly: float = 1.0) -> Expectation:
    """The column has a value in (nearly) every row."""
    name = f"{column} is given" + (f" for at least {mostly:.0%}" if mostly < 1 else "")
    return Expectation(name, "ExpectColumnValuesToNotBeNull", {"column": column, "mostly": mostly})


def unique(column: str) -> Expectation:
    """No value of the column comes twice."""
    return Expectation(f"{column} is unique", "ExpectColumnValuesToBeUnique", {"column": column})


def one_of(column: str, values: Iterable[Any]) -> Expectation:
    """The column's values, where there are any, are among those named."""
    allowed = list(values)
    name = f"{column} is one of {', '.join(map(str, allowed))}"
    return Expectation(name, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": allowed})


def between(column: str, least: float | None, most: float | None, mostly: float = 1.0) -> Expectation:
    """The column's values, where there are any, are within both bounds (None: no bound)."""
    name = f"{column} is {_range(least, most)}" + (f" for at least {mostly:.0%}" if mostly < 1 else "")
    arguments = {"column": column, "min_value": least, "max_value": most, "mostly": mostly}
    return Expectation(name, "ExpectColumnValuesToBeBetween", arguments)


def fact(name: str, column: str, least: float | None, most: float | None = None) -> Expectation:
    """The one value of a fact is within both bounds; `name` says what that means."""
    return Expectation(name, "ExpectColumnMaxToBeBetween", {"column": column, "min_value": least, "max_value": most})


def facts_suite(table: str, facts: Mapping[str, float], expectations: Iterable[Expectation]) -> Suite:
    """The suite of those expectations whose fact is known."""
    known = [expectation for expectation in expectations if expectation.arguments["column"] in facts]
    return Suite(table, pd.DataFrame([facts]).astype("float64"), known)


def run_suites(suites: Sequence[Suite]) -> list[Outcome]:
    """Check every suite on its frame.

    Returns
    -------
    list of Outcome
        In the order of the suites and of their expectations. One that cannot be checked is not met.
    """
    frames = _frames()
    return [outcome for suite in suites for outcome in _run(frames, suite)]


def run_in_batches(suites: Iterable[Suite]) -> list[Outcome]:
    """Check one suite on a table that comes in batches: what was observed is that of all of them together.

    Values that must not repeat are compared within a batch, and `mostly` has to hold in each.
    """
    frames = _frames()
    named: list[tuple[str, str]] = []
    found: list[list[_Result]] = []
    for suite in suites:
        named = [(suite.table, expectation.name) for expectation in suite.expectations]
        found.append(_results(frames, suite))
    together = [_together(results) for results in zip(*found, strict=True)]
    return [Outcome(table, name, ok, _observed(result)) for (table, name), (ok, result) in zip(named, together, strict=True)]


def load() -> None:
    """Import Great Expectations, which takes seconds of one core: to be done beside work that leaves it free."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations.expectations  # noqa: F401


def _frames() -> Any:
    """Great Expectations' view of frames in memory, one at a time, in a context that nothing is stored in or sent from."""
    load()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("lastword")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _run(frames: Any, suite: Suite) -> list[Outcome]:
    results = zip(suite.expectations, _results(frames, suite), strict=True)
    return [Outcome(suite.table, expectation.name, ok, _observed(result)) for expectation, (ok, result) in results]


def _results(frames: Any, suite: Suite) -> list[_Result]:
    """Whether each expectation of a suite is met, and what Great Expectations found."""
    import great_expectations as gx
    from great_expectations import expectations as known

    built = [
        getattr(known, expectation.kind)(**expectation.arguments, meta={"position": position})
        for position, expectation in enumerate(suite.expectations)
    ]
    if not built:
        return []
    checked = frames.get_batch({"dataframe": suite.frame}).validate(
        gx.ExpectationSuite(name=suite.table, expectations=built), result_format="SUMMARY"
    )
    results = {result.expectation_config.meta["position"]: result for result in checked.results}
    return [(bool(results[position].success), results[position].result) for position in range(len(built))]


def _together(results: Sequence[_Result]) -> _Result:
    """What was found of one expectation in all batches: counts add up, anything else is that of the first."""
    first = results[0][1]
    counts = [name for name in _COUNTED if isinstance(first.get(name), int)]
    return all(ok for ok, _ in results), {**first, **{name: sum(result[name] for _, result in results) for name in counts}}


def _observed(result: Mapping[str, Any]) -> str | float | None:
    """The value that was looked at, else how many values were not as expected."""
    if "observed_value" in result:
        value = result["observed_value"]
        return float(value) if isinstance(value, int | float) else None if value is None else str(value)
    if "unexpected_count" not in result:
        return None
    count, values = result["unexpected_count"], result["element_count"] - result.get("missing_count", 0)
    return f"{count:,} of {values:,} otherwise"


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:,.10g}"
    return f"at least {least:,.10g}" if most is None else f"between {least:,.10g} and {most:,.10g}"
