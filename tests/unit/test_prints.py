"""Which accounts changed, seen by their fingerprints."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.gate_project import RUN, take_rows, write_project

ACCOUNTS = "account_id,name,parent_account_id\na1,One,p\na2,Two,p\na3,Three,\na4,Four,\n"
WON = "account_id,won_on\na1,2026-01-15\n"
SIGNALS = "account_id,topic,observed_on,strength\na1,erp,2026-05-01,50\na2,erp,2026-05-02,60\na2,erp,2026-05-02,60\n"


def prints(folder, **files):
    project = write_project(folder, **({"accounts": ACCOUNTS, "won": WON, "intents": SIGNALS} | files))
    take_rows(project)
    return {row["account_id"]: row for row in pq.read_table(project.run_folder(RUN) / "account_prints.parquet").to_pylist()}


def changed(before, after):
    return [account for account in after if account not in before or before[account]["print"] != after[account]["print"]]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, []),
        ({"accounts": ACCOUNTS.replace("Three", "Drei")}, ["a3"]),
        ({"won": WON + "a4,2026-02-01\n"}, ["a4"]),
        ({"intents": SIGNALS.replace("2026-05-01,50", "2026-05-01,51")}, ["a1"]),
        ({"intents": SIGNALS.replace("a2,erp,2026-05-02,60\na2,erp,2026-05-02,60\n", "")}, ["a2"]),  # two equal rows went
        ({"house_list": "account_id\na2\na3\na4\n"}, ["a4"]),
        ({"accounts": ACCOUNTS + "a5,Five,\n"}, ["a5"]),
        ({"accounts": ACCOUNTS + "a5,Five,p\n"}, ["a1", "a2", "a5"]),  # who has a sibling more is another prospect
        (
            {
                "intents": "".join(reversed(SIGNALS.splitlines(keepends=True)[1:])).join(
                    [SIGNALS.splitlines(keepends=True)[0], ""]
                )
            },
            [],
        ),
    ],
)
def test_the_accounts_are_seen_of_which_any_row_changed_came_or_went(tmp_path, files, expected):
    before = prints(tmp_path / "before")
    assert changed(before, prints(tmp_path / "after", **files)) == expected


def test_the_newest_row_of_an_account_is_the_latest_that_is_known(tmp_path):
    later = SIGNALS + "a1,erp,2026-06-01,1\na3,erp,2027-01-01,1\na4,erp,2026-05-31,1\n"
    found = prints(tmp_path, intents=later, house_list="account_id,listed_on\na3,2025-03-01\na9,2026-05-30\n")
    assert {account: str(row["newest"]) for account, row in found.items()} == {
        "a1": "2026-05-01",
        "a2": "2026-05-02",
        "a3": "2025-03-01",
        "a4": "2026-05-31",
    }


def test_the_type_in_which_a_value_is_kept_is_no_change(tmp_path):
    signals = pd.DataFrame({"account_id": ["a1", "a2"], "topic": ["erp", "erp"], "strength": [50, 60]})
    days = pd.to_datetime(["2026-05-01", "2026-05-02"])
    found = []
    for folder, columns in (("one", {"observed_on": days.date}), ("other", {"observed_on": days, "strength": [50.0, 60.0]})):
        project = write_project(tmp_path / folder, inputs={"intents": '"data/intents.parquet"'})
        signals.assign(**columns).to_parquet(project.folder / "data" / "intents.parquet", index=False)
        take_rows(project)
        found.append(pq.read_table(project.run_folder(RUN) / "account_prints.parquet"))
    assert found[0].equals(found[1])
