"""The final table through the API: pages, moments, formats, and what hasn't changed."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from lastword.contracts import FINAL_COLUMNS
from overrides.filters import Filters
from overrides.final import final_as_of, final_table
from overrides.ledger import add, revoke
from overrides.spreadsheet import write_table
from tests.stores import scores_of
from tests.web.api.callers import BASE, Caller, content_of
from tests.web.api.conftest import ACCOUNTS, PUBLISHED_AT


def override(project, account, grade="A", now=None, **more):
    return add(account, grade, "other", "", "ana", None, now or datetime.now(UTC), project.settings, **more)


def as_given(frame):
    """A table of pandas as the API's JSON says it."""
    from lastword.results import records

    return records(frame)


def test_every_filter_of_the_table_is_a_parameter():
    from lastword.web.api.queries import FilterQuery

    assert list(FilterQuery.model_fields) == list(Filters.__dataclass_fields__)


def test_before_anything_is_published_the_table_is_empty(served):
    caller = Caller()
    assert caller.get("/final-scores").json() == {"rows": [], "next": None, "run_id": None, "published_at": None}
    assert caller.get("/final-scores/007").status_code == 404
    assert content_of(caller.get("/final-scores?format=csv")).decode() == ",".join(FINAL_COLUMNS) + "\r\n"


def test_the_table_has_the_columns_of_the_contract_in_their_order(published):
    answer = Caller().get("/final-scores").json()
    assert [row["account_id"] for row in answer["rows"]] == sorted(ACCOUNTS)
    assert all(tuple(row) == FINAL_COLUMNS for row in answer["rows"])
    assert answer["run_id"] == "r1"
    assert answer["published_at"] == "2026-06-01T06:00:00Z"
    assert answer["rows"] == as_given(final_table())


def test_filters_are_alternatives_within_a_field_and_all_must_hold(published):
    caller = Caller()

    def found(query):
        return {row["account_id"] for row in caller.get(f"/final-scores?{query}").json()["rows"]}

    assert found("model_grade=A&model_grade=B") == {"007", "a/1", "x#y?z%", "z9"}
    assert found("model_grade=A&region=EMEA") == {"007", "x#y?z%"}
    assert found("region=none") == {"b 2"}
    assert found("search=0") == {"007"}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10_000])
def test_walking_the_pages_gives_every_account_once_while_people_decide(published, limit):
    caller, seen, path = Caller(), [], f"/final-scores?limit={limit}"
    while path:
        answer = caller.get(path).json()
        seen += [row["account_id"] for row in answer["rows"]]
        override(published, ACCOUNTS[len(seen) % len(ACCOUNTS)], "F")
        path = answer["next"]
    assert seen == sorted(ACCOUNTS)


def test_the_table_as_it_stood(published):
    day = timedelta(days=1)
    override(published, "007", "F", PUBLISHED_AT + 1 * day)
    published.publish(scores_of(ACCOUNTS[:3], PUBLISHED_AT + 2 * day), "r2", PUBLISHED_AT + 2 * day)
    revoke("007", "", "ana", PUBLISHED_AT + 3 * day)
    caller = Caller()
    for instant in (PUBLISHED_AT + n * day / 2 for n in range(9)):
        answer = caller.get("/final-scores", {"as_of": f"{instant:%Y-%m-%dT%H:%M:%SZ}"}).json()
        assert answer["rows"] == as_given(final_as_of(instant))
    row = caller.get("/final-scores/007?as_of=2026-06-02").json()
    assert (row["final_grade"], row["decided_by"], row["override_at"]) == ("F", "override", "2026-06-02T06:00:00Z")
    assert caller.get("/final-scores/007?as_of=2026-06-04").json()["decided_by"] == "model"


def test_a_date_is_the_end_of_that_day_and_a_time_may_have_a_zone(published):
    caller = Caller()
    assert caller.get("/final-scores?as_of=2026-06-01").json()["run_id"] == "r1"
    assert (
        caller.get("/final-scores?as_of=2026-05-31")
        .json()["detail"]
        .startswith("nothing had been published by 2026-05-31T23:59:59Z")
    )
    assert caller.get("/final-scores?as_of=2026-06-01T08:00:00%2B02:00").json()["run_id"] == "r1"
    assert caller.get("/final-scores?as_of=2026-06-01T07:59:59%2B02:00").status_code == 409
    assert caller.get("/final-scores", {"as_of": date.today().isoformat()}).status_code == 200
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert "in the future" in caller.get("/final-scores", {"as_of": f"{tomorrow}"}).json()["detail"]


@pytest.mark.parametrize("query", ["", "region=EMEA", "as_of=2026-06-01", "search=nobody"])
def test_csv_and_parquet_say_what_json_says(published, query):
    override(published, "z9", "D")
    caller = Caller()
    rows = caller.get(f"/final-scores?{query}").json()["rows"]
    text = content_of(caller.get(f"/final-scores?{query}&format=csv")).decode()
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["account_id"] for row in read] == [row["account_id"] for row in rows]
    for mine, theirs in zip(read, rows, strict=True):
        assert mine == {name: in_csv(name, value) for name, value in theirs.items()}
    table = pq.read_table(io.BytesIO(content_of(caller.get(f"/final-scores?{query}&format=parquet"))))
    assert tuple(table.column_names) == FINAL_COLUMNS
    assert [{name: in_json(value) for name, value in row.items()} for row in table.to_pylist()] == rows


def in_json(value):
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value


def in_csv(name, value):
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return f"'{text}" if name != "account_id" and text.startswith("=") else text


def test_csv_and_parquet_are_the_files_of_lastword_export(published, tmp_path):
    override(published, "b 2", "A")
    for format in ("csv", "parquet"):
        write_table(final_table(), tmp_path / f"table.{format}")
    caller = Caller()
    assert content_of(caller.get("/final-scores?format=csv")) == (tmp_path / "table.csv").read_bytes()
    table = pq.read_table(io.BytesIO(content_of(caller.get("/final-scores?format=parquet"))))
    assert table.equals(pq.read_table(tmp_path / "table.parquet"))


def test_accept_chooses_the_format_and_the_parameter_wins(published):
    caller = Caller()
    answer = caller.get("/final-scores", accept="text/csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "Accept" in answer["Vary"]
    assert (
        caller.get("/final-scores", accept="application/vnd.apache.parquet")["Content-Type"] == "application/vnd.apache.parquet"
    )
    assert caller.get("/final-scores?format=json", accept="text/csv")["Content-Type"] == "application/json"
    assert caller.get("/final-scores", accept="text/html, */*;q=0.1")["Content-Type"] == "application/json"
    assert caller.get("/final-scores", accept="image/png").status_code == 406


def test_a_page_of_csv_names_the_next(published):
    caller = Caller()
    first = caller.get("/final-scores?format=csv&limit=4")
    assert content_of(first).count(b"\r\n") == 5
    link = first["Link"].removeprefix("<").partition(">")[0]
    rest = content_of(caller.get(link)).decode().splitlines()[1:]
    assert [line.partition(",")[0] for line in rest] == sorted(ACCOUNTS)[4:]


def test_what_has_not_changed_is_not_sent_again(published):
    caller = Caller()
    etag = caller.get("/final-scores")["ETag"]
    unchanged = caller.get("/final-scores", if_none_match=etag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert caller.get("/final-scores?format=csv", if_none_match=etag).status_code == 200
    modified = caller.get("/final-scores")["Last-Modified"]
    assert caller.get("/final-scores", if_modified_since=modified).status_code == 304
    override(published, "007", "F")
    changed = caller.get("/final-scores", if_none_match=etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag
    assert caller.get("/final-scores", if_modified_since=modified).status_code == 200


def test_right_after_a_change_nothing_is_told_by_its_second(published):
    override(published, "007", "F")
    assert "Last-Modified" not in Caller().get("/final-scores")


@pytest.mark.parametrize("query", ["owner=", "owner=ana", "queued_days=2.."])
def test_what_changes_by_itself_is_always_sent(published, query):
    assert "ETag" not in Caller().get(f"/final-scores?{query}")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_by_its_id_whatever_is_in_it(published, account):
    row = Caller().get(f"/final-scores/{quote(account, safe='')}").json()
    assert row["account_id"] == account
    assert [row] == as_given(final_table([account]))


def test_an_account_that_is_unknown_names_the_nearest(published):
    answer = Caller().get("/final-scores/08")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "account '08' is unknown to the current scores; nearest is '007'"
    later = Caller().get("/final-scores/007?as_of=2026-05-01")
    assert later.status_code == 409


def test_an_account_without_a_score_at_that_time_is_told_from_one_that_never_was(published):
    published.publish(scores_of([*ACCOUNTS, "new"], PUBLISHED_AT + timedelta(days=2)), "r2", PUBLISHED_AT + timedelta(days=2))
    answer = Caller().get("/final-scores/new?as_of=2026-06-01")
    assert answer.json()["detail"] == "account 'new' had no score as of 2026-06-01T23:59:59Z: it has one now"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("regoin=EMEA", "parameter 'regoin' is unknown; did you mean region?"),
        ("final_grade=E", "filter final_grade: 'E' is unknown: expected one of A, B, C, D, F, none"),
        ("plan_points=20-80", "filter plan_points: '20-80' is no range: expected LOW..HIGH, LOW.. or ..HIGH in numbers"),
        ("limit=0", "limit: Input should be greater than or equal to 1"),
        ("limit=many", "limit: Input should be a valid integer, unable to parse string as an integer"),
        ("format=xml", "format: Input should be 'json', 'csv' or 'parquet'"),
        ("as_of=yesterday", "as_of 'yesterday' is no date or time: expected YYYY-MM-DD"),
        ("after=abc", "the place 'abc' in the pages can't be read"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(published, query, said):
    answer = Caller().get(f"/final-scores?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)
    assert answer.json()["type"] == "/api/v1/docs#wrong-value"


def test_the_address_of_the_next_page_keeps_the_filter(published):
    following = Caller().get("/final-scores?region=EMEA&region=APAC&limit=2").json()["next"]
    assert following.startswith(f"http://localhost{BASE}/final-scores?region=EMEA&region=APAC&limit=2&after=")
