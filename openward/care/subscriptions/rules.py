"""When a delivery is tried again, and when an endpoint is left alone. Source: Solo, webhooks."""

from datetime import datetime, timedelta
from typing import Final

RETRIES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
PATIENCE: Final = timedelta(days=5)
"""An endpoint that does nothing but fail for so long is disabled."""
MOST: Final = 1000
"""Endpoints of one organization: an event is queued once for each."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None to give up."""
    return now + RETRIES[attempts - 1] if attempts <= len(RETRIES) else None


def is_hopeless(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint has failed for too long."""
    return failing_since is not None and now - failing_since >= PATIENCE
