"""Constraints that several tables have."""

from django.db import models


def one_of(field: str, values: tuple[str, ...], name: str) -> models.CheckConstraint:
    """The field has one of these values, or none."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}) | models.Q(**{field: None}), name=name)
