"""Every row that goes into the gate comes out of it in one way, whatever the rows are."""

import csv
import io
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate_project import AS_OF, RUN, quarantined, take_rows, write_project

IDS = ["a1", "a2", " a1", "A1", "0", "00", "é", "=x"]
blank = st.sampled_from(["", " ", "\t", "\u00a0"])
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
ids = st.sampled_from(IDS) | blank | anything
near = st.integers(-200, 400).map(lambda days: str(AS_OF + timedelta(days=days)))
dates = near | blank | st.sampled_from(["2025-02-30", "2026-05-31T23:00:00-05:00", "31/12/2025", "1066-10-14"]) | anything
numbers = st.integers(-5, 200).map(str) | blank | st.sampled_from(["1e3", "nan", "inf", "1,5", "٣"]) | anything


def table(*cells):
    """Rows of these cells, now and then with one too many or too few."""
    row = st.tuples(*cells).map(list)
    return st.lists(row | row | row | row.map(lambda cells: [*cells, "more"]) | row.map(lambda cells: cells[:-1]), max_size=15)


def as_csv(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


HEADERS = {
    "accounts": ["account_id", "name", "employee_count", "founded_year"],
    "won": ["account_id", "won_on", "amount"],
    "house_list": ["account_id", "listed_on"],
    "technographics": ["account_id", "technology", "first_seen", "last_seen"],
    "intents": ["account_id", "topic", "observed_on", "strength"],
    "products": ["account_id", "product", "owned_since"],
}
ROWS = {
    "accounts": table(ids, anything, numbers, numbers),
    "won": table(ids, dates, numbers),
    "house_list": table(ids, dates),
    "technographics": table(ids, anything, dates, dates),
    "intents": table(ids, anything, dates, numbers),
    "products": table(ids, anything, dates),
}


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries(ROWS))
def test_every_row_is_used_not_yet_known_or_quarantined(rows):
    rows["accounts"] = [[one, "Name", "1", "1990"] for one in IDS[:4]] + rows["accounts"]
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder), **{name: as_csv(HEADERS[name], lines) for name, lines in rows.items()})
        run = project.run_folder(RUN)
        tables = take_rows(project)
        for name, report in tables.items():
            kept = pq.read_table(run / "inputs" / f"{name}.parquet")
            broken = quarantined(project, name)
            assert report.rows_in == len(rows[name])
            assert report.rows_in == report.rows_used + report.rows_not_yet_known + report.rows_quarantined
            assert (len(kept), len(broken)) == (report.rows_used, report.rows_quarantined)
            assert sum(report.reasons.values()) == report.rows_quarantined
            check_used(name, kept, pq.read_table(run / "inputs" / "accounts.parquet")["account_id"].to_pylist())
            check_lines(name, rows[name], broken)


def check_used(name, kept, accounts):
    """What is used has a known id and is dated before the as-of date; keys of one column don't repeat."""
    used = kept["account_id"].to_pylist()
    assert all(one.strip() for one in used)
    assert set(used) <= set(accounts)
    assert name not in ("accounts", "house_list") or len(used) == len(set(used))
    for column in ("won_on", "listed_on", "observed_on", "first_seen", "last_seen", "owned_since"):
        if column in kept.column_names:
            assert all(day is None or date(1900, 1, 1) <= day < AS_OF for day in kept[column].to_pylist())


def check_lines(name, rows, broken):
    """The line of a quarantined row is where the source has it."""
    starts, line = {}, 2
    for cells in rows:
        starts[str(line)] = cells
        line += lines_of(cells)
    assert [row["line"] for row in broken] == sorted((row["line"] for row in broken), key=int)
    for row in broken:
        cells = starts[row["line"]]
        assert (len(cells) == len(HEADERS[name])) == (row["reason"] != "unreadable_row")
        assert row["account_id"] == cells[0]


def lines_of(cells):
    """How many lines the row takes in the file; a carriage return, a line feed or both end one."""
    return as_csv(cells, []).replace("\r\n", "\n").replace("\r", "\n").count("\n")
