"""What tests of several families share."""

import pytest

from earmark.audio import kernels


@pytest.fixture(params=["plain", "fast"])
def kind(request):
    """Either kind of kernels, in use."""
    if why := kernels.start(request.param):
        pytest.skip(why)
    with kernels.using(request.param):
        yield request.param
    kernels.start("plain")
