"""Booking a visit for a patient: a waiting room, a day, a free time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import episodes, identity, patients, visits
from openward.care.accounts import parse_date
from openward.care.errors import CareError, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment
from openward.care.visits import Booking, EpisodeUnknown, Room, RoomFull
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_acts import person_of
from openward.wire.web.visit_page import read_minutes, read_moment

_MOST_SLOTS = 300
_MOST_REASONS = 20
_WORDS: dict[type[CareError], str] = {
    RoomFull: "The waiting room is full at this time. Choose another one.",
    EpisodeUnknown: "This episode does not exist any more.",
}


async def show(work: Work, call: Call) -> Reply:
    """The form with the free times of a day."""
    desk = await enter(work, call)
    return await _page(work, call, desk, await _patient(work, call, desk), call.query)


async def _patient(work: Work, call: Call, desk: Desk) -> Enrolment:
    person = await person_of(work, call)
    if await patients.peek(work, desk.key, person) is None:
        raise NotFound("no such patient")
    return await patients.get(work, desk.key, person)


async def _page(
    work: Work, call: Call, desk: Desk, known: Enrolment, fields: Mapping[str, str], error: CareError | None = None
) -> Reply:
    rooms = await visits.rooms(work, desk.key)
    ids = await identity.names(work, [room.key for room in rooms], System.SOLO)
    chosen = next((room for room in rooms if ids[room.key] == fields.get("room")), rooms[0] if rooms else None)
    found = await episodes.of_patient(work, desk.key, known.person)
    names = await identity.names(work, [one.key for one in found], System.SOLO)
    user_id = call.path["userId"]
    values: dict[str, Any] = {
        "who": known.full_name or "(no name)",
        "is_deceased": known.is_deceased,
        "rooms": [(ids[room.key], room.name) for room in rooms],
        "room": ids[chosen.key] if chosen else "",
        "chosen": chosen,
        "episodes": [(names[one.key], one.content.name) for one in found],
        "fields": fields,
        "problem": problem_of(error, _WORDS) if error else "",
        "path": call.url_path,
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(f"/patients/{user_id}"),
        "rooms_href": desk.place.href("/clinic/practice/rooms"),
    }
    if chosen is not None:
        values |= await _times(work, call, desk, chosen, fields, ids[chosen.key])
    return show_page(work, call, desk, "patient_book.html", values, status=status_of(error) if error else 200)


async def _times(
    work: Work, call: Call, desk: Desk, room: Room, fields: Mapping[str, str], room_id: str
) -> dict[str, Any]:
    """The free times of the day that is asked for, on the clocks of the room; those that are over are left out."""
    zone = await visits.zone_of(work, room)
    today = work.now.astimezone(zone).date()
    day = parse_date(fields.get("day", "")) or today
    start, end = (int(datetime.combine(one, time(), zone).timestamp()) for one in (day, day + timedelta(days=1)))
    length_s = room.settings.slot_duration_s
    now_s = int(work.now.timestamp())
    starts = await visits.free_slots(work, room, (max(start, now_s), end), length_s) if end > now_s else []
    local = [datetime.fromtimestamp(one, UTC).astimezone(zone) for one in starts[:_MOST_SLOTS]]
    return {
        "day": day,
        "zone": str(zone).replace("_", " "),
        "minutes": f"{length_s / 60:g}",
        "slots": [(one.isoformat(), f"{one:%H:%M}") for one in local],
        "is_closed": not room.settings.hours.get(day.weekday()) or day in room.settings.closed,
        "before": _href(call, desk, room_id, day - timedelta(days=1)) if day > today else "",
        "after": _href(call, desk, room_id, day + timedelta(days=1)),
    }


def _href(call: Call, desk: Desk, room_id: str, day: date) -> str:
    return f"{call.url_path}{desk.place.action}&room={room_id}&day={day.isoformat()}"


async def book(work: Work, call: Call) -> Reply:
    """Book it; sent twice it is the same visit, and a room that is full and says so refuses."""
    desk = await enter(work, call)
    known = await _patient(work, call, desk)
    fields = await read_form(work, call)
    try:
        async with attempt(work):
            booking = await _booking(work, desk, fields)
            made = await visits.book_place(work, desk.key, known.person, booking)
    except CareError as error:
        return await _page(work, call, desk, known, fields, error)
    return go(desk, f"/visits/day/{await identity.name(work, made.key, System.SOLO)}", "visit-booked")


async def _booking(work: Work, desk: Desk, fields: Mapping[str, str]) -> Booking:
    key = await identity.find(work, Identifier(System.SOLO, fields.get("room", "")))
    if key is None:
        raise Invalid("choose a waiting room")
    room = await visits.room(work, desk.key, key)
    zone = await visits.zone_of(work, room)
    reasons = [" ".join(line.split()) for line in fields.get("reasons", "").splitlines()]
    reasons = [line for line in reasons if line]
    if len(reasons) > _MOST_REASONS or any(len(line) > 500 for line in reasons):
        raise Invalid(f"write at most {_MOST_REASONS} reasons of at most 500 characters")
    return Booking(
        room=room,
        starts_at=_starts_at(fields, zone),
        duration_s=read_minutes(fields["minutes"]) if fields.get("minutes", "").strip() else None,
        reasons=reasons,
        episode=await _episode(work, fields.get("episode", "")),
    )


def _starts_at(fields: Mapping[str, str], zone: ZoneInfo) -> datetime:
    """The time that was written, else the free one that was chosen."""
    if fields.get("other", "").strip():
        return read_moment(fields["other"], zone)
    try:
        at = datetime.fromisoformat(fields.get("slot", ""))
    except ValueError:
        raise Invalid("choose a time") from None
    if at.tzinfo is None:
        raise Invalid("choose a time")
    return at


async def _episode(work: Work, said: str) -> UUID | None:
    if not said:
        return None
    key: UUID | None = await identity.find(work, Identifier(System.SOLO, said))
    if key is None:
        raise EpisodeUnknown("Episode not found")
    return key


ROUTES = [
    Route("GET", "/patients/{userId}/book", show, is_documented=False),
    Route("POST", "/patients/{userId}/book", book, is_documented=False),
]
