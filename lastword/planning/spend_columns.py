"""Whether accounts have the columns that [spend], [customers] and [[triggers]] name, told before a run spends its time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lastword.mistakes import did_you_mean, shown
from lastword.table_files import schema
from lastword.toml_lines import Place

if TYPE_CHECKING:
    from pathlib import Path

    from lastword.project import Project
    from lastword.settings import Settings

DERIVED = ("segment", "account_status")
"""What `when` may look at besides columns of accounts."""


def check_planning_columns(project: "Project", accounts: "Path") -> None:
    """Raise a ConfigurationError, naming the line, where lastword.toml looks at a column that the accounts file lacks.

    Or where a metric has no number in it.
    """
    available = schema(accounts).names
    settings = project.settings
    for at, name in [*_conditions(settings), *_metrics(settings), *_customer_columns(settings), *_trigger_columns(settings)]:
        known = [*available, *DERIVED] if "when" in at else available
        if name not in known:
            near = did_you_mean(name, known, quote=True) or "; take it out, or map it under [columns.accounts]"
            raise project.mistake(at, f"accounts have no column {shown(name)}{near}")
    for at, name in _metrics(settings):
        if not _has_numbers(accounts, name):
            raise project.mistake(at, f'{name} holds no numbers; write one that does, as in metric = "employee_count"')


def _conditions(settings: "Settings") -> Iterator[tuple[Place, str]]:
    for index, rule in enumerate(settings.spend.rules):
        yield from ((("spend", "rules", index, "when", name), name) for name in rule.when)


def _metrics(settings: "Settings") -> Iterator[tuple[Place, str]]:
    if settings.spend.metric is not None:
        yield ("spend", "metric"), settings.spend.metric
    for index, rule in enumerate(settings.spend.rules):
        if rule.metric is not None:
            yield ("spend", "rules", index, "metric"), rule.metric


def _customer_columns(settings: "Settings") -> Iterator[tuple[Place, str]]:
    for key in ("usage_change", "champion_left", "renewal_date"):
        name = getattr(settings.customers, key)
        if name is not None:
            yield ("customers", key), name


def _trigger_columns(settings: "Settings") -> Iterator[tuple[Place, str]]:
    for index, trigger in enumerate(settings.triggers):
        yield from ((("triggers", index, "when", name), name) for name in trigger.conditions)
        if trigger.column is not None:
            yield ("triggers", index, "column"), trigger.column


def _has_numbers(accounts: "Path", name: str) -> bool:
    import pandas as pd

    column = pd.read_parquet(accounts, columns=[name])[name]
    return column.isna().all() or bool(pd.to_numeric(column, errors="coerce").notna().any())
