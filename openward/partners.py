"""Whom this program talks to of its own accord: partner clouds, one line for each folder below `wire` that has a
`PARTNER`, webhooks, and systems of health records.
"""

from typing import Final

from openward.care.connections.ports import Partner
from openward.care.ehr import RecordSystem
from openward.care.ehr.feed import FeedReader
from openward.care.subscriptions import Form
from openward.wire import dexcom, hl7v2, pump
from openward.wire.redox.outbound import Redox
from openward.wire.solo.deliveries import SoloForm

PARTNERS: Final[tuple[Partner, ...]] = (dexcom.PARTNER, pump.PARTNER)
DELIVERY_FORM: Final[Form] = SoloForm()
RECORD_SYSTEM: Final[RecordSystem] = Redox()
FEED_READER: Final[FeedReader] = hl7v2.Reader()
