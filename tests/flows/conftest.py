"""One Prefect server for all tests of the flows, its database in a temporary folder."""

import pytest


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("PREFECT_LOGGING_LEVEL", "WARNING")
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        patch.setenv("DO_NOT_TRACK", "true")
        yield


@pytest.fixture(scope="session")
def prefect_api(prefect_home):
    """The address of a running server."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120), pytest.MonkeyPatch.context() as patch:
        address = PREFECT_API_URL.value()
        patch.setenv("PREFECT_API_URL", address)
        yield address
