"""The plan editor's parts as its templates show them: attributes with their shares, bands over the spread of their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lastword.planning.draft_text import FieldMistake
from lastword.planning.plan_draft import Draft, DraftAttribute, amount
from lastword.planning.plan_text import number

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning.spread import Scale, Spread
    from lastword.web.plan_ground import Ground

WIDTH, TOP, HEIGHT_ACCOUNTS, HEIGHT_WINS = 540, 22, 74, 44
AXIS = TOP + HEIGHT_ACCOUNTS
BOTTOM = AXIS + 2 + HEIGHT_WINS
MOST_OTHERS = 12


@dataclass(frozen=True)
class Weighed:
    """An attribute in the list: share is its part of the weights (0–1), None while a weight can't be read."""

    index: int
    name: str
    weight: str
    slider: float
    share: float | None
    here: bool
    mistakes: int


@dataclass(frozen=True)
class Row:
    """A band or a value with what is known of it; `end` is where a band ends ("" open), `kind`: part, other or unknown."""

    index: int
    kind: str
    title: str
    start: str
    end: str
    points: str
    accounts: int | None
    share: float | None
    rate: float | None
    low: float | None
    high: float | None
    wins: int | None
    movable: bool


def weighed(draft: Draft, chosen: int, mistakes: Sequence[FieldMistake]) -> list[Weighed]:
    """The attributes, each with its share and how many mistakes it has."""
    weights = [amount(each.weight) for each in draft.attributes]
    total = sum(each for each in weights if each is not None and each > 0)
    rows = []
    for index, (each, weight) in enumerate(zip(draft.attributes, weights, strict=True)):
        share = weight / total if weight is not None and weight >= 0 and total else None
        wrong = sum(mistake.field.startswith(f"attributes.{index}.") for mistake in mistakes)
        rows.append(Weighed(index, each.name, each.weight, max(0.0, weight or 0.0), share, index == chosen, wrong))
    return rows


def slider_end(draft: Draft) -> float:
    """Where the sliders of weights end: room for twice the highest."""
    weights = [amount(each.weight) or 0 for each in draft.attributes]
    return max(50.0, 10 * round(max(weights, default=0) / 5))


def attribute_view(ground: "Ground", draft: Draft, index: int) -> dict[str, Any]:
    """The chosen attribute: rows of its bands or values, what isn't listed, the drawing and the finding."""
    if not draft.attributes:
        return {}
    attribute = draft.attributes[index]
    values, past = ground.value_of(attribute.name)
    shared = {"attribute": attribute, "index": index, "at": f"attributes.{index}"}
    if attribute.kind == "quantitative":
        return shared | _banded(attribute, values, past)
    return shared | _valued(attribute, values, past)


def _banded(attribute: DraftAttribute, values: "pd.Series", past: "pd.DataFrame | None") -> dict[str, Any]:
    from lastword.planning.spread import band_figures, spread_of
    from models.scorecard import numbers_of

    numbers = numbers_of(values)
    then = None if past is None else numbers_of(past[attribute.name])
    won = None if past is None else past["won"].to_numpy(dtype=float)
    starts = [
        float("-inf") if not index and not each.min.strip() else amount(each.min) for index, each in enumerate(attribute.bands)
    ]
    sure = [each for each in starts if each is not None]
    readable = len(sure) == len(starts) > 0 and sorted(set(sure)) == sure
    account = None if past is None else past["account_id"]
    figures = band_figures(sure, numbers, then, won, account) if readable else None
    spread = spread_of(numbers, then, won)
    rows = _band_rows(attribute, figures, len(numbers))
    return {
        "rows": rows,
        "drawing": drawing(attribute, spread, sure if readable else []),
        "finding": _finding(rows),
        "others": [],
    }


def _valued(attribute: DraftAttribute, values: "pd.Series", past: "pd.DataFrame | None") -> dict[str, Any]:
    from lastword.planning.spread import value_figures

    listed = [each.value for each in attribute.values]
    then = None if past is None else past[attribute.name]
    won = None if past is None else past["won"].to_numpy(dtype=float)
    account = None if past is None else past["account_id"]
    figures, others = value_figures(listed, values, then, won, account)
    places = [("part", each.value, each.points) for each in attribute.values]
    places += [("other", "any other value", attribute.default), ("unknown", "unknown", "")]
    rows = [
        _row(place, kind, title, "", "", points, figures, len(values), False)
        for place, (kind, title, points) in enumerate(places)
    ]
    return {
        "rows": rows,
        "others": others[:MOST_OTHERS],
        "more_others": max(0, len(others) - MOST_OTHERS),
        "finding": _finding(rows),
    }


def _band_rows(attribute: DraftAttribute, figures: "pd.DataFrame | None", accounts: int) -> list[Row]:
    ends = [each.min for each in attribute.bands[1:]] + [""]
    rows = []
    for index, (band, end) in enumerate(zip(attribute.bands, ends, strict=True)):
        movable = index > 0 or bool(band.min.strip())
        rows.append(_row(index, "part", _range(band.min, end), band.min, end, band.points, figures, accounts, movable))
    return [*rows, _row(len(rows), "unknown", "unknown", "", "", "", figures, accounts, False)]


def _row(
    place: int,
    kind: str,
    title: str,
    start: str,
    end: str,
    points: str,
    figures: "pd.DataFrame | None",
    accounts: int,
    movable: bool,
) -> Row:
    found: Mapping[Any, Any] = {} if figures is None else figures.iloc[place].to_dict()
    known = {name: None if value != value else value for name, value in found.items()}
    count, wins = known.get("accounts"), known.get("wins")
    share = None if count is None or not accounts else count / accounts
    return Row(
        index=place,
        kind=kind,
        title=title,
        start=start,
        end=end,
        points=points,
        accounts=_whole(count),
        share=share,
        rate=known.get("rate"),
        low=known.get("low"),
        high=known.get("high"),
        wins=_whole(wins),
        movable=movable,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _range(start: str, end: str) -> str:
    if not start.strip():
        return f"under {end}" if end.strip() else "any number"
    return f"{start} to {end}" if end.strip() else f"{start} or more"


def _finding(rows: Sequence[Row]) -> str:
    """What the rows say of winning, in one sentence."""
    known = [row for row in rows if row.rate is not None and row.kind == "part"]
    wins = sum(row.wins or 0 for row in rows)
    if not known or not wins:
        return "How accounts spread; the run kept no past wins to set beside them"
    best = max(known, key=lambda row: row.low or 0)
    least = min(known, key=lambda row: row.high if row.high is not None else 1)
    if best.low is not None and least.high is not None and best.low > least.high:
        return f"Past wins are most frequent at {best.title}: {best.rate:.1%} won, at {least.title} {least.rate:.1%}".replace(
            "%", " %"
        )
    return "Past wins are about as frequent in every part: the intervals of their rates overlap"


def drawing(attribute: DraftAttribute, spread: "Spread", starts: Sequence[float]) -> dict[str, Any]:
    """What the picture of accounts and past wins over the bands is drawn from, in its own units."""
    scale, width = spread.scale, WIDTH / len(spread.bins)
    most = [max(1, int(spread.bins[name].max())) for name in ("accounts", "wins")]
    bars = []
    for index, row in enumerate(spread.bins.itertuples()):
        up, down = HEIGHT_ACCOUNTS * row.accounts / most[0], HEIGHT_WINS * row.wins / most[1]
        bars.append({"x": _px(index * width + 0.5), "up": _px(up), "y": _px(AXIS - up), "down": _px(down)})
    return {
        "scale": scale,
        "bars": bars,
        "bar_width": _px(width - 1),
        "bands": _drawn_bands(attribute, scale, starts),
        "ticks": [{"x": _px(max(14, min(WIDTH - 14, WIDTH * scale.place(each)))), "text": _tick(each)} for each in scale.ticks()],
        "width": WIDTH,
        "axis": AXIS,
        "under": AXIS + 2,
        "bottom": BOTTOM,
        "height": BOTTOM + 16,
        "bins": spread.bins.to_dict("records"),
        "known": spread.known,
        "unknown": spread.unknown,
    }


def _drawn_bands(attribute: DraftAttribute, scale: "Scale", starts: Sequence[float]) -> list[dict[str, Any]]:
    """The bands as areas, each with the border where it starts; the areas of a plan with mistakes aren't drawn."""
    if not starts:
        return []
    places = [0.0 if index == 0 and start == float("-inf") else scale.place(start) for index, start in enumerate(starts)]
    points = [amount(each.points) or 0 for each in attribute.bands]
    most = max(points) or 1
    drawn = []
    for index, (place, end) in enumerate(zip(places, [*places[1:], 1.0], strict=True)):
        movable = index > 0 or starts[0] != float("-inf")
        drawn.append(
            {
                "index": index,
                "x": _px(WIDTH * place),
                "width": _px(max(0.0, WIDTH * (end - place))),
                "middle": _px(WIDTH * (place + end) / 2),
                "points": attribute.bands[index].points,
                "strength": _px(0.06 + 0.3 * points[index] / most, 3),
                "movable": movable,
                "value": attribute.bands[index].min,
                "now": number(starts[index]) if movable else "",
            }
        )
    return drawn


def _px(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}"


def _tick(value: float) -> str:
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
