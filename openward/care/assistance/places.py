"""Locations and devices: what provisioning says of them, and what devices say of themselves."""

from uuid import UUID

from openward.care import identity, organizations
from openward.care.assistance import request_store, store
from openward.care.assistance.model import Device, DeviceSettings, Location, Status
from openward.care.errors import NotFound
from openward.care.identity import Kind
from openward.care.work import OrganizationKey, Work, new_key


async def locations(work: Work, organization: OrganizationKey) -> list[Location]:
    """All locations of an organization, by name."""
    return await store.locations(work, organization)


async def location_by_geolocation(work: Work, organization: OrganizationKey, geolocation_id: UUID) -> Location | None:
    """The location that other systems call so."""
    found = (one for one in await locations(work, organization) if one.geolocation_id == geolocation_id)
    return next(found, None)


async def put_location(
    work: Work, organization: OrganizationKey, name: str, geolocation_id: UUID | None, room: UUID | None
) -> Location:
    """The location of this name (in any case), made or changed; None leaves the other two as they are."""
    await organizations.lock(work, organization)
    present = await locations(work, organization)
    before = next((one for one in present if one.name.casefold() == name.casefold()), None)
    if before is None:
        made = Location(new_key(work), name, geolocation_id, room)
        await store.insert_location(work, organization, made)
        await identity.mint(work, made.key, Kind.LOCATION)
        return made
    after = Location(before.key, name, geolocation_id or before.geolocation_id, room or before.room)
    if after != before:
        await store.update_location(work, after)
    return after


async def put_device(work: Work, organization: OrganizationKey, settings: DeviceSettings) -> Device:
    """The device with this serial number, made or changed to just this."""
    await organizations.lock(work, organization)
    before = await store.device_by_serial(work, organization, settings.serial_number)
    if before is None:
        key = new_key(work)
        await store.insert_device(work, organization, key, settings)
        await identity.mint(work, key, Kind.DEVICE)
    elif before.settings != settings:
        await store.update_device(work, before.key, settings)
    found = await store.device_by_serial(work, organization, settings.serial_number)
    if found is None:
        raise NotFound("the device is gone")
    return found


async def devices(work: Work, organization: OrganizationKey) -> list[Device]:
    """All devices of an organization, by care location."""
    return await store.devices(work, organization)


async def report_in(work: Work, organization: OrganizationKey, serial_number: str) -> None:
    """A device says that it is there; `NotFound` for one that is unknown or out of service."""
    if not await store.set_seen(work, organization, serial_number):
        raise NotFound("Device not found")


async def set_in_service(work: Work, organization: OrganizationKey, key: UUID, is_active: bool) -> None:
    """Take a device out of service, which cancels its open request, or put it back."""
    if not await store.lock_device(work, key, organization):
        raise NotFound("there is no such device")
    await store.set_active(work, key, is_active)
    found = await request_store.find_open(work, key)
    if found is not None and not is_active:
        await request_store.close(work, found.key, Status.CANCELLED)
