"""The partner clouds that this program can talk to: one line for each folder below `wire` that has a `PARTNER`."""

from typing import Final

from openward.care.connections.ports import Partner
from openward.wire import dexcom, pump

PARTNERS: Final[tuple[Partner, ...]] = (dexcom.PARTNER, pump.PARTNER)
