"""The calendar of coaching: what is planned with a patient, who comes, and what they are reminded of."""

from openward.care.calendar.joining_store import join as join_people
from openward.care.calendar.model import (
    MOST_ATTENDEES,
    Attendee,
    Between,
    CalendarEvent,
    Completion,
    Details,
    EventType,
    Moment,
    Participant,
    Response,
    Wanted,
)
from openward.care.calendar.moving import move
from openward.care.calendar.plan import change, create, delete, lock, respond
from openward.care.calendar.read import around, by_start, count, get, page
from openward.care.calendar.remind import REMIND, remind_job
from openward.care.calendar.rules import attendee_faults, day_of, faults

__all__ = [
    "MOST_ATTENDEES",
    "REMIND",
    "Attendee",
    "Between",
    "CalendarEvent",
    "Completion",
    "Details",
    "EventType",
    "Moment",
    "Participant",
    "Response",
    "Wanted",
    "around",
    "attendee_faults",
    "by_start",
    "change",
    "count",
    "create",
    "day_of",
    "delete",
    "faults",
    "get",
    "join_people",
    "lock",
    "move",
    "page",
    "remind_job",
    "respond",
]
