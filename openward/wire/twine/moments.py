"""Moments as this system prints and reads them."""

import functools
from datetime import UTC, datetime
from typing import overload

from openward.gateway.shape import as_moment

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@overload
def written(moment: datetime) -> str: ...
@overload
def written(moment: datetime | None) -> str | None: ...
def written(moment: datetime | None) -> str | None:
    """`2016-11-01T01:07:33.121Z`."""
    return None if moment is None else _written(moment)


@functools.lru_cache(maxsize=256)  # what was made together says one moment over and over
def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str | None) -> datetime | None:
    """A moment, UTC where it says no offset; None also for what no calendar holds."""
    found = as_moment(text) if text else None
    if found is None:
        return None
    try:
        moment = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
    return moment if _FIRST < moment < _LAST else None  # at the ends the database means endlessness
