import pytest
from tests.lab.explain import worked


@pytest.fixture(scope="session")
def known():
    """The tagger of ``worked``."""
    return worked.tagger()
