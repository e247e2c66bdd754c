"""Constraints that several tables have."""

from functools import reduce
from operator import or_

from django.db import models


def one_of(field: str, values: tuple[str, ...], name: str) -> models.CheckConstraint:
    """The field has one of these values, or none."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}) | models.Q(**{field: None}), name=name)


def equals_one_of(field: str, values: tuple[str, ...], name: str) -> models.CheckConstraint:
    """The same for tables of a million rows: for IN, SQLite builds a small table with every row that is inserted."""
    return models.CheckConstraint(condition=reduce(or_, (models.Q(**{field: value}) for value in (*values, None))), name=name)
