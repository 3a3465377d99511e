"""Whom this program talks to of its own accord: partner clouds, one line for each folder below `wire` that has a
`PARTNER`, and webhooks.
"""

from typing import Final

from openward.care.connections.ports import Partner
from openward.care.subscriptions import Form
from openward.wire import dexcom, pump
from openward.wire.solo.deliveries import SoloForm

PARTNERS: Final[tuple[Partner, ...]] = (dexcom.PARTNER, pump.PARTNER)
DELIVERY_FORM: Final[Form] = SoloForm()
