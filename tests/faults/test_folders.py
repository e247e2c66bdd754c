"""Folders that are missing, no folders, read-only or full: one line, exit 1 or 2, and what was there before is still there."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.small_project import small_project

COMMANDS = (("validate",), ("score",), ("override", "list"))


@pytest.fixture
def project(tmp_path):
    return small_project(tmp_path / "acme").folder


def lastword(*arguments, folder=None):
    command = [sys.executable, "-m", "lastword.cli", *arguments, *(("--project", str(folder)) if folder else ())]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_said_in_one_line(ended, code, *words):
    assert ended.returncode == code, ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.startswith("lastword: ")]
    assert len(said) == 1, ended.stderr
    assert ended.stderr.splitlines()[-1] == said[0]
    assert "bug" not in said[0]
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in said[0]


@contextmanager
def mounted(folder, options):
    """An empty file system of its own at a folder; skips where that takes rights that are not there."""
    folder.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], stderr=subprocess.DEVNULL).returncode
    ):
        pytest.skip("a file system of its own needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder):
    """A folder nobody may write: mounted read-only for root, whom permissions don't stop."""
    if os.geteuid() == 0:
        bound = ["mount", "--bind", str(folder), str(folder)]
        if shutil.which("mount") is None or subprocess.run(bound, stderr=subprocess.DEVNULL).returncode:
            pytest.skip("root needs the right to mount for a read-only folder")
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        folder.chmod(0o555)
        try:
            yield folder
        finally:
            folder.chmod(0o755)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_missing_folder(tmp_path, arguments):
    assert_said_in_one_line(lastword(*arguments, folder=tmp_path / "nowhere"), 2, "nowhere")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_file_in_place_of_the_project(tmp_path, arguments):
    (tmp_path / "file").write_text("")
    assert_said_in_one_line(lastword(*arguments, folder=tmp_path / "file"), 2, "file")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_file_in_place_of_the_state_folder(project, arguments):
    (project / ".lastword").write_text("mine")
    assert_said_in_one_line(lastword(*arguments, folder=project), 1, ".lastword")
    assert (project / ".lastword").read_text() == "mine"


@pytest.mark.parametrize("command", ["init", "demo"])
def test_a_file_in_place_of_a_new_project(tmp_path, command):
    (tmp_path / "file").write_text("mine")
    assert_said_in_one_line(lastword(command, str(tmp_path / "file")), 1, "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_read_only_project(project, arguments):
    with read_only(project):
        assert_said_in_one_line(lastword(*arguments, folder=project), 1)
    assert not (project / ".lastword").exists()


@pytest.mark.parametrize("command", ["init", "demo"])
def test_a_new_project_in_a_read_only_folder(tmp_path, command):
    (tmp_path / "locked").mkdir()
    with read_only(tmp_path / "locked"):
        assert_said_in_one_line(lastword(command, str(tmp_path / "locked" / "new")), 1)


@pytest.mark.parametrize("left", [20_000, 150_000])
def test_a_full_disk_publishes_nothing_and_the_next_run_with_room_does(tmp_path, left):
    with mounted(tmp_path / "small", "size=2m") as disk:
        project = small_project(disk / "acme").folder
        fill(disk, leave=left)
        assert_said_in_one_line(lastword("score", folder=project), 1, "space")
        assert not (project / ".lastword" / "runs" / "latest.json").exists()
        (disk / "ballast").unlink()
        ended = lastword("score", folder=project)
        assert ended.returncode == 0, ended.stderr


def fill(disk: Path, leave: int) -> None:
    """Take the disk's free space but for some bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "ballast").write_bytes(bytes(max(0, free - leave)))


def test_an_export_that_does_not_fit_leaves_the_file_as_it_was(project, tmp_path):
    assert lastword("score", folder=project).returncode == 0
    with mounted(tmp_path / "small", "size=16k") as disk:
        (disk / "final.csv").write_text("before")
        fill(disk, leave=0)
        assert_said_in_one_line(lastword("export", str(disk / "final.csv"), folder=project), 1)
        assert (disk / "final.csv").read_text() == "before"
        assert sorted(path.name for path in disk.iterdir()) == ["ballast", "final.csv"]
