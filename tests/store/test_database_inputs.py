"""Inputs that are tables of a real PostgreSQL database."""

from datetime import date

import psycopg
import pytest

from expectations.sources import open_source
from lastword.errors import InputError
from lastword.settings import InputSource
from tests.gate_project import pass_gate, reasons, used, write_project

pytestmark = pytest.mark.postgres

TABLES = """
CREATE SCHEMA crm;
CREATE TABLE crm."Account List" ("Id" bigint, "Full ""Name" text, employees integer, revenue numeric(12, 2), public boolean);
INSERT INTO crm."Account List" VALUES (42, 'One', 10, 1234.50, true), (7, '=Two', -1, 'NaN', false), (8, 'Ünï', NULL, 0, NULL);
CREATE VIEW won AS SELECT * FROM (VALUES
  (42, timestamptz '2025-03-01 23:30:00-05', 'P%s'), (7, NULL, ''), (7, timestamptz '2025-01-01 00:00Z', NULL),
  (8, timestamptz '2025-01-01 00:00Z', NULL), (9, timestamptz '2025-01-01 00:00Z', NULL)) AS wins (account_id, won_on, product);
CREATE TABLE house_list (account_id text);
"""


@pytest.fixture(scope="module")
def database_url(postgres_server):
    url = postgres_server.url(postgres_server.new_database())
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
    return url


def test_tables_and_views_pass_the_gate(tmp_path, database_url):
    settings = """
[columns.accounts]
account_id = "Id"
name = 'Full "Name'
employee_count = "employees"
annual_revenue = "revenue"
[features]
columns.public = { kind = "flag", known = "always" }
"""
    inputs = {
        "accounts": f'"{database_url}?table=crm.Account List"',
        "won": f'"{database_url}?table=won&application_name=test"',
        "house_list": f'{{ path = "{database_url}?table=public.house_list" }}',
    }
    project = write_project(tmp_path, settings, inputs)
    report = pass_gate(project)
    accounts = used(project, "accounts")
    assert accounts["account_id"] == ["42", "7", "8"]
    assert accounts["name"] == ["One", "=Two", "Ünï"]
    assert accounts["employee_count"] == [10.0, None, None]
    assert accounts["annual_revenue"] == [1234.5, None, 0.0]
    assert accounts["public"] == [True, False, None]
    assert used(project, "won") == {
        "account_id": ["42", "7", "7", "8"],
        "won_on": [date(2025, 3, 2), date(2025, 1, 1), None, date(2025, 1, 1)],
        "product": ["P%s", None, None, None],
    }
    assert reasons(project, "won") == [("5", "unknown_account_id")]
    assert report.tables["accounts"].cell_issues == {"annual_revenue: unreadable": 1, "employee_count: negative": 1}
    assert used(project, "house_list") == {"account_id": []}


@pytest.mark.parametrize("name", ["nothing", "crm.nothing", "no.such.table.here"])
def test_a_table_that_is_not_there_is_said_in_one_line(tmp_path, database_url, name):
    with pytest.raises(InputError, match=r"won: postgresql://.*\?table=.* cannot be read: ") as error:
        open_source("won", InputSource(path=f"{database_url}?table={name}"), tmp_path)
    assert "\n" not in str(error.value)
