"""The logarithm of features: to so many decimals that every engine gives the same number."""

import ibis

DECIMALS = 9
"""Engines' logarithms differ in the last bit, about the sixteenth digit, which could send a row down another branch of a tree."""


def ln(value: ibis.Value) -> ibis.Value:
    """The natural logarithm to nine decimals."""
    return value.ln().round(DECIMALS)
