"""The one door to MLflow: every trained model is a run and a version of the registered model; aliases say which serves.

`challenger` is the version trained last, `champion` the one that serves. MLflow is imported inside the functions alone: a
project that has never trained doesn't wait for it.

session    a client on the project's registry, quiet, whose errors are one line
runs       what a training leaves: a run, its model, a version; and the runs there are, as a table
versions   the versions, which of them serves, and their files
seen       which of them serves, without asking MLflow again while its file is the same
serving    which version served when: promotion and the way back
"""

from models.registry.runs import DataInput, StepMetrics, TrainingRecord, artifacts_of, register, training_runs
from models.registry.seen import champion
from models.registry.serving import Move, go_back, previous_champion, promote
from models.registry.versions import (
    CHALLENGER,
    CHAMPION,
    RegisteredModel,
    Version,
    aliases,
    files_of,
    get_version,
    versions,
)

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "DataInput",
    "Move",
    "RegisteredModel",
    "StepMetrics",
    "TrainingRecord",
    "Version",
    "aliases",
    "artifacts_of",
    "champion",
    "files_of",
    "get_version",
    "go_back",
    "previous_champion",
    "promote",
    "register",
    "training_runs",
    "versions",
]
