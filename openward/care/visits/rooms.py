"""Waiting rooms of a practice."""

from dataclasses import replace
from uuid import UUID, uuid4

from openward.care import identity
from openward.care.errors import Conflict, Fault, Invalid, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.visits import room_store
from openward.care.visits.model import MOST_DURATION_S, Room, RoomSettings
from openward.care.work import OrganizationKey, Work, new_key

NOT_FOUND = "Waiting room not found"
MOST_CAPACITY = 1000
_MOST_NAME = 255


async def put_room(work: Work, organization: OrganizationKey, said: RoomSettings) -> Room:
    """The room of this name, made when missing, with these settings; `Invalid` for windows that overlap."""
    _check_hours(said)
    found = await room_store.by_name(work, organization, said.name)
    if found is None:
        made = Room(new_key(work), organization, said)
        if await room_store.insert(work, made):
            await identity.add(work, Identifier(System.SOLO, str(uuid4())), made.key, Kind.OTHER)
            return made
        found = await room_by_name(work, organization, said.name)
    if found.settings != said:
        found = replace(found, settings=said)
        await room_store.update(work, found)
    return found


async def create_room(work: Work, organization: OrganizationKey, said: RoomSettings) -> Room:
    """A new room; `Conflict` when the practice has one of this name, `Invalid` with faults at the fields."""
    _check(said)
    made = Room(new_key(work), organization, said)
    if not await room_store.insert(work, made):
        raise Conflict("another waiting room has this name")
    await identity.add(work, Identifier(System.SOLO, str(uuid4())), made.key, Kind.OTHER)
    return made


async def change_room(work: Work, organization: OrganizationKey, key: UUID, said: RoomSettings) -> Room:
    """A room with other settings, its name among them; errors as with `create_room`, `NotFound`."""
    _check(said)
    found = await room(work, organization, key)
    if found.settings == said:
        return found
    await room_store.lock(work, key)
    changed = replace(found, settings=said)
    await room_store.update(work, changed)
    return changed


def _check(said: RoomSettings) -> None:
    faults = []
    if not said.name.strip() or len(said.name) > _MOST_NAME:
        faults.append(Fault("length", "name", f"a name has 1 to {_MOST_NAME} characters"))
    if not 1 <= said.slot_duration_s <= MOST_DURATION_S:
        faults.append(Fault("range", "slot_duration_s", "a slot lasts a second to a day"))
    if not 1 <= said.capacity <= MOST_CAPACITY:
        faults.append(Fault("range", "capacity", f"a room takes 1 to {MOST_CAPACITY} visits side by side"))
    if faults:
        raise Invalid(faults)
    _check_hours(said)


def _check_hours(said: RoomSettings) -> None:
    for windows in said.hours.values():
        ends_min = 0
        for window in windows:
            if not ends_min <= window.opens_min < window.closes_min <= 24 * 60:
                raise Invalid("the opening hours of a day must follow each other")
            ends_min = window.closes_min


async def room_by_name(work: Work, organization: OrganizationKey, name: str) -> Room:
    """The room of exactly this name, or `NotFound`."""
    return _there(await room_store.by_name(work, organization, name))


async def room(work: Work, organization: OrganizationKey, key: UUID) -> Room:
    """One room of the practice, or `NotFound`."""
    return _there(await room_store.get(work, organization, key))


async def rooms(work: Work, organization: OrganizationKey) -> list[Room]:
    """All rooms of a practice, by name."""
    return await room_store.of_organization(work, organization)


async def default_room(work: Work, organization: OrganizationKey) -> Room:
    """The first room of a practice, or `NotFound` when it has none."""
    return _there(await room_store.first(work, organization))


class RoomUnknown(NotFound):
    """The practice has no such waiting room."""


def _there(found: Room | None) -> Room:
    if found is None:
        raise RoomUnknown(NOT_FOUND)
    return found
