"""The SQL of places: `assistance.location` and `assistance.device`."""

from uuid import UUID

from openward.care.assistance.model import (
    ByBuilding,
    ByDepartment,
    ByPatient,
    BySerialNumber,
    Device,
    DeviceSettings,
    Location,
    Way,
)
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record

_SETTINGS = (
    "serial_number",
    "care_location",
    "location",
    "building",
    "floor",
    "department",
    "room",
    "bed",
    "patient_mrn",
)
DEVICE_COLUMNS = ("key", "organization", "number", "is_active", "seen_at", *_SETTINGS)
_SELECT = f"select {', '.join(DEVICE_COLUMNS)} from assistance.device"  # noqa: S608 -- fixed names


def device_of(row: Record, prefix: str = "") -> Device:
    """A device from its columns, whose names begin with `prefix`."""
    settings = DeviceSettings(**{name: row[f"{prefix}{name}"] for name in _SETTINGS})
    return Device(
        row[f"{prefix}key"],
        OrganizationKey(row[f"{prefix}organization"]),
        row[f"{prefix}number"],
        settings,
        row[f"{prefix}is_active"],
        row[f"{prefix}seen_at"],
    )


async def find_device(work: Work, organization: OrganizationKey, way: Way) -> Device | None:
    """The device in service that is named so; of several the one without a bed, else the lowest bed by its name."""
    match way:
        case BySerialNumber(serial):
            given = {"serial_number": serial}
        case ByPatient(mrn):
            given = {"patient_mrn": mrn}
        case ByBuilding(building, floor, room, bed):
            given = {"building": building, "floor": floor, "room": room} | ({"bed": bed} if bed.strip() else {})
        case ByDepartment(department, room, bed):
            given = {"department": department, "room": room} | ({"bed": bed} if bed.strip() else {})
    fits = "".join(f" and lower({name}) = lower(${place})" for place, name in enumerate(given, 2))
    row = await work.tx.fetchrow(
        f"{_SELECT} where organization = $1 and is_active{fits}"
        ' order by lower(bed) collate "C", serial_number collate "C" limit 1',
        organization,
        *(value.strip() for value in given.values()),
    )
    return None if row is None else device_of(row)


async def lock_device(work: Work, key: UUID, organization: OrganizationKey | None = None) -> bool:
    """Hold a device until the end of the work; False when there is none (of that organization)."""
    row = await work.tx.fetchrow(
        "select from assistance.device where key = $1 and ($2::uuid is null or organization = $2) for update",
        key,
        organization,
    )
    return row is not None


async def device_by_serial(work: Work, organization: OrganizationKey, serial_number: str) -> Device | None:
    """The device with this serial number, in service or not."""
    row = await work.tx.fetchrow(
        f"{_SELECT} where organization = $1 and lower(serial_number) = lower($2)", organization, serial_number.strip()
    )
    return None if row is None else device_of(row)


async def devices(work: Work, organization: OrganizationKey) -> list[Device]:
    """All devices of an organization, by care location."""
    rows = await work.tx.fetch(
        f"{_SELECT} where organization = $1 order by lower(care_location), lower(serial_number)", organization
    )
    return [device_of(row) for row in rows]


async def insert_device(work: Work, organization: OrganizationKey, key: UUID, settings: DeviceSettings) -> None:
    """A new device."""
    await work.tx.execute(
        f"insert into assistance.device (key, organization, created_at, {', '.join(_SETTINGS)})"  # noqa: S608
        f" values ($1, $2, $3, {', '.join(f'${place}' for place in range(4, 4 + len(_SETTINGS)))})",
        key,
        organization,
        work.now,
        *(getattr(settings, name) for name in _SETTINGS),
    )


async def update_device(work: Work, key: UUID, settings: DeviceSettings) -> None:
    """What an organization says of it from now on."""
    named = ", ".join(f"{name} = ${place}" for place, name in enumerate(_SETTINGS, 2))
    await work.tx.execute(
        f"update assistance.device set {named} where key = $1",  # noqa: S608 -- fixed names
        key,
        *(getattr(settings, name) for name in _SETTINGS),
    )


async def set_seen(work: Work, organization: OrganizationKey, serial_number: str) -> bool:
    """The device has reported; False when there is none in service."""
    key = await work.tx.fetchval(
        "update assistance.device set seen_at = $3 where organization = $1 and lower(serial_number) = lower($2)"
        " and is_active returning key",
        organization,
        serial_number.strip(),
        work.now,
    )
    return key is not None


async def set_active(work: Work, key: UUID, is_active: bool) -> None:
    """In service or out of it."""
    await work.tx.execute("update assistance.device set is_active = $2 where key = $1", key, is_active)


async def locations(work: Work, organization: OrganizationKey) -> list[Location]:
    """All locations of an organization, by name."""
    rows = await work.tx.fetch(
        "select key, name, geolocation_id, room from assistance.location where organization = $1"
        " order by lower(name), key",
        organization,
    )
    return [Location(**row) for row in rows]


async def insert_location(work: Work, organization: OrganizationKey, location: Location) -> None:
    """A new location."""
    await work.tx.execute(
        "insert into assistance.location (key, organization, name, geolocation_id, room, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        location.key,
        organization,
        location.name,
        location.geolocation_id,
        location.room,
        work.now,
    )


async def update_location(work: Work, location: Location) -> None:
    """What is said of it from now on."""
    await work.tx.execute(
        "update assistance.location set name = $2, geolocation_id = $3, room = $4 where key = $1",
        location.key,
        location.name,
        location.geolocation_id,
        location.room,
    )
