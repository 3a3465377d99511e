"""The nightly job: what nobody asks for any more is forgotten."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from openward.care.connections import session_store, task_store
from openward.care.work import Work

_KEPT: Final = timedelta(days=30)
"""How long counts of failed fetches are kept."""


async def sweep(work: Work, _data: Mapping[str, Any]) -> None:
    """Forget counts of failures after thirty days, and marks of links that would not be good any more anyway."""
    await task_store.forget_trouble(work, work.now - _KEPT)
    await session_store.sweep(work)
