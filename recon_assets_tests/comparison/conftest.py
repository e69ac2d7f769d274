"""What the comparison's tests share: the engines they run on."""

import pytest

from recon_assets_tests.comparison.helpers import ENGINES


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return request.param
