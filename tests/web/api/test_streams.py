"""Streams hold one batch at a time."""

import io
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from lastword.contracts import FINAL_COLUMNS
from lastword.web.api.streams import csv_parts, parquet_parts

KNOWN = {
    "account_id": "=007",
    "name": "=SUM(A1)",
    "plan_points": 0.1,
    "coverage": True,
    "under_review": False,
    "tier": 1,
    "as_of": date(2026, 6, 1),
    "scored_at": datetime(2026, 6, 1, 6, tzinfo=UTC),
    "key_account": False,
}
ROW = dict.fromkeys(FINAL_COLUMNS) | KNOWN


@pytest.mark.parametrize("parts_of", [csv_parts, parquet_parts])
def test_a_batch_is_asked_for_when_the_one_before_has_gone(parts_of):
    asked = []

    def batches():
        for number in range(50):
            asked.append(number)
            yield [ROW] * 10

    parts = parts_of(batches())
    for _ in range(5):
        assert next(parts)
    assert len(asked) in (4, 5)


def test_the_cells_of_csv():
    header, line = b"".join(csv_parts([[ROW]])).decode().splitlines()
    cells = dict(zip(header.split(","), line.split(","), strict=True))
    assert {name: cell for name, cell in cells.items() if cell} == {
        "account_id": "=007",
        "name": "'=SUM(A1)",
        "plan_points": "0.1",
        "coverage": "true",
        "under_review": "false",
        "tier": "1",
        "as_of": "2026-06-01",
        "scored_at": "2026-06-01T06:00:00Z",
        "key_account": "false",
    }


def test_a_row_group_per_batch():
    file = pq.ParquetFile(io.BytesIO(b"".join(parquet_parts([[ROW] * 3, [ROW] * 2]))))
    assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == [3, 2]
    assert file.read().to_pylist() == [ROW] * 5
