"""Which accounts changed is seen on both engines, though the fingerprints of each are its own."""

import pyarrow.parquet as pq

from expectations.intake import open_inputs, take_in
from expectations.rules import Day
from tests.gate_project import AS_OF, RUN, TODAY, write_project

BEFORE = {
    "accounts": "account_id,name,employee_count\na1,One,10\na2,Two,\na3,Three,30\n",
    "intents": "account_id,topic,observed_on\na1,erp,2026-05-01\na1,erp,2026-05-01\na2,crm,2026-07-01\n",
}
AFTER = {
    "accounts": "account_id,name,employee_count\na1,One,10\na2,Two,20\na3,Three,30\n",
    "intents": "account_id,topic,observed_on\na2,crm,2026-07-01\n",
}


def prints(connection, folder, files):
    project = write_project(folder, **files)
    run = project.run_folder(RUN)
    run.mkdir(parents=True, exist_ok=True)
    take_in(project, connection, open_inputs(project), run, Day(AS_OF, TODAY))
    rows = pq.read_table(run / "account_prints.parquet").to_pylist()
    return {row["account_id"]: row["print"] for row in rows}, [row["newest"] and row["newest"].isoformat() for row in rows]


def test_an_account_has_another_print_where_any_of_its_rows_changed_came_or_went(engines, tmp_path):
    for name, connection in engines.items():
        before, newest = prints(connection, tmp_path / name, BEFORE)
        after, _ = prints(connection, tmp_path / name, AFTER)
        assert [account for account in before if before[account] != after[account]] == ["a1", "a2"]
        assert newest == ["2026-05-01", None, None]  # a signal of July isn't known on 1 June
