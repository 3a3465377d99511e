"""Virtual nursing: places, the devices at beds, and requests for assistance."""

from openward.care.assistance.ask import ask, cancel, find_open
from openward.care.assistance.joining_store import join as join_people
from openward.care.assistance.model import (
    ByBuilding,
    ByDepartment,
    ByPatient,
    BySerialNumber,
    Device,
    DeviceSettings,
    Location,
    Request,
    Status,
    Way,
)
from openward.care.assistance.moving import move
from openward.care.assistance.places import (
    devices,
    location_by_geolocation,
    locations,
    put_device,
    put_location,
    report_in,
    set_in_service,
)
from openward.care.assistance.staff import finish, open_requests, take

__all__ = [
    "ByBuilding",
    "ByDepartment",
    "ByPatient",
    "BySerialNumber",
    "Device",
    "DeviceSettings",
    "Location",
    "Request",
    "Status",
    "Way",
    "ask",
    "cancel",
    "devices",
    "find_open",
    "finish",
    "join_people",
    "location_by_geolocation",
    "locations",
    "move",
    "open_requests",
    "put_device",
    "put_location",
    "report_in",
    "set_in_service",
    "take",
]
