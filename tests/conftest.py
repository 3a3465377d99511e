"""What every test shares: the asyncio backend."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything here runs on asyncio, as the server does."""
    return "asyncio"
