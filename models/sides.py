"""One opinion on many accounts, attribute by attribute: a matrix, from which come the long rows of reasons and why two part.

A side's columns are its attributes, then "(other)" of each family, then what closes its sum ("(base)", "(scale)"). What is
worked out for an account hangs on no other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models.gap import BASE, CAUSES, OTHER, SCALE, causes, trait

type Floats = NDArray[np.float64]

UNKNOWN = -1


@dataclass(frozen=True)
class Side:
    """What one source says of accounts.

    Attributes
    ----------
    source
        "model" or "plan".
    accounts
        account_id; of those without an opinion nothing is shown.
    labels
        (attribute, family) of each column.
    points
        A row per account, a column per label; 0 where there is no row of reasons.
    shown
        Where there is one.
    value
        Which of `texts` the attribute's value reads as; UNKNOWN where it is, and for labels in parentheses.
    """

    source: str
    accounts: pd.Index
    labels: tuple[tuple[str, str], ...]
    points: Floats
    shown: NDArray[np.bool_]
    value: NDArray[np.int32]
    texts: tuple[str, ...]


def side_of(
    source: str,
    contributions: pd.DataFrame,
    families: Sequence[str],
    values: pd.DataFrame,
    closing: Mapping[str, Floats],
    *,
    kinds: Mapping[str, str],
    nulls: Mapping[str, str],
    smallest: float,
    known: NDArray[np.bool_] | None = None,
) -> Side:
    """The side of these contributions, in points: those under `smallest` pooled by family.

    Parameters
    ----------
    contributions : index account_id, a column per attribute.
    families : of each column.
    values : the attributes themselves, rows in the same order.
    closing : label → points of each account, always shown.
    kinds, nulls : see `models.explain.model_side`.
    known : the accounts on which there is an opinion; all where None.
    """
    names, cells = list(contributions.columns), contributions.to_numpy(dtype=float)
    distinct = list(dict.fromkeys(families))
    opinion = np.ones((len(cells), 1), dtype=bool) if known is None else known[:, None]
    kept = (np.abs(cells) >= smallest) & opinion
    small = np.where(kept | ~opinion, 0.0, cells)
    pooled = np.column_stack([_sums(small, np.array(families) == family) for family in distinct] or [np.empty((len(cells), 0))])
    closed = np.where(opinion, np.column_stack(list(closing.values())), 0.0)
    value, texts = _read(values, names, kept, kinds, nulls, pooled.shape[1] + closed.shape[1])
    return Side(
        source,
        contributions.index,
        (*zip(names, families, strict=True), *((OTHER, family) for family in distinct), *((name, name) for name in closing)),
        np.hstack([np.where(kept, cells, 0.0), pooled, closed]),
        np.hstack([kept, pooled != 0, np.broadcast_to(opinion, closed.shape)]),
        value,
        texts,
    )


def reason_rows(sides: Sequence[Side], plan_attributes: Collection[str] | None = None) -> pa.Table:
    """The sides' rows of reasons, account by account as the accounts stand, and of an account side by side as these are given.

    Columns account_id, source, attribute, family, contribution, value (null where unknown) and, where the plan's attributes are
    given, cause (see `models.gap.causes`). Texts are dictionaries.
    """
    shown = np.hstack([side.shown for side in sides])
    row, label = np.nonzero(shown)
    names = [name for side in sides for name in side.labels]
    texts, value = _all_values(sides)
    code = value[shown]
    sources = [side.source for side in sides for _ in side.labels]
    columns = {
        "account_id": _coded(row.astype(np.int32), sides[0].accounts),
        "source": _named(sources, label),
        "attribute": _named([attribute for attribute, _ in names], label),
        "family": _named([family for _, family in names], label),
        "contribution": pa.array(np.hstack([side.points for side in sides])[shown]),
        "value": _coded(code, texts),
    }
    if plan_attributes is not None:
        own = pd.DataFrame({"source": sources, "attribute": [attribute for attribute, _ in names], "value": "known"})
        of_label = pd.Index(CAUSES).get_indexer(causes(own, plan_attributes))
        missing = (code == UNKNOWN) & ~_summaries(names)[label]
        columns["cause"] = _coded(np.where(missing, CAUSES.index("missing_data"), of_label[label]).astype(np.int8), CAUSES)
    return pa.table(columns)


def whys(model: Side, plan: Side, chosen: NDArray[np.bool_], n: int = 3) -> pd.DataFrame:
    """What drives the two opinions on some of the accounts apart: why and why_family by account_id.

    `models.explain.why_each` and `models.gap.widest_families` of their reasons. Of the accounts chosen those on which both have
    an opinion; why_family is null where no attribute parts them.
    """
    rows = np.flatnonzero(chosen & model.shown.any(axis=1) & plan.shown.any(axis=1))
    names = (*model.labels, *plan.labels)
    gap = np.hstack([model.points[rows], -plan.points[rows]])
    said = [_why(model, plan, row, labels) for row, labels in zip(rows.tolist(), _pushing(gap, names, n), strict=True)]
    return pd.DataFrame(
        {"why": pd.array(said, dtype="str"), "why_family": pd.array(_widest(gap, names), dtype="str")},
        index=model.accounts[rows].rename("account_id"),
    )


def _pushing(gap: Floats, names: Sequence[tuple[str, str]], n: int) -> list[list[int]]:
    """The `n` labels of each account that push hardest towards its gap, of equal ones the first in the alphabet."""
    own = np.flatnonzero(~_summaries(names))
    own = own[np.argsort(np.array([attribute for attribute, _ in names])[own], kind="stable")]
    push = gap[:, own] * np.sign(gap.sum(axis=1))[:, None]
    found: list[list[int]] = [[] for _ in gap]
    for _ in range(min(n, len(own))):
        best = push.argmax(axis=1)
        for row in np.flatnonzero(push[np.arange(len(push)), best] > 0):
            found[row].append(int(own[best[row]]))
        push[np.arange(len(push)), best] = -np.inf
    return found


def _why(model: Side, plan: Side, row: int, labels: Sequence[int]) -> str:
    said: dict[str, list[str]] = {}
    for label in labels:
        side, column = (model, label) if label < len(model.labels) else (plan, label - len(model.labels))
        code = side.value[row, column]
        named = trait(side.labels[column][0], None if code == UNKNOWN else side.texts[code])
        said.setdefault(side.source, []).append(f"{named} {signed_points(side.points[row, column])}")
    return "; ".join(f"{source}: {', '.join(said[source])}" for source in sorted(said))


def signed_points(points: float) -> str:
    """Points with their sign, a decimal under 1."""
    return f"{points:+.0f}" if abs(points) >= 1 else f"{points:+.1f}"


def _widest(gap: Floats, names: Sequence[tuple[str, str]]) -> list[str | None]:
    """The family with the largest part of each gap, the first in the alphabet of equal ones; None where none has any."""
    own = np.array([attribute not in (BASE, SCALE) for attribute, _ in names])
    of = np.array([family for _, family in names])
    families = sorted(set(of[own]))
    if not families:
        return [None] * len(gap)
    parts = np.abs(np.column_stack([_sums(gap, own & (of == family)) for family in families]))
    widest = parts.argmax(axis=1)
    return [families[each] if part[each] > 0 else None for each, part in zip(widest, parts, strict=True)]


def _sums(cells: Floats, columns: NDArray[np.bool_]) -> Floats:
    """Row sums of some columns, one added after the other: to the last bit the same for a row whichever others there are."""
    total = np.zeros(len(cells))
    for column in np.flatnonzero(columns):
        total += cells[:, column]
    return total


def _summaries(names: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    return np.array([attribute in (BASE, OTHER, SCALE) for attribute, _ in names], dtype=bool)


def _coded(codes: NDArray[Any], texts: Sequence[str] | pd.Index) -> pa.DictionaryArray:
    written = pa.array(texts, pa.large_string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == UNKNOWN), written)


def _named(names: Sequence[str], label: NDArray[np.intp]) -> pa.DictionaryArray:
    """The name of each label, of which few differ."""
    codes, distinct = pd.factorize(np.array(names, dtype=object))
    return _coded(codes.astype(np.int16)[label], distinct)


def _all_values(sides: Sequence[Side]) -> tuple[list[str], NDArray[np.int32]]:
    """The texts of all sides, each once, and the codes by these."""
    distinct: dict[str, int] = {}
    parts = []
    for side in sides:
        places = [distinct.setdefault(text, len(distinct)) for text in side.texts]
        parts.append(np.array([*places, UNKNOWN], dtype=np.int32)[side.value])
    return list(distinct), np.hstack(parts)


def _read(
    values: pd.DataFrame,
    names: Sequence[str],
    kept: NDArray[np.bool_],
    kinds: Mapping[str, str],
    nulls: Mapping[str, str],
    unread: int,
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes and texts of the values that are kept, followed by columns without a value."""
    codes = np.full((kept.shape[0], kept.shape[1] + unread), UNKNOWN, dtype=np.int32)
    texts: list[str] = []
    for column, name in enumerate(names):
        rows = np.flatnonzero(kept[:, column])
        found, distinct = _texts(values[name].take(rows), kinds.get(name), nulls.get(name))
        codes[rows, column] = np.where(found == UNKNOWN, UNKNOWN, found + len(texts))
        texts += distinct
    return codes, tuple(texts)


def _texts(values: pd.Series, kind: str | None, null: str | None) -> tuple[NDArray[np.intp], list[str]]:
    """Values as people read them, as codes and texts: numbers to four significant digits, flags as yes and no.

    UNKNOWN where null, or `null` where this is given.
    """
    codes, texts = _known_texts(values, kind)
    return (codes, texts) if null is None else (np.where(codes == UNKNOWN, len(texts), codes), [*texts, null])


def _known_texts(values: pd.Series, kind: str | None) -> tuple[NDArray[np.intp], list[str]]:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        codes, distinct = pd.factorize(values)
        return codes, pd.Series(distinct).astype("str").tolist()
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    if kind == "flag" or pd.api.types.is_bool_dtype(values.dtype):
        return np.where(np.isnan(numbers), UNKNOWN, numbers != 0).astype(np.intp), ["no", "yes"]
    codes, several = pd.factorize(np.where(np.isfinite(numbers), numbers, np.nan) + 0.0)  # + 0.0: −0 is 0
    return codes, _significant(several)


def _significant(numbers: Floats) -> list[str]:
    """Numbers as text, to four significant digits."""
    size = np.floor(np.log10(np.abs(numbers), out=np.zeros_like(numbers), where=np.abs(numbers) > 1e-12))
    power = 10.0 ** np.abs(size - 3)
    rounded = np.where(size >= 3, np.round(numbers / power) * power, np.round(numbers * power) / power)
    written: list[str] = pa.array(rounded).cast(pa.string()).to_pylist()
    return written
