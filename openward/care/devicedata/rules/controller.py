"""The controller of an automated system (a phone, mostly): its settings and its battery."""

from openward.care.devicedata.rules.datum import datum_shape
from openward.care.devicedata.rules.device_names import DEVICE_FIELDS, DEVICE_TEXTS
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.scalars import flag, instant, number, word
from openward.care.devicedata.rules.shapes import Shape, any_of, field_is_there, may, needs, only_if

_device = Shape(DEVICE_FIELDS, (any_of(*DEVICE_TEXTS, "manufacturers"),))

_SWITCHES = ("alert", "criticalAlert", "badge", "sound", "announcement", "notificationCenter", "lockScreen")
_notifications = Shape(
    (
        may("authorization", word("authorized", "denied", "ephemeral", "notDetermined", "provisional")),
        *(may(name, flag) for name in _SWITCHES),
        may("alertStyle", word("alert", "banner", "none")),
    ),
    (any_of("authorization", *_SWITCHES, "alertStyle"),),
)

battery = Shape(
    (
        may("time", instant),
        may("state", word("charging", "full", "unplugged")),
        may("remaining", number(0, 1)),
        may("units", word("percent")),
    ),
    (only_if("units", field_is_there("remaining")), any_of("state", "remaining")),
)

CONTROLLER_SETTINGS = Kind(
    "controllerSettings",
    datum_shape(
        may("device", _device), may("notifications", _notifications), rules=(any_of("device", "notifications"),)
    ),
)
CONTROLLER_STATUS = Kind("controllerStatus", datum_shape(needs("battery", battery)))
