"""Registers the deployments of prefect.yaml for one project: `python -m flows.deploy path/to/project`."""

import os
import subprocess
import sys
from pathlib import Path

from lastword.environment import set_quiet_defaults
from lastword.project import find_project

WORK_POOL = "lastword"


def deploy(project_folder: Path) -> int:
    """Make the work pool where there is none and register every deployment with the server of PREFECT_API_URL.

    The pool carries out one flow at a time: a flow that is due while another runs waits instead of meeting the project's lock.
    Returns the exit code of the first step that failed, else 0.
    """
    project = find_project(project_folder)
    environ = os.environ | {"LASTWORD_PROJECT": str(project.folder)}
    set_quiet_defaults(environ)
    steps = (
        ("work-pool", "create", WORK_POOL, "--type", "process", "--overwrite"),
        ("work-pool", "set-concurrency-limit", WORK_POOL, "1"),
        ("deploy", "--all"),
    )
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    checkout = Path(__file__).parent.parent
    codes = (subprocess.run([*prefect, *step], env=environ, cwd=checkout, check=False).returncode for step in steps)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m flows.deploy path/to/project")
    sys.exit(deploy(Path(sys.argv[1])))
