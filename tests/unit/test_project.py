import errno
import os
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from lastword.configuration import read_toml
from lastword.errors import ConfigurationError, Refusal, refuse_os_error
from lastword.project import find_project, init_project, template
from lastword.settings import FurtherColumn, InputSource, Settings


@pytest.fixture
def project(tmp_path):
    return init_project(tmp_path / "acme")


def rewrite(project, old: str, new: str):
    """The project with a line of its lastword.toml changed."""
    text = project.settings_path.read_text(encoding="utf-8")
    assert old in text
    project.settings_path.write_text(text.replace(old, new), encoding="utf-8")
    return find_project(project.folder)


def test_a_new_folder_holds_settings_a_plan_and_empty_data(project):
    assert sorted(path.name for path in project.folder.iterdir()) == ["data", "lastword.toml", "plan.toml"]
    assert list((project.folder / "data").iterdir()) == []


def test_a_new_plan_is_right_and_looks_at_columns_of_the_contract(project):
    plan = project.load_plan()
    assert [(segment.grade, segment.min_points) for segment in plan.segments] == [
        ("A", 80),
        ("B", 60),
        ("C", 40),
        ("D", 20),
        ("F", 0),
    ]
    assert plan.names == ("annual_revenue", "employee_count", "industry", "intent")


def test_every_default_in_the_template_is_the_default():
    spelled_out = Settings.model_validate(tomllib.loads(template("lastword.toml")))
    given = {"accounts": "data/accounts.csv", "won": "data/won.csv", "house_list": "data/house_list.csv"}
    optional = {"technographics": "data/technographics.csv", "intents": "data/intents.parquet"}
    assert spelled_out == Settings.model_validate({"inputs": given | optional, "columns": {"accounts": {}}})


def names_of(model: type[BaseModel]) -> set[str]:
    """Every key of the settings, the columns and tables that users name left out."""
    inner = [field.annotation for field in model.model_fields.values() if isinstance(field.annotation, type)]
    return set(model.model_fields).union(*(names_of(part) for part in inner if issubclass(part, BaseModel)))


def test_the_template_names_every_key():
    keys = names_of(Settings) | set(InputSource.model_fields) | set(FurtherColumn.model_fields)
    assert {
        key for key in keys if not re.search(rf"\b{key}\b\]? *(=|$|\.|#|\])", template("lastword.toml"), re.MULTILINE)
    } == set()


def test_what_the_template_comments_out_is_right_too(tmp_path):
    text = re.sub(r"^# ([a-z_.]+ +=|\[\[)", r"\1", template("lastword.toml"), flags=re.MULTILINE)
    path = tmp_path / "lastword.toml"
    path.write_text(text.replace('"shares"', '"points"', 1).replace('"duckdb"', '"spark"', 1), encoding="utf-8")
    settings = read_toml(path, Settings)
    assert settings.model.class_prior == 0.03
    assert settings.grades.cuts == {"A": 85, "B": 70, "C": 40, "D": 20}
    assert settings.features.columns["fleet_size"].known == "always"
    assert settings.inputs.products == InputSource(path="data/products.csv")
    assert [trigger.name for trigger in settings.triggers][:2] == ["cloud intent", "new technology"]


def test_rules_that_the_plan_template_comments_out_are_right(project):
    text = project.plan_path.read_text(encoding="utf-8")
    head, rules = text.split("# [[rules]]", 1)
    project.plan_path.write_text(head + re.sub("^# ?", "", "# [[rules]]" + rules, flags=re.MULTILINE), encoding="utf-8")
    assert [rule.effect for rule in project.load_plan().rules] == ["segment", "exclude"]


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Refusal, match="is not empty; name a new or an empty folder"):
        init_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(Refusal, match=r"notes.txt is a file"):
        init_project(tmp_path / "notes.txt")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"cannot be written .Not a directory."):
        init_project(tmp_path / "file" / "acme")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Refusal, match="give write permission or choose another folder"):
        init_project(tmp_path)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no space left to write /x/plan.toml; free some and run again"),
        (errno.EROFS, "/x/plan.toml cannot be written (Read-only file system); give write permission or choose another folder"),
        (errno.EACCES, "/x/plan.toml cannot be written (Permission denied); give write permission or choose another folder"),
        (errno.ENAMETOOLONG, "/x/plan.toml cannot be written (File name too long); choose another folder"),
    ],
)
def test_what_the_disk_refuses_is_said_in_one_line(number, said):
    assert str(refuse_os_error(OSError(number, os.strerror(number), "/x/plan.toml"), Path("/x"))) == said
    assert str(refuse_os_error(OSError(number, os.strerror(number)), Path("/x/plan.toml"))) == said


def test_the_project_is_found_from_folders_below(project, monkeypatch):
    below = project.folder / "data" / "2026"
    below.mkdir()
    monkeypatch.chdir(below)
    assert find_project() == project
    assert find_project(Path("../..")) == project


def test_a_named_folder_must_be_the_project_itself(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    with pytest.raises(
        ConfigurationError, match=r"no lastword.toml in data; run `lastword init data`, or name a project with --project DIR"
    ):
        find_project(project.folder / "data")


def test_no_project_anywhere_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"no lastword.toml in .* or any folder above; run `lastword init DIR`"):
        find_project()


def test_paths_are_below_the_folder(project):
    assert project.run_folder("r1") == project.folder / ".lastword" / "runs" / "r1"
    assert project.store_url == f"sqlite:///{project.folder}/.lastword/lastword.db"
    assert project.mlflow_uri == f"sqlite:///{project.folder}/.lastword/mlflow.db"


@pytest.mark.parametrize("url", ["postgresql://user@host/db", "sqlite:////var/lib/lastword.db"])
def test_a_url_that_is_absolute_stays(project, url):
    assert rewrite(project, '"sqlite:///.lastword/lastword.db"', f'"{url}"').store_url == url


def test_inputs_are_relative_to_the_folder(project):
    assert project.input_source("accounts") == InputSource(path=str(project.folder / "data" / "accounts.csv"))
    assert project.input_source("products") is None


@pytest.mark.parametrize("path", ["postgresql://host/db?table=accounts", "/srv/accounts.csv"])
def test_an_input_elsewhere_stays(project, path):
    source = rewrite(project, '"data/accounts.csv"  ', f'"{path}"').input_source("accounts")
    assert source is not None
    assert source.path == path


def test_mapping_and_day(project):
    assert project.column_mapping("accounts") == project.column_mapping("won") == {}
    assert project.as_of(date(2026, 5, 1)) == date(2026, 5, 1)
    changed = rewrite(rewrite(project, '"today"  ', '"2025-12-31"'), "# account_id =", "account_id =")
    assert changed.as_of(date(2026, 5, 1)) == date(2025, 12, 31)
    assert changed.column_mapping("accounts") == {"account_id": "Id"}


def test_a_later_mistake_names_its_line(project):
    changed = rewrite(project, "# account_id =", "account_id =")
    line = changed.settings_path.read_text(encoding="utf-8").splitlines().index('account_id = "Id"') + 1
    said = str(changed.mistake(("columns", "accounts", "account_id"), 'accounts.csv has no column "Id"; did you mean "ID"?'))
    assert said.endswith(
        f'lastword.toml:{line}: [columns.accounts] account_id: accounts.csv has no column "Id"; did you mean "ID"?'
    )
