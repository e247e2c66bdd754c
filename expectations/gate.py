"""The gate that every table passes: inputs before anything is computed, features and the final table before they are used."""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from expectations import accounts, intents, outcomes, scores, technographics
from expectations.intake import MOST_QUARANTINED, Choice, Input, TableReport, open_inputs, take_in, used_path, used_rows
from expectations.profile import profile
from expectations.report import write_page
from expectations.rules import Day
from expectations.suites import Expectation, Outcome, Suite, fact, facts_suite, load, run_in_batches, run_suites
from lastword.errors import Refusal
from lastword.project import Project

VALIDATION = "validation.json"

EXPECTATIONS: Mapping[str, tuple[Sequence[Expectation], Sequence[Expectation]]] = {
    "accounts": (accounts.ROWS, accounts.FACTS),
    "won": (outcomes.WON_ROWS, outcomes.WON_FACTS),
    "house_list": (outcomes.HOUSE_LIST_ROWS, outcomes.HOUSE_LIST_FACTS),
    "products": (outcomes.PRODUCTS_ROWS, outcomes.PRODUCTS_FACTS),
    "technographics": ((), technographics.FACTS),
    "intents": ((), intents.FACTS),
}
"""What is expected of an input's rows, and of the facts about it. What is about a column that it doesn't give is left out."""

FEW_QUARANTINED = fact("at most 5% of the rows are quarantined", "quarantined_share", None, 0.05)
"""Expected of every input."""


@dataclass(frozen=True)
class GateReport:
    """What the gate found. `ok`: the run may go on; an expectation that isn't met is a remark and doesn't stop it."""

    ok: bool
    tables: Mapping[str, TableReport]
    expectations: Sequence[Outcome]

    def as_dict(self) -> dict[str, Any]:
        """validation.json, as the contract has it."""
        return {
            "ok": self.ok,
            "tables": {name: table.as_dict() for name, table in self.tables.items()},
            "expectations": [outcome.as_dict() for outcome in self.expectations],
        }

    def to_json(self) -> str:
        """The text of validation.json."""
        return _as_json(self.as_dict())


def check_inputs(
    project: Project,
    connection: ibis.BaseBackend,
    folder: Path,
    as_of: date,
    today: date,
    choose: Choice | None = None,
) -> GateReport:
    """Read every input of a project and keep the rows that can be used.

    Writes `folder`/inputs/<table>.parquet (used rows in the source's order, technographics and intents in any, in our columns:
    text string, number float64, date date, flag boolean; columns that the source doesn't give are left out),
    `folder`/account_prints.parquet, `folder`/validation.json, a quarantine CSV per input with broken rows, and the page of the
    results.

    Parameters
    ----------
    project, connection
        Whose inputs, and the engine that reads them.
    folder
        The run folder.
    as_of
        Strictly before it is known: rows dated from it to `today` are not yet known.
    today
        After it nothing can be dated.
    choose
        Asked when account_prints.parquet is written, for the accounts of which alone technographics and intents are read; None,
        or where it gives None: of all. What is expected of the inputs as a whole isn't looked at anew then.

    Raises
    ------
    ConfigurationError
        A setting names a column or sheet that isn't there, or a URL that is no input.
    InputError
        An input is missing, cannot be read, or lacks a required column.
    Refusal
        Over 20 % of an input's rows are quarantined, or no account is left; everything above is written first.
    """
    inputs = open_inputs(project)
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load)
        tables = take_in(project, connection, inputs, folder, Day(as_of, today), choose)
        loading.result()
    partly = any(table.rows_passed_over for table in tables.values())
    suites = [suite for one in inputs for suite in _suites(connection, one, folder, tables, as_of, partly)]
    refusal = _refusal(project, tables)
    report = GateReport(refusal is None, tables, run_suites(suites))
    _write(report.as_dict(), folder, project.docs_folder)
    if refusal:
        raise refusal
    return report


def check_features(features: ibis.Table, folder: Path, docs_folder: Path | None = None) -> list[Outcome]:
    """Check the features table and add the outcomes to the run's validation.json and page.

    Parameters
    ----------
    features
        account_id, then a column per feature.
    folder
        The run folder.
    docs_folder
        Where the page is; the project's, as seen from the run folder, where not given.

    Raises
    ------
    Refusal
        An account_id is blank or comes twice. Other expectations that aren't met are remarks.
    """
    found = run_suites(scores.features_suites(features))
    on_ids = found[: scores.ID_EXPECTATIONS]
    _append(scores.FEATURES, found, all(one.ok for one in on_ids), folder, docs_folder)
    _refuse_unmet("the features", on_ids)
    return found


def check_final(final: Iterable[pd.DataFrame], folder: Path, docs_folder: Path | None = None) -> list[Outcome]:
    """Check the final table, in batches by account_id, as `check_features` does the features; nothing in it may break.

    Raises
    ------
    Refusal
        Any expectation isn't met: an id twice, a grade outside A–F, points outside 0–100, a covered account without a grade.
    """
    found = run_in_batches(scores.final_suite(batch) for batch in final)
    _append(scores.FINAL, found, all(one.ok for one in found), folder, docs_folder)
    _refuse_unmet("the final table", found)
    return found


def record_leakage(found: Mapping[str, Any], stopped: bool, folder: Path, docs_folder: Path) -> None:
    """Put what the leakage gate found into the run's validation.json, as `leakage`, and on its page.

    Parameters
    ----------
    found
        Lists of findings by outcome, as leakage.json has them.
    stopped
        Whether the run must not go on.
    """
    document = json.loads((folder / VALIDATION).read_text(encoding="utf-8"))
    _write(document | {"ok": document["ok"] and not stopped, "leakage": found}, folder, docs_folder)


def _suites(
    connection: ibis.BaseBackend, one: Input, folder: Path, tables: Mapping[str, TableReport], as_of: date, partly: bool
) -> list[Suite]:
    """The suites of an input: of its rows where it has few, of the facts about it always; only how it was read where `partly`."""
    report = tables[one.name]
    on_rows, on_facts = EXPECTATIONS[one.name] if not partly else ((), ())
    wanted = [expectation.arguments["column"] for expectation in on_facts]
    facts = profile(used_rows(connection, folder, one.name), wanted, as_of, tables["accounts"].rows_used)
    facts |= {"quarantined_share": report.rows_quarantined / report.rows_in} if report.rows_in else {}
    suites = [facts_suite(one.name, facts, (FEW_QUARANTINED, *on_facts))]
    given = {column.name for column in one.columns}
    checked = [expectation for expectation in on_rows if expectation.arguments["column"] in given]
    if checked:
        needed = list(dict.fromkeys(expectation.arguments["column"] for expectation in checked))
        suites.insert(0, Suite(one.name, pd.read_parquet(used_path(folder, one.name), columns=needed), checked))
    return suites


def _refusal(project: Project, tables: Mapping[str, TableReport]) -> Refusal | None:
    """Why the run must not go on; None where it may."""
    for name, table in tables.items():
        if table.broken:
            path = f"{project.state_folder.name}/{project.quarantine_folder.name}/{name}.csv"
            parts = ", ".join(f"{_percent(count, table.rows_in)} {reason}" for reason, count in table.reasons.items())
            return Refusal(
                f"{name}: {_percent(table.rows_quarantined, table.rows_in)} of {table.rows_in:,} rows are broken ({parts}), "
                f"at most {MOST_QUARANTINED:.0%} may be; see {path}"
            )
    if not tables["accounts"].rows_used:
        return Refusal("accounts: no usable row is left; a file with at least one account was expected")
    return None


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %"


def _refuse_unmet(what: str, found: Sequence[Outcome]) -> None:
    unmet = [f"{one.name} (observed: {one.observed})" for one in found if not one.ok]
    if unmet:
        more = f" and {len(unmet) - 1} more" if len(unmet) > 1 else ""
        raise Refusal(f"{what} broke an expectation: {unmet[0]}{more}; nothing was published, see validation.html")


def _append(table: str, found: Sequence[Outcome], ok: bool, folder: Path, docs_folder: Path | None) -> None:
    """Put the outcomes of a table in place of those it may have in validation.json, and render the page again."""
    document = json.loads((folder / VALIDATION).read_text(encoding="utf-8"))
    others = [entry for entry in document["expectations"] if entry["table"] != table]
    document["expectations"] = [*others, *(outcome.as_dict() for outcome in found)]
    document["ok"] = document["ok"] and ok
    _write(document, folder, docs_folder or folder.parent.parent / "docs")


def _write(document: Mapping[str, Any], folder: Path, docs_folder: Path) -> None:
    _replace_text(folder / VALIDATION, _as_json(document))
    docs_folder.mkdir(parents=True, exist_ok=True)
    write_page(document, folder.name, docs_folder / "validation.html")


def _replace_text(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
