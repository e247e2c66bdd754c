"""The package as one workbook: a summary with native charts, the accounts and the totals, each with filters."""

import io
from typing import TYPE_CHECKING, Any

from lastword.handover.tables import OPINIONS, Origin, by_grade, by_region, totals

if TYPE_CHECKING:
    import pandas as pd

_COLOURS = {"plan": "#C8501E", "model": "#0B62A8", "final": "#1D2733"}
_MONEY, _POINTS, _SHARE, _COUNT = "#,##0", "0.0", "0.0%", "#,##0"
_NUMBERS = {
    "potential_spend": _MONEY,
    "expected_value": _MONEY,
    "propensity": _SHARE,
    "plan_points": _POINTS,
    "model_points": _POINTS,
    "accounts": _COUNT,
    "key_accounts": _COUNT,
}
_CHART_ROWS = 16


def workbook_of(accounts: "pd.DataFrame", segments: "pd.DataFrame", origin: Origin, name: str) -> bytes:
    """The bytes of the .xlsx: sheets summary, accounts and segments.

    Raises
    ------
    Refusal
        The accounts don't fit a worksheet. `name` is the file's, for the message.
    """
    import xlsxwriter

    from overrides.workbook import OPTIONS, fill_sheet

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as workbook:
        workbook.set_properties(
            {
                "title": f"{origin.project}: hand-over of run {origin.run_id}",
                "created": origin.published_at.replace(tzinfo=None),
            }
        )
        _Summary(workbook, accounts, origin).write()
        fill_sheet(workbook, [accounts], "accounts", name, _NUMBERS)
        fill_sheet(workbook, [segments], "segments", name, _NUMBERS)
    return buffer.getvalue()


class _Summary:
    """The first sheet, from the top down: what it is, figures by grade and by region, and their charts."""

    def __init__(self, workbook: Any, accounts: "pd.DataFrame", origin: Origin) -> None:
        self.workbook, self.origin = workbook, origin
        self.sheet = workbook.add_worksheet("summary")
        self.totals, self.grades, self.regions = totals(accounts), by_grade(accounts), by_region(accounts)
        self.row = 0
        self.title = workbook.add_format({"bold": True, "font_size": 16})
        self.head = workbook.add_format({"bold": True, "bottom": 1})
        self.right = workbook.add_format({"bold": True, "bottom": 1, "align": "right"})
        self.number = workbook.add_format({"num_format": _COUNT, "align": "right"})
        self.left = workbook.add_format({"num_format": _COUNT, "align": "left"})

    def write(self) -> None:
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_column(0, 0, 26)
        self.sheet.set_column(1, 5, 16)
        self._line(f"{self.origin.project}: hand-over", style=self.title)
        for label, value in self._facts():
            self._line(label, value)
        self.row += 1
        money = f"in {self.origin.currency}"
        first = self._table(self.grades, ["final grade", *OPINIONS, f"potential {money}", f"expected {money}"])
        self.row += 1
        regions = self.regions.rename(columns={"good": "final A or B"})
        regions = regions[["region", "accounts", "final A or B", "key_accounts", "potential_spend", "expected_value"]]
        second = self._table(
            regions, ["region", "accounts", "final A or B", "key accounts", f"potential {money}", f"expected {money}"]
        )
        self._charts(first, second)

    def _facts(self) -> list[tuple[str, Any]]:
        origin = self.origin
        model = f"{origin.model_name} {origin.model_version}" if origin.model_version else "none: the plan alone"
        return [
            ("run", origin.run_id),
            ("scored as of", f"{origin.as_of:%Y-%m-%d}"),
            ("published at (UTC)", f"{origin.published_at:%Y-%m-%d %H:%M}"),
            ("model", model),
            ("plan", origin.plan_version),
            ("final policy", origin.policy),
            ("accounts", self.totals["accounts"]),
            ("key accounts", self.totals["key_accounts"]),
            ("decided by a person", self.totals["overridden"]),
        ]

    def _line(self, label: str, value: Any = None, style: Any = None) -> None:
        self.sheet.write_string(self.row, 0, label, style)
        if isinstance(value, int):
            self.sheet.write_number(self.row, 1, value, self.left)
        elif value is not None:
            self.sheet.write_string(self.row, 1, str(value))
        self.row += 1

    def _table(self, table: "pd.DataFrame", heads: list[str]) -> tuple[int, int]:
        """Write a table whose first column is text; the first and the last row of its body."""
        for place, head in enumerate(heads):
            self.sheet.write_string(self.row, place, head, self.right if place else self.head)
        first = self.row + 1
        for values in table.itertuples(index=False):
            self.row += 1
            self.sheet.write_string(self.row, 0, str(values[0]))
            for place, value in enumerate(values[1:], start=1):
                if value == value:
                    self.sheet.write_number(self.row, place, value, self.number)
        last, self.row = self.row, self.row + 1
        return first, last

    def _charts(self, grades: tuple[int, int], regions: tuple[int, int]) -> None:
        by_grade = self.workbook.add_chart({"type": "column"})
        for place, opinion in enumerate(OPINIONS, start=1):
            by_grade.add_series(self._series(grades, place) | {"name": opinion, "fill": {"color": _COLOURS[opinion]}})
        by_region = self.workbook.add_chart({"type": "bar"})
        by_region.add_series(self._series(regions, 5) | {"name": "expected value", "fill": {"color": _COLOURS["model"]}})
        by_region.set_y_axis({"reverse": True})
        by_region.set_x_axis({"num_format": _MONEY, "major_gridlines": {"visible": True, "line": {"color": "#D9DEE4"}}})
        by_region.set_legend({"none": True})
        by_grade.set_y_axis({"num_format": _COUNT, "major_gridlines": {"visible": True, "line": {"color": "#D9DEE4"}}})
        by_grade.set_legend({"position": "top"})
        self._place(by_grade, "Accounts per grade", 7, 0, "Accounts per grade by the plan, by the model and in the end")
        title = f"Expected value by region, {self.origin.currency}"
        self._place(by_region, title, 7, _CHART_ROWS + 1, title)

    def _series(self, rows: tuple[int, int], column: int) -> dict[str, Any]:
        first, last = rows
        return {"categories": ["summary", first, 0, last, 0], "values": ["summary", first, column, last, column], "gap": 60}

    def _place(self, chart: Any, title: str, column: int, row: int, said: str) -> None:
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_size({"width": 560, "height": 300})
        self.sheet.insert_chart(row, column, chart, {"description": said})
