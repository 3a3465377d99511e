"""The places and devices of a practice, for assistance requests."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from openward.care import assistance, visits
from openward.care.assistance import DeviceSettings
from openward.care.errors import NotFound
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault

_OPTIONAL = ("building", "floor", "department", "room", "bed", "patient_mrn")


async def put_locations(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> None:
    """Locations by name; those that the file does not name stay."""
    held = {one.geolocation_id: one.name.casefold() for one in await assistance.locations(work, practice)}
    for place, item in enumerate(wanted):
        name, given = item["waiting_room"], item["geolocation_id"] and UUID(item["geolocation_id"])
        if given and held.setdefault(given, item["name"].casefold()) != item["name"].casefold():
            raise BadFile([Fault(f"locations[{place}].geolocation_id", "is another location's")])
        try:
            room = (await visits.room_by_name(work, practice, name)).key if name else None
        except NotFound:
            raise BadFile([Fault(f"locations[{place}].waiting_room", "is no waiting room of this practice")]) from None
        await assistance.put_location(work, practice, item["name"], given or None, room)


async def put_devices(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> None:
    """Devices by serial number, each just as the file says; those that it does not name stay."""
    places = {place.name.casefold(): place.key for place in await assistance.locations(work, practice)}
    for place, item in enumerate(wanted):
        location = item["location"]
        if location and location.casefold() not in places:
            raise BadFile([Fault(f"devices[{place}].location", "is no location of this practice")])
        settings = DeviceSettings(
            item["serial_number"],
            item["care_location"] or item["serial_number"],
            places[location.casefold()] if location else None,
            **{name: item[name] or "" for name in _OPTIONAL},
        )
        await assistance.put_device(work, practice, settings)
