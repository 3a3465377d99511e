"""Recording that something happened, and keeping all that one piece of work recorded."""

import msgspec

from openward.care.events import store
from openward.care.work import Work


def record(work: Work, event: object) -> None:
    """Note an event (a frozen dataclass of keys and plain values, never of health data); kept at commit."""
    work.recorded.append(event)


def _brief(event: object) -> object:
    """An event without what it has along for those who follow it in the same transaction."""
    brief = getattr(event, "brief", None)
    return event if brief is None else brief()


async def keep(work: Work) -> None:
    """Write what was recorded, in order, in the same transaction as the data."""
    rows = [(type(event).__name__, msgspec.json.encode(_brief(event)).decode()) for event in work.recorded]
    if rows:
        await store.insert(work, rows)
