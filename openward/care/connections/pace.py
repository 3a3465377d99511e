"""How fast a partner may be asked: requests of all workers together are spaced evenly, none leaves before its place."""

from openward.care.connections import task_store
from openward.care.work import Work

_MARGIN = 1.02
"""A request may take a little longer on its way than the one before; the margin keeps any minute within the limit."""


def spacing_s(requests_per_minute: float) -> float:
    """Seconds from one request to the next."""
    return 60 / requests_per_minute * _MARGIN


async def reserve(work: Work, provider: str, count: int, spacing_s: float) -> float:
    """Take the next `count` places in the line of all workers; the seconds until the first of them."""
    return await task_store.reserve(work, provider, count, spacing_s)
