"""Events planned with a patient, and who comes to them; values only, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import MemberKey, OrganizationKey, PersonKey

MOST_ATTENDEES = 100


class EventType(StrEnum):
    """What is planned; it stays what it is."""

    PLAN_CHECK_IN = "plan-check-in"
    REMINDER = "reminder"
    TELEPHONE_CALL = "telephone-call"
    OFFICE_VISIT = "office-visit"
    VIDEO_CALL = "video-call"


class Response(StrEnum):
    """What somebody has said to the invitation."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, aware UTC, and how it was written when it was sent."""

    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Somebody marked the event as done."""

    at: Moment
    by: MemberKey


@dataclass(frozen=True, slots=True)
class Details:
    """What is planned. `timezone` is an IANA name; `ends` is None for a check-in only."""

    type: EventType
    title: str
    starts: Moment
    ends: Moment | None
    timezone: str
    is_all_day: bool
    location: str | None = None
    description: str | None = None
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A coach (by membership) or a patient (by person) who is to come."""

    key: UUID
    is_coach: bool


@dataclass(frozen=True, slots=True)
class Attendee:
    """A participant of one event, with what he answered."""

    key: UUID
    participant: Participant
    status: Response
    is_reminded: bool = False


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event of a patient of an organization; `created_by` and `updated_by` are None for programs."""

    key: UUID
    organization: OrganizationKey
    owner: PersonKey
    details: Details
    attendees: tuple[Attendee, ...]
    created_at: datetime
    updated_at: datetime
    created_by: MemberKey | None = None
    updated_by: MemberKey | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """A stretch of time, `start <= t < end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events of an organization: None stands for any.

    `groups` are those of the owner; of `attendees` one at least comes; an empty sequence matches nothing.
    """

    organization: OrganizationKey
    owner: PersonKey | None = None
    groups: Sequence[UUID] | None = None
    attendees: Sequence[UUID] | None = None
    type: EventType | None = None
    is_completed: bool | None = None
    starts: Between | None = None
    ends: Between | None = None
    completed: Between | None = None
    created: Between | None = None
    updated: Between | None = None
