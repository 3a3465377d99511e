"""What an insulin pump is doing: basal and bolus delivery, battery, reservoir."""

from openward.care.devicedata.rules.controller import battery
from openward.care.devicedata.rules.datum import datum_shape
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.scalars import flag, instant, number, word
from openward.care.devicedata.rules.shapes import Shape, any_of, field_is, may, needs, only_if
from openward.care.devicedata.rules.times import later_than

_delivered = may("amountDelivered", number(0, 1000))
_BASAL_STATES = (
    "cancelingTemporary",
    "initiatingTemporary",
    "resuming",
    "scheduled",
    "suspended",
    "suspending",
    "temporary",
)

_basal_dose = Shape(
    (may("startTime", instant), may("endTime", instant), needs("rate", number(0, 100)), _delivered),
    (later_than("endTime", "startTime"),),
)
_basal_delivery = Shape(
    (needs("state", word(*_BASAL_STATES)), may("time", instant), may("dose", _basal_dose)),
    (
        only_if("time", field_is("state", "scheduled", "suspended")),
        only_if("dose", field_is("state", "temporary")),
    ),
)
_bolus_dose = Shape((may("startTime", instant), needs("amount", number(0, 1000)), _delivered))
_bolus_delivery = Shape(
    (needs("state", word("canceling", "delivering", "initiating", "none")), may("dose", _bolus_dose)),
    (only_if("dose", field_is("state", "delivering")),),
)
_reservoir = Shape((needs("remaining", number(0, 10000)), needs("units", word("Units")), may("time", instant)))

_PARTS = ("basalDelivery", "battery", "bolusDelivery", "deliveryIndeterminant", "reservoir")

PUMP_STATUS = Kind(
    "pumpStatus",
    datum_shape(
        may("basalDelivery", _basal_delivery),
        may("battery", battery),
        may("bolusDelivery", _bolus_delivery),
        may("deliveryIndeterminant", flag),
        may("reservoir", _reservoir),
        rules=(any_of(*_PARTS),),
    ),
)
