"""The texts by which settings name a device."""

from openward.care.devicedata.rules.datum import name100
from openward.care.devicedata.rules.shapes import array, may

DEVICE_TEXTS = ("firmwareVersion", "hardwareVersion", "model", "name", "serialNumber", "softwareVersion")
DEVICE_FIELDS = (
    *(may(name, name100) for name in DEVICE_TEXTS),
    may("manufacturers", array(name100, 1, 10, unique=True, ordered=True)),
)
