"""One look for every chart: colours that colour-blind readers tell apart, text large enough to print, no decoration."""

import json
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import altair as alt

type Row = dict[str, Any]

INK, MUTED, LINE = "#1d2733", "#5b6775", "#d9dee4"
COLOURS = {"model": "#0b62a8", "plan": "#c8501e", "blend": "#3c8c6c", "chance": "#8490a0"}
"""By opinion, Okabe and Ito's blue, vermilion and green made darker to be read as text; the same everywhere."""
DASHES = {"model": [1, 0], "plan": [6, 2], "blend": [2, 2], "chance": [1, 3]}
"""Lines differ by more than their colour."""
OPINIONS = tuple(COLOURS)
WIDTH, HEIGHT = 330, 190

_DRAWN_ROLES = re.compile(r' role="graphics-[a-z]+"| aria-roledescription="[^"]*"')
"""What Vega says of the parts of a picture, which has one text as a whole."""

PERCENT = "format(round(datum.value * 1000) / 10, '~r') + ' %'"
"""Labels of an axis of shares."""


def chart_of(rows: Sequence[Row]) -> "alt.Chart":
    """An empty chart on these rows, which become part of its specification.

    As JSON text: Altair copies and checks every cell of a list at every step, which takes longer than drawing.
    """
    import altair as alt

    text = json.dumps(list(rows), ensure_ascii=False, allow_nan=False)
    return alt.Chart(alt.InlineData(values=text, format=alt.JsonDataFormat(type="json")))


def finished(
    chart: Any, title: str, description: str, label: str = "", *, width: int = WIDTH, height: int | None = HEIGHT
) -> Any:
    """The chart in the one style.

    Parameters
    ----------
    title : what is shown, in a few words.
    description : what a reader who can't see it needs to know; it becomes the picture's text for screen readers.
    label : a line under the title that must not be missed ("look-alike: not a forecast"); "" for none.
    height : None where the rows decide.
    """
    import altair as alt

    heading = alt.TitleParams(title, subtitle=label) if label else alt.TitleParams(title)
    size = {} if width == 0 else {"width": width} | ({} if height is None else {"height": height})
    text = f"{title}. {description}" + (f" {label}." if label else "")
    return chart.properties(title=heading, description=text, **size).configure(**_config())


def opinion_colour(present: Sequence[str]) -> "alt.Color":
    """The colour channel for a field `opinion`, with a legend above the chart."""
    import altair as alt

    shown = [name for name in OPINIONS if name in present]
    scale = alt.Scale(domain=shown, range=[COLOURS[name] for name in shown])
    return alt.Color("opinion:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def opinion_dash(present: Sequence[str]) -> "alt.StrokeDash":
    """The dashes that go with `opinion_colour`."""
    import altair as alt

    shown = [name for name in OPINIONS if name in present]
    scale = alt.Scale(domain=shown, range=[DASHES[name] for name in shown])
    return alt.StrokeDash("opinion:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def measured(figure: Any) -> TypeGuard[dict[str, float]]:
    """Whether a figure {estimate, low, high} is there with all its parts."""
    return isinstance(figure, dict) and all(is_number(figure.get(name)) for name in ("estimate", "low", "high"))


def is_number(value: Any) -> TypeGuard[float]:
    """A number that is known: neither null nor NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def to_svg(chart: Any) -> str:
    """The chart as one <svg> element with a text for screen readers; the same chart gives the same bytes.

    Drawn by vl-convert inside this process: no browser, no network.
    """
    import altair as alt
    import vl_convert

    specification = chart.to_dict(validate=False)
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    svg = vl_convert.vegalite_to_svg(specification, vl_version=version, allowed_base_urls=[])
    svg = _DRAWN_ROLES.sub("", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(specification.get("description", ""))}" ', 1)


def _config() -> dict[str, Any]:
    font = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"
    return {
        "aria": False,  # the whole picture has one text; thousands of labels on its points would only be read out
        "background": "white",
        "font": font,
        "view": {"stroke": None},
        "title": {"anchor": "start", "color": INK, "fontSize": 13, "fontWeight": 600, "offset": 8, "subtitleColor": MUTED},
        "axis": {
            "domainColor": MUTED,
            "gridColor": LINE,
            "labelColor": INK,
            "labelFontSize": 11,
            "labelLimit": 190,
            "tickColor": MUTED,
            "titleColor": MUTED,
            "titleFontSize": 11,
            "titleFontWeight": 400,
        },
        "legend": {"labelColor": INK, "labelFontSize": 11, "symbolStrokeWidth": 2.5, "titleColor": MUTED, "offset": 4},
        "header": {"labelColor": INK, "labelFontSize": 11, "labelFontWeight": 600, "title": None, "titleColor": MUTED},
        "rule": {"color": MUTED},
        "text": {"color": INK, "fontSize": 11},
    }
