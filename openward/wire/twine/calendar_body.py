"""Bodies of calendar events: what is sent, laid over what is there, and every fault where the caller can find it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from openward.care import calendar
from openward.care.calendar import (
    Attendee,
    CalendarEvent,
    Completion,
    Details,
    EventType,
    Moment,
    Participant,
    Response,
)
from openward.care.errors import Fault
from openward.care.work import MemberKey
from openward.gateway.shape import as_moment
from openward.wire.twine.errors import body_fault
from openward.wire.twine.moments import written
from openward.wire.twine.schema import below
from openward.wire.twine.together import Together

ATTRIBUTES = "/data/attributes"
OWNER = "/data/relationships/owner/data/id"
STATUS = {
    Response.NEEDS_ACTION: "needsAction",
    Response.ACCEPTED: "accepted",
    Response.DECLINED: "declined",
    Response.TENTATIVE: "tentative",
}
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_YEARS = range(1900, 2201)
_FAULTS = {
    "all-day-needed": ("all_day", "A plan-check-in lasts all day: this must be true"),
    "blank-title": ("title", "This must not be blank"),
    "end-needed": ("end_at", "This is missing"),
    "end-refused": ("end_at", "A plan-check-in has no end"),
    "end-too-early": ("end_at", "This must be after start_at"),
    "end-within-day": ("end_at", "An event that lasts all day ends at the beginning of a day"),
    "nobody": ("attendees", "This must have at least 1 items"),
    "other-day": ("end_at", "This must be on the day of start_at in the time zone of the event"),
    "start-within-day": ("start_at", "An event that lasts all day starts at the beginning of a day"),
    "too-many": ("attendees", "This must have at most 100 items"),
    "twice": ("attendees", "This attendee is there already"),
    "zone-unknown": ("time_zone", "This is not a time zone of the IANA database"),
}


_TIMES = ("all_day", "start_at", "end_at")
_ABOUT: Mapping[str, Sequence[str]] = {
    "all-day-needed": ("type",),
    "end-needed": ("type",),
    "end-refused": ("type",),
    "end-too-early": ("type", *_TIMES),
    "end-within-day": ("type", *_TIMES),
    "other-day": ("type", *_TIMES),
    "start-within-day": ("type", *_TIMES),
}
"""What a rule looks at besides the member that its fault points at."""
_UNREAD, _EPOCH = "-", datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A body that was understood: `attributes` as sent, with times in place of their texts under `moments`."""

    attributes: Mapping[str, Any]
    moments: Mapping[str, Moment | None]
    owner: str | None

    @property
    def attendees(self) -> list[str] | None:
        """The ids of who is to come, "" for one that cannot be read; None where the body does not say."""
        given = self.attributes.get("attendees")
        return None if given is None else [(one or {}).get("user") or "" for one in given]

    @property
    def completed_by(self) -> str | None:
        """The id of the coach who marks the event as done."""
        found: str | None = self.attributes.get("completed_by")
        return found


def check(document: Mapping[str, Any]) -> list[Fault]:
    """What the published schema cannot say about a body by itself."""
    attributes = below(document, "data", "attributes")
    faults = [
        body_fault(f"{ATTRIBUTES}/{name}", "This must not be null")
        for name in ("type", "title", "start_at", "attendees")
        if name in attributes and attributes[name] is None
    ]
    for name in ("start_at", "end_at", "completed_at"):
        text = attributes.get(name)
        if text is not None and _moment(text) is None:
            detail = "This must be a date and time with an offset or Z, in the years 1900 to 2200"
            faults.append(body_fault(f"{ATTRIBUTES}/{name}", detail))
    done = {name: attributes.get(name) for name in ("completed_at", "completed_by") if name in attributes}
    if len([value for value in done.values() if value is not None]) == 1 or len(done) == 1:
        lacking = next(name for name in ("completed_at", "completed_by") if done.get(name) is None)
        lacking = lacking if lacking not in done or len(done) == 2 else "completed_by"
        faults.append(body_fault(f"{ATTRIBUTES}/{lacking}", "completed_at and completed_by go together"))
    return faults


def asked(document: Mapping[str, Any]) -> Asked:
    """A body as far as it can be understood."""
    attributes = below(document, "data", "attributes")
    moments = {
        name: None if attributes[name] is None else _moment(attributes[name])
        for name in ("start_at", "end_at", "completed_at")
        if name in attributes
    }
    return Asked(attributes, moments, below(document, "data", "relationships", "owner", "data").get("id"))


def _moment(text: str) -> Moment | None:
    """The time and the text, which is put into the usual form if it has another; None without an offset."""
    at = as_moment(text)
    if at is None or at.tzinfo is None or at.year not in _YEARS:
        return None
    at = at.astimezone(UTC)
    return Moment(at, text if _WRITTEN.fullmatch(text) else written(at))


def made(given: Asked, zone: str, completed_by: MemberKey | None) -> Details:
    """A new event, in this time zone if the body names none; something stands in for what cannot be read."""
    kind = given.attributes.get("type")
    event_type = EventType(kind) if kind in set(EventType) else EventType.REMINDER
    blank = Details(event_type, _UNREAD, Moment(_EPOCH, ""), None, zone, is_all_day=False)
    return changed(blank, given, zone, completed_by)


def changed(there: Details, given: Asked, zone: str, completed_by: MemberKey | None) -> Details:
    """An event with what the body says; null clears, and clears a time zone to the one given."""
    said = given.attributes
    values: dict[str, Any] = {name: said[name] for name in ("location", "description") if name in said}
    if said.get("title") is not None:
        values["title"] = said["title"]
    if given.moments.get("start_at") is not None:
        values["starts"] = given.moments["start_at"]
    if "end_at" in given.moments:
        values["ends"] = given.moments["end_at"]
    if "time_zone" in said:
        values["timezone"] = zone if said["time_zone"] is None else said["time_zone"]
    if "all_day" in said:
        values["is_all_day"] = said["all_day"] is True
    if "completed_at" in given.moments:
        at = given.moments["completed_at"]
        values["completion"] = None if at is None or completed_by is None else Completion(at, completed_by)
    return replace(there, **values)


def status_faults(given: Asked, there: Sequence[tuple[str, Attendee]] = ()) -> list[Fault]:
    """Answers of attendees that are not those which are there; `there` pairs ids with who comes now."""
    known = {name: STATUS[attendee.status] for name, attendee in there}
    return [
        body_fault(f"{ATTRIBUTES}/attendees/{place}/response_status", "This is changed by a calendar_event_response")
        for place, one in enumerate(given.attributes.get("attendees") or ())
        if one and one.get("response_status") not in (None, known.get(one.get("user"), STATUS[Response.NEEDS_ACTION]))
    ]


def fixed_faults(given: Asked, event: CalendarEvent, owner: str) -> list[Fault]:
    """What a change may not touch: type and owner."""
    faults = []
    if given.attributes.get("type", event.details.type) != event.details.type:
        faults.append(body_fault(f"{ATTRIBUTES}/type", "The type of an event cannot be changed"))
    if given.owner not in (None, owner):
        faults.append(body_fault(OWNER, "The owner of an event cannot be changed"))
    return faults


def rule_faults(details: Details, participants: Sequence[Participant] | None, told: Together) -> list[Fault]:
    """The rules that an event would break, but for those about what the body says in a way that cannot be read.

    participants: None where somebody is unknown, or where nobody else is to come.
    """
    wrong = {fault.pointer.removeprefix(f"{ATTRIBUTES}/") for fault in told.faults}
    found = [fault for fault in calendar.faults(details) if wrong.isdisjoint(_ABOUT.get(fault.code, ()))]
    found += [] if participants is None else calendar.attendee_faults(participants)
    return [_said(fault) for fault in found]


def _said(fault: Fault) -> Fault:
    name, detail = _FAULTS[fault.code]
    return body_fault("/".join([ATTRIBUTES, name, *([fault.pointer, "user"] if fault.pointer else [])]), detail)
