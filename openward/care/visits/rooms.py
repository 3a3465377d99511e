"""Waiting rooms of a practice."""

from dataclasses import replace
from uuid import UUID, uuid4

from openward.care import identity
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.visits import room_store
from openward.care.visits.model import Room, RoomSettings
from openward.care.work import OrganizationKey, Work, new_key

NOT_FOUND = "Waiting room not found"


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
