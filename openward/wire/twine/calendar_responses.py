"""Answers to invitations: they are kept in the event, where they are read."""

from collections.abc import Mapping
from typing import Any

from openward.care import calendar
from openward.care.calendar import Attendee
from openward.care.errors import Fault, Invalid, NotFound
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
from openward.wire.twine.schema import read

KIND = "calendar_event_response"
_EVENT = "/data/relationships/calendar_event/data/id"
_USER = "/data/relationships/user/data"
_ATTENDEE = "/data/attributes/attendee"
_STATUS = {text: status for status, text in STATUS.items()}


async def create(work: Work, call: Call) -> Reply:
    """POST /calendar_event_response: an attendee answers, and may answer again."""
    query.read_nothing(call)
    data = (await read(call, "CalendarEventResponseCreate"))["data"]
    said, related = data["attributes"], data["relationships"]
    try:
        event = await lock(work, await key_of(work, related["calendar_event"]["data"]["id"]))
    except NotFound:
        raise refuse(_EVENT, "There is no such event") from None
    user = related["user"]["data"]
    keys = await keys_of(work, [said["attendee"], user["id"]])
    attendee = next((one for one in event.attendees if one.key == keys.get(said["attendee"])), None)
    if attendee is None or attendee.participant.key != keys.get(user["id"]):
        # Who is beyond the token's reach is refused before anything is said about the event.
        await reachable(work, [keys[user["id"]]] if user["id"] in keys else [])
    faults = _faults(attendee, user, keys)
    if faults or attendee is None:
        raise Invalid(faults)
    await calendar.respond(work, event, attendee.key, _STATUS[said["response_status"]])
    answer = resource(
        KIND,
        said["attendee"],
        {"attendee": said["attendee"], "response_status": said["response_status"]},
        {
            "user": pointer_to(user["type"], user["id"]),
            "calendar_event": pointer_to(EVENT, related["calendar_event"]["data"]["id"]),
        },
    )
    return one(call, answer, status=201)


def _faults(attendee: Attendee | None, user: Mapping[str, Any], keys: Mapping[str, Any]) -> list[Fault]:
    if attendee is None:
        return [body_fault(_ATTENDEE, "The event has no such attendee")]
    if attendee.participant.key != keys.get(user["id"]):
        return [body_fault(f"{_USER}/id", "The attendee is somebody else")]
    if user["type"] not in ("user", "coach" if attendee.participant.is_coach else "patient"):
        return [body_fault(f"{_USER}/type", "The attendee is of another type")]
    return []


ROUTES = [Route("POST", f"/pub/{KIND}", create, "twine.v7:createCalendarEventResponse")]
