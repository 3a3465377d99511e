"""One clock for all: it stands still at a moment until a test moves it."""

from datetime import UTC, datetime

import pytest

from openward.simulators.cloud import Clock

START = datetime(2026, 3, 3, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """Stands still."""
    return Clock(0, START)
