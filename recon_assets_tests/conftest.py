"""What tests of several rooms share: one Spark for the whole session."""

import pytest

from recon_assets.targets.local_spark import LocalSpark, local_spark


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> LocalSpark:
    """The local target; Spark starts with the first test that uses it."""
    return local_spark(tmp_path_factory.mktemp("spark"))
