"""Where the readings behind one summary of one person come from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from openward.care import devicedata
from openward.care.devicedata import GlucoseColumns
from openward.care.summaries.model import Kind
from openward.care.summaries.readings import MOST_DURATION_MIN, Ints, Readings
from openward.care.work import PersonKey, Work

_TYPES = {Kind.CGM: ("cbg",), Kind.BGM: ("smbg",), Kind.CONTINUOUS: ("cbg", "smbg")}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Tidepool: data of the last two years count, and up to a day ahead of us, since clocks of devices run fast.
_PAST = timedelta(days=730)
_AHEAD = timedelta(days=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(time_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware time."""
    return _EPOCH + time_ms * _MILLISECOND


@dataclass(slots=True)
class Source:
    """The readings of one kind of summary; `count` says how many were read."""

    work: Work
    person: PersonKey
    kind: Kind
    count: int = 0

    async def newest_ms(self, known: datetime | None, earliest: datetime) -> int | None:
        """Time (ms) of the newest reading that counts, None without any.

        known: what it was at the last update; earliest: nothing before this has changed since. When that is later
        than `known`, only what came after needs a look.
        """
        until = self.work.now + _AHEAD
        since = self.work.now - _PAST
        still = known if known is not None and known < earliest and since <= known <= until else None
        found = await devicedata.newest(
            self.work,
            self.person,
            _TYPES[self.kind],
            still or since,
            until,
            is_continuous=self.kind is Kind.CONTINUOUS,
        )
        newest = found or still
        return None if newest is None else to_ms(newest)

    async def readings(self, after_ms: int, until_ms: int) -> Readings:
        """Readings later than the first time up to the second."""
        found = await self._read(after_ms, until_ms)
        return Readings(found.time_ms, found.value_mmol, np.clip(found.duration_min, 0, MOST_DURATION_MIN))

    async def arrivals(self, after_ms: int, until_ms: int) -> tuple[Ints, Ints]:
        """Times of readings of continuous data sets in that span, and when each reached us (ms)."""
        found = await self._read(after_ms, until_ms)
        return found.time_ms[found.is_continuous], found.created_ms[found.is_continuous]

    async def _read(self, after_ms: int, until_ms: int) -> GlucoseColumns:
        found = await devicedata.readings(
            self.work, self.person, _TYPES[self.kind], from_ms(after_ms), from_ms(until_ms)
        )
        self.count += found.time_ms.size
        return found
