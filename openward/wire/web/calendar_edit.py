"""The form of an event in the calendar: made for a patient, changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import calendar, identity, organizations, patients
from openward.care.calendar import CalendarEvent, Details, EventType, Moment, Participant
from openward.care.errors import CareError, Invalid, NotFound
from openward.care.identity import System
from openward.care.patients import Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_items
from openward.wire.web.calendar_week import KINDS, PATH, event_of, week_of, zone_of
from openward.wire.web.desk import Desk, enter, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_acts import person_of

_PATIENT = "patient"
_MOST_LONG = 5000
_PROBLEMS = {
    "blank-title": "Give the event a title.",
    "end-needed": "Say when the event ends.",
    "end-too-early": "The event must end after it starts.",
    "other-day": "An event that does not last all day ends on the day on which it starts.",
    "nobody": "Choose at least one person who comes.",
    "too-many": "At most 100 people can come to an event.",
}


async def new(work: Work, call: Call) -> Reply:
    """An empty form for a patient, to whom it and the viewer come."""
    desk = await enter(work, call)
    known = await _patient(work, desk, await person_of(work, call))
    today = work.now.astimezone(zone_of(desk)).date()
    own = await identity.name(work, desk.place.member.key, System.TWINE)
    fields = {"type": EventType.TELEPHONE_CALL, "day": today.isoformat(), "starts": "09:00", "ends": "09:30"}
    return await _page(work, call, desk, known, fields, [_PATIENT, own])


async def create(work: Work, call: Call) -> Reply:
    """Plan the event."""
    desk = await enter(work, call)
    known = await _patient(work, desk, await person_of(work, call))
    items = await read_items(work, call)
    try:
        async with attempt(work):
            details = _details(dict(items), zone_of(desk), None)
            coming = await _coming(work, desk, known.person, items, None)
            made = await calendar.create(work, desk.key, known.person, details, coming)
    except CareError as error:
        return await _page(work, call, desk, known, dict(items), _chosen(items), error=error)
    return week_of(desk, made, "event-planned")


async def edit(work: Work, call: Call) -> Reply:
    """The form of an event."""
    desk = await enter(work, call)
    event = await event_of(work, call, desk)
    known = await _patient(work, desk, event.owner)
    ids = await identity.names(work, [one.participant.key for one in event.attendees], System.TWINE)
    chosen = [
        _PATIENT if it == event.owner else ids[it] for one in event.attendees if (it := one.participant.key) in ids
    ]
    return await _page(work, call, desk, known, _fields(event), chosen, event=event)


async def save(work: Work, call: Call) -> Reply:
    """Write the event anew; who else comes to it, such as other patients, still does."""
    desk = await enter(work, call)
    seen = await event_of(work, call, desk)
    items = await read_items(work, call)
    try:
        async with attempt(work):
            event = await calendar.lock(work, seen.key)
            details = _details(dict(items), ZoneInfo(event.details.timezone), event.details)
            after = await calendar.change(work, event, details, await _coming(work, desk, event.owner, items, event))
    except CareError as error:
        known = await _patient(work, desk, seen.owner)
        return await _page(work, call, desk, known, dict(items), _chosen(items), event=seen, error=error)
    return week_of(desk, after, "event-changed")


async def _patient(work: Work, desk: Desk, person: PersonKey) -> Enrolment:
    found = (await patients.get_many(work, desk.key, [person])).get(person)
    if found is None:
        raise NotFound("no such patient")
    return found


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    known: Enrolment,
    fields: Mapping[str, str],
    chosen: Sequence[str],
    *,
    event: CalendarEvent | None = None,
    error: CareError | None = None,
) -> Reply:
    coaches = await organizations.coaches(work, desk.key)
    ids = await identity.names(work, [one.member for one in coaches], System.TWINE)
    who = known.full_name or "(no name)"
    people = [(_PATIENT, f"{who} (patient)")]
    people += [(ids[one.member], f"{one.first_name} {one.last_name}".strip()) for one in coaches]
    values: dict[str, Any] = {
        "who": who,
        "is_new": event is None,
        "kinds": list(KINDS.items()),
        "kind": KINDS[event.details.type] if event else "",
        "is_check_in": event is not None and event.details.type is EventType.PLAN_CHECK_IN,
        "fields": fields,
        "people": people,
        "chosen": chosen,
        "zone": (event.details.timezone if event else zone_of(desk).key).replace("_", " "),
        "problem": _problem(error) if error else "",
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(PATH),
        "remove": "" if event is None else desk.place.href(f"{PATH}/{call.path['event']}/delete"),
    }
    return show_page(work, call, desk, "calendar_event.html", values, status=status_of(error) if error else 200)


def _problem(error: CareError) -> str:
    if isinstance(error, Invalid) and error.faults[0].code in _PROBLEMS:
        return _PROBLEMS[error.faults[0].code]
    detail = error.detail or "that did not work"
    return f"{detail[0].upper()}{detail[1:]}."


def _chosen(items: Sequence[tuple[str, str]]) -> list[str]:
    return [value for name, value in items if name == "who"]


async def _coming(
    work: Work,
    desk: Desk,
    owner: PersonKey,
    items: Sequence[tuple[str, str]],
    event: CalendarEvent | None,
) -> list[Participant]:
    """The patient and the coaches who were ticked, and those whom the form does not offer."""
    chosen = _chosen(items)
    coaches = await organizations.coaches(work, desk.key)
    ids = await identity.names(work, [one.member for one in coaches], System.TWINE)
    offered: dict[UUID, str] = {owner: _PATIENT, **{one.member: ids[one.member] for one in coaches}}
    there = [] if event is None else [one.participant for one in event.attendees]
    kept = [one for one in there if one.key not in offered or offered[one.key] in chosen]
    known = {one.key for one in kept}
    added = [key for key, name in offered.items() if name in chosen and key not in known]
    return [*kept, *(Participant(key, is_coach=key != owner) for key in added)]


def _fields(event: CalendarEvent) -> dict[str, str]:
    """What stands in the form of an event, on the clocks of the event."""
    said = event.details
    zone = ZoneInfo(said.timezone)
    fields = {"title": said.title, "location": said.location or "", "description": said.description or ""}
    fields["day"] = calendar.day_of(said, said.starts.at).isoformat()
    if not said.is_all_day:
        fields["starts"] = f"{said.starts.at.astimezone(zone):%H:%M}"
        fields["ends"] = f"{said.ends.at.astimezone(zone):%H:%M}" if said.ends else ""
        return fields
    until = said.ends.at if said.ends else said.starts.at
    return fields | {"all_day": "on", "until": calendar.day_of(said, until).isoformat()}


def _details(fields: Mapping[str, str], zone: ZoneInfo, there: Details | None) -> Details:
    """What the form says. Times that it leaves as they were keep the way in which they were written."""
    if there is None and fields.get("type") not in set(EventType):
        raise Invalid("choose what is planned")
    kind = there.type if there else EventType(fields["type"])
    is_check_in = kind is EventType.PLAN_CHECK_IN
    is_all_day = is_check_in or "all_day" in fields
    day = _day(fields.get("day", ""))
    if is_all_day:
        until = day if is_check_in or not fields.get("until") else _day(fields["until"])
        starts, ends = _moment(day, time(), zone), None if is_check_in else _moment(until, time(), zone)
    else:
        starts = _moment(day, _time(fields.get("starts", "")), zone)
        ends = _moment(day, _time(fields.get("ends", "")), zone)
    texts = {name: fields.get(name, "").strip() for name in ("title", "location", "description")}
    if any(len(text) > _MOST_LONG for text in texts.values()):
        raise Invalid(f"write at most {_MOST_LONG} characters")
    if there is not None and there.is_all_day == is_all_day:
        starts = _same(there, there.starts, starts)
        ends = _same(there, there.ends, ends) if ends and there.ends else ends
    return Details(
        type=kind,
        title=" ".join(texts["title"].split()),
        starts=starts,
        ends=ends,
        timezone=zone.key,
        is_all_day=is_all_day,
        location=texts["location"] or None,
        description=texts["description"] or None,
        completion=there.completion if there else None,
    )


def _same(event: Details, before: Moment, after: Moment) -> Moment:
    """The time as it was written before, if the form means that one."""
    is_same = abs(before.at - after.at) < timedelta(minutes=1)
    if event.is_all_day:
        is_same = calendar.day_of(event, before.at) == calendar.day_of(event, after.at)
    return before if is_same else after


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("choose a day") from None
    if not 1900 <= day.year <= 2199:
        raise Invalid("choose a day")
    return day


def _time(text: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise Invalid("choose a time") from None
    if at.tzinfo is not None:
        raise Invalid("choose a time")
    return at.replace(microsecond=0)


def _moment(day: date, at: time, zone: ZoneInfo) -> Moment:
    moment = datetime.combine(day, at, zone).astimezone(UTC)
    return Moment(moment, moment.isoformat().replace("+00:00", "Z"))


ROUTES = [
    Route("GET", "/patients/{userId}/event", new, is_documented=False),
    Route("POST", "/patients/{userId}/event", create, is_documented=False),
    Route("GET", f"{PATH}/{{event}}", edit, is_documented=False),
    Route("POST", f"{PATH}/{{event}}", save, is_documented=False),
]
