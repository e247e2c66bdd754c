"""What the packages underneath should hear before they are imported: no telemetry, no chatter, no spinning threads."""

from collections.abc import MutableMapping

DEFAULTS = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_WAIT_POLICY": "passive",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
}


def set_quiet_defaults(environ: MutableMapping[str, str]) -> None:
    """Give every switch of DEFAULTS that the user has not set its value. To be called before any heavy import."""
    for name, value in DEFAULTS.items():
        environ.setdefault(name, value)
