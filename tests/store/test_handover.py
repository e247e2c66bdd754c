"""A package of the store's own: overrides in it, nothing of anybody's written over, whole or not at all."""

import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from lastword.errors import Refusal
from lastword.handover import hand_over
from lastword.settings import Salesforce
from overrides import ledger
from tests.stores import scores_of

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(minutes=5)


@dataclass(frozen=True)
class Wrapped:
    """The store's project with what a package says of it."""

    inner: object
    folder: object

    @property
    def store_url(self):
        return self.inner.store_url

    @property
    def settings(self):
        return SimpleNamespace(name="Acme", currency="EUR", salesforce=Salesforce())

    def run_folder(self, run_id):
        return self.inner.runs_folder / run_id


@pytest.fixture
def published(project, tmp_path):
    """Three accounts, one of them overridden, with reasons and a parent kept by the run."""
    project.publish(scores_of(["007", "Ünï", "a b"]), "r1", now=NOW)
    ledger.add("a b", "A", "other", "", "ann", date(2060, 1, 1), NOW, project.settings)
    reasons = [("007", "model", "industry", "firmographic", 9.0, "Energy")]
    columns = ["account_id", "source", "attribute", "family", "contribution", "value"]
    pd.DataFrame(reasons, columns=columns).to_parquet(project.runs_folder / "r1" / "reasons.parquet")
    pd.DataFrame({"account_id": ["007"], "parent_account_id": ["99"]}).to_parquet(project.runs_folder / "r1" / "families.parquet")
    return Wrapped(project, tmp_path)


def test_a_folder_and_a_zip_hold_the_same(published, tmp_path):
    folder = hand_over(published, tmp_path / "out", NOW).path
    archive = hand_over(published, tmp_path / "out.zip", LATER).path
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        assert sorted(names) == sorted(path.name for path in folder.iterdir())
        same = {name: opened.read(name) == (folder / name).read_bytes() for name in names}
    assert [name for name, equal in same.items() if not equal] == ["manifest.json"]
    table = pd.read_csv(folder / "accounts.csv", dtype=str).set_index("account_id")
    assert table.loc["a b", ["final_grade", "decided_by", "plan_grade"]].tolist() == ["A", "override", "D"]
    assert table.loc["007", "parent_account_id"] == "99"
    assert table.loc["007", "reasons"] == "The model gives A (62 points): for it industry Energy."
    assert table.loc["Ünï", "reasons"] == "The model gives B (62 points)."


def test_made_again_only_the_time_differs(published, tmp_path):
    first = hand_over(published, tmp_path / "out", NOW).manifest
    second = hand_over(published, tmp_path / "out", LATER).manifest
    assert {key for key in first if first[key] != second[key]} == {"made_at"}
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["made_at"] == f"{LATER:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_package_of_another_run_stays_unless_forced(published, tmp_path, name):
    target = tmp_path / name
    hand_over(published, target, NOW)
    published.inner.publish(scores_of(["007"]), "r2", now=LATER)
    with pytest.raises(Refusal, match="is the package of run r1, the published one is r2: .* --force"):
        hand_over(published, target, LATER)
    assert hand_over(published, target, LATER, force=True).manifest["run_id"] == "r2"


def test_nothing_of_somebody_else_is_written_over(published, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "notes.txt").write_text("mine")
    (tmp_path / "theirs.zip").write_text("no zip")
    hand_over(published, tmp_path / "ours", NOW)
    (tmp_path / "ours" / "notes.txt").write_text("mine")
    for name in ("theirs", "theirs.zip", "ours"):
        with pytest.raises(Refusal, match=r"no package of ours|'notes.txt', which isn't"):
            hand_over(published, tmp_path / name, NOW, force=True)
    assert (tmp_path / "theirs.zip").read_text() == "no zip"
    assert (tmp_path / "ours" / "notes.txt").read_text() == "mine"


def test_nothing_is_left_behind_where_it_cannot_be_written(published, tmp_path):
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refusal, match="cannot be written"):
        hand_over(published, tmp_path / "file" / "out", NOW)
    assert sorted(tmp_path.iterdir()) == before


def test_before_the_first_publication_there_is_nothing_to_hand_over(project, tmp_path):
    with pytest.raises(Refusal, match="nothing is published"):
        hand_over(Wrapped(project, tmp_path), tmp_path / "out", NOW)
