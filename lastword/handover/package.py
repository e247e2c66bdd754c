"""A package of a published run: read from the store, made into files, put where it was asked for, all or nothing."""

import hashlib
import io
import itertools
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import results
from lastword.errors import Refusal, refuse_os_error
from lastword.handover.document import summary_pdf
from lastword.handover.tables import Origin, accounts_table, segments_table
from lastword.handover.words import reasons_in_words
from lastword.handover.workbook import workbook_of
from lastword.salesforce.rows import csv_of, salesforce_rows

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project
    from lastword.settings import Salesforce

    type Tell = Callable[[str, int, int], None]

MANIFEST = "manifest.json"
KIND = "lastword handover"
"""What a manifest says it is, so that nothing else is ever written over."""

STEPS = 5
"""How many steps making a package tells."""

_ACCOUNTS_AT_ONCE = 20_000
_TRIES = 5


@dataclass(frozen=True)
class HandedOver:
    """A package that was written: where, and its manifest."""

    path: Path
    manifest: Mapping[str, Any]


def hand_over(project: "Project", target: Path, now: datetime, *, force: bool = False, tell: "Tell | None" = None) -> HandedOver:
    """Write the package of the current publication into the folder or .zip `target`.

    A package of the same run there is replaced, also an older state of it. `tell` hears each step in words, and its number.

    Raises
    ------
    Refusal
        Nothing is published; `target` is no package, has files of somebody else or, without `force`, is of another run; it can't
        be written. What was there before is untouched then.
    """
    step = _counted(tell)
    step("Reading the final table and its reasons")
    accounts, origin = handed_accounts(project, now)
    _refuse_unless_ours(target, origin.run_id, force=force)
    files, rows = package_files(accounts, origin, project.settings.salesforce, step)
    step("Writing the package")
    manifest = manifest_of(files, rows, origin, now)
    files[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    if _is_zip(target):
        _write_zip(files, target, origin)
    else:
        _write_folder(files, target)
    return HandedOver(target, manifest)


def handed_accounts(project: "Project", now: datetime) -> "tuple[pd.DataFrame, Origin]":
    """The accounts of the current publication as they are handed over (tables.ACCOUNT_COLUMNS), and where they come from.

    Raises
    ------
    Refusal : nothing has been published yet.
    """
    final, plan_grades, origin = _read_store(project, now)
    reasons = _reasons(project, final)
    return accounts_table(final, plan_grades, _parents(project, final), reasons), origin


def package_files(
    accounts: "pd.DataFrame", origin: Origin, salesforce: "Salesforce", step: Callable[[str], None] = lambda said: None
) -> tuple[dict[str, bytes], dict[str, int]]:
    """The files of a package but its manifest, by name, and the rows of those that have any; `step` hears what comes next."""
    step("Making the tables")
    segments = segments_table(accounts)
    files: dict[str, bytes] = {}
    for name, table in (("accounts", accounts), ("segments", segments)):
        files[f"{name}.csv"], files[f"{name}.parquet"] = _csv(table), _parquet(table)
    step("Making the workbook")
    files["handover.xlsx"] = workbook_of(accounts, segments, origin, "handover.xlsx")
    files["salesforce.csv"] = csv_of(salesforce_rows(accounts, salesforce)).encode()
    rows = {name: len(segments if name.startswith("segments") else accounts) for name in files}
    step("Drawing and setting the summary")
    files["summary.pdf"] = summary_pdf(accounts, origin, rows)
    return files, rows


def manifest_in(path: Path) -> dict[str, Any] | None:
    """What manifest.json of a package that is a .zip says; None where it is no package of ours."""
    try:
        return _zip_content(path)[0]
    except OSError:
        return None


def manifest_of(files: Mapping[str, bytes], rows: Mapping[str, int], origin: Origin, now: datetime) -> dict[str, Any]:
    """What manifest.json says; of the same run and ledger the same but for made_at."""
    return {
        "kind": KIND,
        "project": origin.project,
        "currency": origin.currency,
        "run_id": origin.run_id,
        "published_at": _time(origin.published_at),
        "as_of": origin.as_of.isoformat(),
        "model_name": origin.model_name,
        "model_version": origin.model_version,
        "plan_version": origin.plan_version,
        "policy": origin.policy,
        "ledger_entry": origin.ledger_entry,
        "made_at": _time(now),
        "files": {
            name: {"rows": rows.get(name), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }


def _counted(tell: "Tell | None") -> Callable[[str], None]:
    """Counts the steps of a package for whoever hears them."""
    taken = itertools.count(1)
    return lambda said: tell(said, next(taken), STEPS) if tell is not None else None


def _read_store(project: "Project", now: datetime) -> "tuple[pd.DataFrame, pd.Series, Origin]":
    """All of one state: read again where somebody published or decided in between."""
    from overrides.final import final_table
    from overrides.final_rows import table_state
    from overrides.publish import current_run, previous_grades
    from overrides.store import open_store

    open_store(project.store_url)
    for _ in range(_TRIES):
        state, run = table_state(now), current_run()
        if state is None or run is None or run.published_at is None:
            raise results.nothing_published(project)
        final, plan_grades = final_table(), previous_grades("plan_grade")
        if table_state(now) == state and run.run_id == state.run_id:
            origin = Origin(
                project.settings.name,
                project.settings.currency,
                run.run_id,
                run.published_at.astimezone(UTC),
                run.as_of,
                run.model_name,
                run.model_version,
                run.plan_version,
                run.policy,
                state.entry_id,
            )
            return final, plan_grades, origin
    raise Refusal("decisions kept coming in while the final table was read: try again in a moment")


def _reasons(project: "Project", final: "pd.DataFrame") -> "pd.Series":
    """One sentence per account, on the index of `final`; no more than a part of the reasons in memory."""
    import pandas as pd

    parts = []
    for _, scored_by_one in final.groupby("run_id", sort=False):
        for start in range(0, len(scored_by_one), _ACCOUNTS_AT_ONCE):
            rows = scored_by_one.iloc[start : start + _ACCOUNTS_AT_ONCE]
            parts.append(reasons_in_words(rows, _reasons_between(project, rows)))
    return pd.concat(parts).reindex(final.index)


def _reasons_between(project: "Project", rows: "pd.DataFrame") -> "pd.DataFrame":
    """The reasons of consecutive accounts of one run; none where its folder is gone."""
    import pandas as pd

    from models.explain import COLUMNS

    path = project.run_folder(str(rows["run_id"].iloc[0])) / "reasons.parquet"
    if not path.exists():
        return pd.DataFrame({name: pd.Series(dtype="float64" if name == "contribution" else "str") for name in COLUMNS})
    between = [("account_id", ">=", rows["account_id"].iloc[0]), ("account_id", "<=", rows["account_id"].iloc[-1])]
    return pd.read_parquet(path, columns=COLUMNS, filters=between)


def _parents(project: "Project", final: "pd.DataFrame") -> "pd.Series":
    """parent_account_id by account_id, each from the run that scored the account."""
    import pandas as pd

    found = [pd.Series(dtype="str")]
    for run_id, rows in final.groupby("run_id"):
        path = project.run_folder(str(run_id)) / "families.parquet"
        if path.exists():
            parents = pd.read_parquet(path).set_index("account_id")["parent_account_id"]
            found.append(parents[parents.index.isin(rows["account_id"])])
    return pd.concat(found[1:] or found)


def _csv(table: "pd.DataFrame") -> bytes:
    from overrides.spreadsheet import csv_text

    return csv_text(table).encode()


def _parquet(table: "pd.DataFrame") -> bytes:
    import pyarrow.parquet as pq

    from overrides.spreadsheet import arrow_table

    buffer = io.BytesIO()
    pq.write_table(arrow_table(table), buffer)
    return buffer.getvalue()


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _is_zip(target: Path) -> bool:
    return target.suffix.lower() == ".zip"


def _refuse_unless_ours(target: Path, run_id: str, *, force: bool) -> None:
    """Let through what isn't there, an empty folder, and a package of the run; with `force` of any run."""
    try:
        if not target.exists() or (target.is_dir() and not any(target.iterdir())):
            return
        manifest, names = _zip_content(target) if _is_zip(target) else _folder_content(target)
    except OSError as error:
        raise refuse_os_error(error, target) from error
    if manifest is None:
        raise Refusal(f"{target} is there and is no package of ours: name a new folder or .zip file")
    foreign = sorted(names - {MANIFEST} - set(manifest["files"]))
    if foreign:
        raise Refusal(f"{target} holds {foreign[0]!r}, which isn't the package's: move it away, or name another place")
    if manifest.get("run_id") != run_id and not force:
        raise Refusal(
            f"{target} is the package of run {manifest.get('run_id')}, the published one is {run_id}: "
            "name another place, or write over it with --force"
        )


def _folder_content(folder: Path) -> tuple[dict[str, Any] | None, set[str]]:
    path = folder / MANIFEST
    if not path.is_file():
        return None, set()
    return _manifest(path.read_bytes()), {each.name for each in folder.iterdir()}


def _zip_content(path: Path) -> tuple[dict[str, Any] | None, set[str]]:
    with suppress(zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as archive:
        return _manifest(archive.read(MANIFEST)), set(archive.namelist())
    return None, set()


def _manifest(content: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        found = json.loads(content)
        if isinstance(found, dict) and found.get("kind") == KIND and isinstance(found.get("files"), dict):
            return found
    return None


def _write_zip(files: Mapping[str, bytes], target: Path, origin: Origin) -> None:
    from overrides.spreadsheet import replacing

    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, origin.published_at.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)


def _write_folder(files: Mapping[str, bytes], target: Path) -> None:
    """Written beside the target and renamed; what was there goes last, and comes back where the renaming fails."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
            made, before = Path(name) / "made", Path(name) / "before"
            made.mkdir()
            for file, content in files.items():
                _write_file(made / file, content)
            if target.exists():
                target.rename(before)
            try:
                made.rename(target)
            except OSError:
                if before.exists():
                    before.rename(target)
                raise
    except OSError as error:
        raise refuse_os_error(error, target) from error


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
