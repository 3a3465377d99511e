"""Waiting rooms of the practice, and their free times."""

from openward.care import identity, visits
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad
from openward.wire.solo.query import whole

UNKNOWN_ROOM = schema.fault("waitingRoom", "Waiting room not found.")
_LONGEST_S = 31 * 86400
_MOST_SLOTS = 100_000


async def list_rooms(work: Work, call: Call) -> Reply:
    """`GET /waiting-rooms`."""
    found = await visits.rooms(work, practice(work))
    names = await identity.names(work, [room.key for room in found], System.SOLO)
    return json_reply(
        [
            {
                "id": names[room.key],
                "name": room.name,
                "serviceLine": room.settings.service_line,
                "serviceType": room.settings.service_type,
            }
            for room in found
        ]
    )


async def list_slots(work: Work, call: Call) -> Reply:
    """`GET /appointment-slots`."""
    after, before, name, duration = _asked(call)
    try:
        room = await visits.room_by_name(work, practice(work), name)
    except NotFound:
        raise Invalid([UNKNOWN_ROOM]) from None
    length = duration or room.settings.slot_duration_s
    if (before - after) // length > _MOST_SLOTS:
        raise bad("duration", f"This span may hold more than {_MOST_SLOTS} slots of this length.")
    starts = await visits.free_slots(work, room, (after, before), length)
    return json_reply([{"date": start, "duration": length} for start in starts])


def _asked(call: Call) -> tuple[int, int, str, int | None]:
    """What is asked for; `Invalid` with every fault."""
    faults: list[Fault] = []
    after = whole(call, "after", faults, lowest=0)
    before = whole(call, "before", faults, lowest=0)
    if after is not None and before is not None:
        if before <= after:
            faults.append(schema.fault("before", "This value should be greater than after."))
        elif before - after > _LONGEST_S:
            faults.append(schema.fault("before", "This value should be at most 31 days after after."))
    name = call.query.get("waitingRoom", "")
    if not name.strip():
        faults.append(schema.fault("waitingRoom", schema.BLANK))
    duration = whole(call, "duration", faults, lowest=1, highest=86400, is_needed=False)
    if faults or after is None or before is None:
        raise Invalid(faults)
    return after, before, name, duration


ROUTES = [
    Route("GET", "/qapi/v1/waiting-rooms", list_rooms, "solo.v1:listWaitingRooms"),
    Route("GET", "/qapi/v1/appointment-slots", list_slots, "solo.v1:listSlots"),
]
