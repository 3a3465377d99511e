"""Answers to invitations: they are kept in the event, where they are read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from openward.care import calendar
from openward.care.calendar import Attendee, CalendarEvent
from openward.care.errors import Fault, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query
from openward.wire.twine.calendar import KIND as EVENT
from openward.wire.twine.calendar import lock
from openward.wire.twine.calendar_body import STATUS
from openward.wire.twine.calendar_people import reachable
from openward.wire.twine.errors import body_fault, refuse
from openward.wire.twine.names import key_of, keys_of
from openward.wire.twine.resource import one, pointer_to, resource
from openward.wire.twine.schema import below, look_together

KIND = "calendar_event_response"
_EVENT = "/data/relationships/calendar_event/data/id"
_USER = "/data/relationships/user/data"
_ATTENDEE = "/data/attributes/attendee"
_STATUS = {text: status for status, text in STATUS.items()}


async def create(work: Work, call: Call) -> Reply:
    """POST /calendar_event_response: an attendee answers, and may answer again."""
    query.read_nothing(call)
    document, told = await look_together(call, "CalendarEventResponseCreate")
    said, related = below(document, "data", "attributes"), below(document, "data", "relationships")
    user, name = below(related, "user", "data"), below(related, "calendar_event", "data").get("id")
    event = await told.of(_event(work, name)) if name else None
    keys = await keys_of(work, [one for one in (said.get("attendee"), user.get("id")) if one])
    asked = (keys.get(said.get("attendee", "")), keys.get(user.get("id", "")))
    attendee = next((one for one in event.attendees if one.key == asked[0]), None) if event else None
    if attendee is None or attendee.participant.key != asked[1]:
        # Who is beyond the token's reach is refused before anything is said about the event.
        await reachable(work, [asked[1]] if asked[1] else [])
    told.add(_faults(attendee, user, asked[1]) if event else [])
    told.require()
    assert event is not None  # else there is a fault
    assert attendee is not None
    await calendar.respond(work, event, attendee.key, _STATUS[said["response_status"]])
    answer = resource(
        KIND,
        said["attendee"],
        {"attendee": said["attendee"], "response_status": said["response_status"]},
        {
            "user": pointer_to(user["type"], user["id"]),
            "calendar_event": pointer_to(EVENT, name),
        },
    )
    return one(call, answer, status=201)


async def _event(work: Work, name: str) -> CalendarEvent:
    try:
        return await lock(work, await key_of(work, name))
    except NotFound:
        raise refuse(_EVENT, "There is no such event") from None


def _faults(attendee: Attendee | None, user: Mapping[str, Any], key: UUID | None) -> list[Fault]:
    if attendee is None:
        return [body_fault(_ATTENDEE, "The event has no such attendee")]
    if attendee.participant.key != key:
        return [body_fault(f"{_USER}/id", "The attendee is somebody else")]
    if user.get("type") not in ("user", "coach" if attendee.participant.is_coach else "patient"):
        return [body_fault(f"{_USER}/type", "The attendee is of another type")]
    return []


ROUTES = [Route("POST", f"/pub/{KIND}", create, "twine.v7:createCalendarEventResponse")]
