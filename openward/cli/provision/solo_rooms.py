"""The waiting rooms of a practice and who works in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from openward.care import documentation, identity, visits
from openward.care.errors import Conflict, NotFound
from openward.care.identity import System
from openward.care.visits import RoomSettings, Window
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.staff import member_by_email

_WORDS = {
    "service_line": "service_line",
    "service_type": "service_type",
    "timezone": "timezone",
    "slot_duration": "slot_duration_s",
    "capacity": "capacity",
}


async def put_waiting_rooms(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, Any]]:
    """Rooms by name; what the file does not say of a room that is there stays."""
    await _require_templates(work, practice, wanted)
    put = []
    for item in wanted:
        try:
            before = (await visits.room_by_name(work, practice, item["name"])).settings
        except NotFound:
            before = RoomSettings(item["name"])
        put.append(await visits.put_room(work, practice, _settings(before, item)))
    names = await identity.names(work, [room.key for room in put], System.SOLO)
    return [{"name": room.name, "id": names[room.key]} for room in put]


async def _require_templates(work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]]) -> None:
    """`BadFile` for names that no template has, neither one of the file nor one that was there."""
    known = {template.name for template in await documentation.templates(work, practice)}
    faults = [
        Fault(f"waiting_rooms[{place}].templates[{index}]", "is no template of this practice")
        for place, item in enumerate(wanted)
        for index, name in enumerate(item["templates"] or ())
        if name not in known
    ]
    if faults:
        raise BadFile(faults)


def _settings(before: RoomSettings, item: Mapping[str, Any]) -> RoomSettings:
    said: dict[str, Any] = {ours: item[theirs] for theirs, ours in _WORDS.items() if item[theirs] is not None}
    if item["hours"] is not None:
        days = enumerate(visits.WEEKDAYS)
        said["hours"] = {place: _windows(item["hours"][day]) for place, day in days if item["hours"][day]}
    if item["closed"] is not None:
        said["closed"] = tuple(date.fromisoformat(day) for day in item["closed"])
    if item["templates"] is not None:
        said["templates"] = tuple(item["templates"])
    return replace(before, **said)


def _windows(spans: Sequence[Sequence[str]]) -> tuple[Window, ...]:
    return tuple(Window(_minutes(opens), _minutes(closes)) for opens, closes in sorted(map(tuple, spans)))


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


async def put_providers(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> None:
    """Providers, by the addresses of their accounts."""
    await _put_staff(work, practice, wanted, "providers", is_provider=True)


async def put_assistants(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> None:
    """Medical assistants, by the addresses of their accounts."""
    await _put_staff(work, practice, wanted, "assistants", is_assistant=True)


async def _put_staff(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], part: str, **kind: Any
) -> None:
    for place, item in enumerate(wanted):
        kind |= {name: item[name] or "" for name in ("first_name", "middle_name", "last_name")}
        name = " ".join(filter(None, (kind["first_name"], kind["middle_name"], kind["last_name"])))
        person, _ = await member_by_email(work, practice, item["email"], name)
        try:
            await visits.put_staff(work, practice, person, username=item["username"], **kind)
        except Conflict:
            raise BadFile([Fault(f"{part}[{place}].username", "is a colleague's")]) from None


async def put_teams(work: Work, practice: OrganizationKey, wanted: Mapping[str, Any], rotate: Collection[str]) -> None:
    """Where meetings in Microsoft Teams are made."""
    if wanted["graph_url"] is not None:
        await visits.set_teams_url(work, practice, wanted["graph_url"].rstrip("/"))
