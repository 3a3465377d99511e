"""Calendar events: planned, listed, changed, marked as done, and answered by those who are to come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care import calendar, coaching
from openward.care import patients as care_patients
from openward.care.calendar import Between, CalendarEvent, EventType, Wanted
from openward.care.errors import NotAllowed
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import calendar_body as body
from openward.wire.twine import patients, query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.calendar_people import coach_of, owner_of, participants_of, reachable
from openward.wire.twine.media import require_document
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, keys_of, names_of
from openward.wire.twine.query import Filter, Page, Paging, Query, Span
from openward.wire.twine.resource import Included, Resource, collection, nothing, one, pointer_to, resource
from openward.wire.twine.schema import look_together
from openward.wire.twine.together import Together

KIND = "calendar_event"
_SPANS = {"start_at": "starts", "end_at": "ends", "completed_at": "completed", "created_at": "created"}
_SPANS |= {"updated_at": "updated"}
_FILTERS: Mapping[str, Filter | type[EventType]] = {
    **scope.FILTERS,
    "attendees": Filter.IDS,
    "completed": Filter.FLAG,
    "type": EventType,
    **dict.fromkeys(_SPANS, Filter.SPAN),
}
_SCOPES = (*scope.FILTERS, "attendees")
_INCLUDE = ("owner",)


async def render(work: Work, events: Sequence[CalendarEvent]) -> list[Resource]:
    """Events as resources; one query for all ids."""
    keys: set[UUID] = set()
    for event in events:
        keys |= {event.key, event.owner, *(one.key for one in event.attendees)}
        keys |= {one.participant.key for one in event.attendees}
        done = event.details.completion
        keys |= {key for key in (event.created_by, event.updated_by, done and done.by) if key}
    names = await names_of(work, list(keys))
    return [
        resource(
            KIND, names[event.key], _attributes(event, names), {"owner": pointer_to("patient", names[event.owner])}
        )
        for event in events
    ]


def _attributes(event: CalendarEvent, names: Mapping[UUID, str]) -> dict[str, Any]:
    said = event.details
    shown: dict[str, Any] = {
        "type": said.type,
        "time_zone": said.timezone,
        "all_day": said.is_all_day,
        "start_at": said.starts.said,
    }
    if said.ends is not None:
        shown["end_at"] = said.ends.said
    shown["title"] = said.title
    shown |= {name: text for name in ("location", "description") if (text := getattr(said, name)) is not None}
    shown["attendees"] = [
        {
            "_id": names[one.key],
            "user": names[one.participant.key],
            "response_status": body.STATUS[one.status],
        }
        for one in event.attendees
        if one.participant.key in names
    ]
    done = said.completion
    shown |= {
        "completed_at": done.at.said if done else None,
        "completed_by": names.get(done.by) if done else None,
        "created_at": written(event.created_at),
        "updated_at": written(event.updated_at),
    }
    by = {"created_by": event.created_by, "updated_by": event.updated_by}
    return shown | {name: names[key] for name, key in by.items() if key is not None and key in names}


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /calendar_event: oldest first, by when they were made."""
    asked = query.read(call, filters=_FILTERS, include=_INCLUDE, paging=Paging())
    wanted = await _wanted(work, asked)
    if wanted is None:
        return collection(call, [], 0, query.links(call, asked, 0))
    page = asked.page or Page(0)
    after = await _after(work, page)
    count = await calendar.count(work, wanted)
    found: list[CalendarEvent] = []
    if page.size and count:
        # One more than the page tells whether there is a next one.
        found = await calendar.page(work, wanted, page.size + page.is_cursor, after=after, offset=page.offset)
    last = None
    if page.is_cursor and len(found) > page.size > 0:
        found = found[: page.size]
        last = [found[-1].created_at.isoformat(), (await names_of(work, [found[-1].key]))[found[-1].key]]
    data, included = await render(work, found), await _include(work, asked, found)
    return collection(call, data, count, query.links(call, asked, count, last), included)


async def _wanted(work: Work, asked: Query) -> Wanted | None:
    """What to look for; None where a filter names nothing that there is."""
    whom = await scope.read(work, asked, _SCOPES)
    attendees = None
    if asked.get("attendees") is not None:
        attendees = list(await reachable(work, list((await keys_of(work, asked.get("attendees"))).values())))
    if whom.is_empty or attendees == []:
        return None
    spans: dict[str, Span | None] = {field: asked.get(name) for name, field in _SPANS.items()}
    return Wanted(
        whom.organization,
        owner=whom.person,
        groups=whom.groups,
        attendees=attendees,
        type=asked.get("type"),
        is_completed=asked.get("completed"),
        **{field: Between(span.start, span.end) for field, span in spans.items() if span is not None},
    )


async def _after(work: Work, page: Page) -> tuple[datetime, UUID] | None:
    """Creation time and key of the last event seen, out of a cursor."""
    place = query.place_after(page)
    if place is None:
        return None
    at, name = place
    key = (await keys_of(work, [name])).get(name)
    if key is None:
        raise query.strange_cursor()
    return at, key


async def _include(work: Work, asked: Query, events: Sequence[CalendarEvent]) -> Included:
    included = Included()
    if "owner" in asked.include and events:
        people = list(dict.fromkeys(event.owner for event in events))
        known = await care_patients.coached_many(work, organization(work), people)
        included.add(await patients.render(work, [known[person] for person in people if person in known]))
    return included


async def create(work: Work, call: Call) -> Reply:
    """POST /calendar_event."""
    query.read_nothing(call)
    given, told = await _look(call, "CalendarEventCreate")
    owner = await told.of(owner_of(work, given.owner)) if given.owner else None
    told.add(body.status_faults(given))
    participants = None if given.attendees is None else await told.of(participants_of(work, given.attendees))
    completed_by = await told.of(coach_of(work, given.completed_by)) if given.completed_by else None
    details = body.made(given, "UTC" if owner is None else await _zone(work, owner), completed_by)
    told.add(body.rule_faults(details, participants, told))
    told.require()
    assert owner is not None  # else there is a fault
    assert participants is not None
    made = await calendar.create(work, organization(work), owner, details, participants)
    return one(call, (await render(work, [made]))[0], status=201)


async def _look(call: Call, schema: str) -> tuple[body.Asked, Together]:
    """What a body says as far as it can be read, and what is wrong with it by itself."""
    document, told = await look_together(call, schema, body.check)
    return body.asked(document), told


async def fetch(work: Work, call: Call) -> Reply:
    """GET /calendar_event/{id}."""
    asked = query.read(call, include=_INCLUDE)
    found = await calendar.get(work, await key_of(work, call.path["id"]))
    await _require(work, found)
    return one(call, (await render(work, [found]))[0], await _include(work, asked, [found]))


async def update(work: Work, call: Call) -> Reply:
    """PATCH /calendar_event/{id}: the rules hold for the event as it will be."""
    query.read_nothing(call)
    require_document(call)
    key = await key_of(work, call.path["id"])
    await _require(work, await calendar.get(work, key))
    given, told = await _look(call, "CalendarEventUpdate")
    there = await lock(work, key)
    coming = [one.participant for one in there.attendees]
    names = await names_of(work, [there.owner, *(one.key for one in coming)])
    pairs = [(names[one.participant.key], one) for one in there.attendees if one.participant.key in names]
    told.add(body.fixed_faults(given, there, names[there.owner]) + body.status_faults(given, pairs))
    participants = None
    if given.attendees is not None:
        participants = await told.of(participants_of(work, given.attendees, coming))
    completed_by = await told.of(coach_of(work, given.completed_by)) if given.completed_by else None
    details = body.changed(there.details, given, await _zone(work, there.owner), completed_by)
    told.add(body.rule_faults(details, participants, told))
    told.require()
    after = await calendar.change(work, there, details, participants)
    return one(call, (await render(work, [after]))[0])


async def delete(work: Work, call: Call) -> Reply:
    """DELETE /calendar_event/{id}."""
    query.read_nothing(call)
    await calendar.delete(work, await lock(work, await key_of(work, call.path["id"])))
    return nothing(call)


async def lock(work: Work, key: UUID) -> CalendarEvent:
    """One event within reach, held until the end of the work."""
    found = await calendar.lock(work, key)
    await _require(work, found)
    return found


async def _require(work: Work, event: CalendarEvent) -> None:
    """`NotAllowed` for an event of another organization, or of a patient out of reach."""
    if event.organization != organization(work):
        raise NotAllowed
    await scope.require_people(work, [event.owner])


async def _zone(work: Work, owner: PersonKey) -> str:
    """The time zone of an event that names none: the plan's."""
    return (await coaching.of_patient(work, organization(work), owner)).content.zone.key


ROUTES = [
    Route("GET", f"/pub/{KIND}", fetch_all, "twine.v7:fetchCalendarEvents"),
    Route("POST", f"/pub/{KIND}", create, "twine.v7:createCalendarEvent"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "twine.v7:fetchCalendarEvent"),
    Route("PATCH", f"/pub/{KIND}/{{id}}", update, "twine.v7:updateCalendarEvent"),
    Route("DELETE", f"/pub/{KIND}/{{id}}", delete, "twine.v7:deleteCalendarEvent"),
]
