"""Waiting rooms, who works in them, and visits; values only, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_SLOT_S = 900
MOST_DURATION_S = 86400
NO_SHOW_AFTER = timedelta(hours=24)
"""A visit to which nobody came is given up so long after its planned end."""


class Status(StrEnum):
    """Where a visit stands, from booked to signed; the values are what the virtual care wire says."""

    SCHEDULED = "scheduled"
    ARRIVED = "arrived"
    INTAKE_READY = "in progress.intake.ready"
    INTAKE = "in progress.intake.progress"
    EXAM_READY = "in progress.exam.ready"
    EXAM = "in progress.exam.progress"
    DISCHARGE_READY = "discharge.ready"
    DISCHARGE = "discharge.progress"
    COMPLETED = "completed"
    SIGNED = "sign off"
    CANCELLED = "cancelled"
    NO_SHOW = "not showed up"


class CallStatus(StrEnum):
    """Where the video call of a visit stands."""

    WAITING = "waiting"
    ON_CALL = "on call"
    ON_HOLD = "on hold"
    FINALIZING = "finalizing"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    LEFT = "LWBS"


class Outcome(StrEnum):
    """How a visit ended."""

    CANCELLED = "cancelled"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    NO_SHOW = "no-show"
    LEFT = "left"  # without being seen


class Role(StrEnum):
    """Which side of a visit a link is for."""

    PATIENT = "patient"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Window:
    """Open between two local wall times, in minutes after midnight; 1440 is the end of the day."""

    opens_min: int
    closes_min: int


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What a practice says of a waiting room.

    timezone: an IANA name, None for the organization's; hours: windows by weekday, Monday is 0, in order and apart;
    capacity: visits side by side; templates: names of the documentation that each new visit carries;
    enforces_capacity: whether a full room refuses visits that ask for a place.
    """

    name: str
    service_line: str = ""
    service_type: str = ""
    timezone: str | None = None
    slot_duration_s: int = DEFAULT_SLOT_S
    capacity: int = 1
    enforces_capacity: bool = False
    hours: Mapping[int, Sequence[Window]] = field(default_factory=dict)
    closed: Sequence[date] = ()
    templates: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """A waiting room of a practice."""

    key: UUID
    organization: OrganizationKey
    settings: RoomSettings

    @property
    def name(self) -> str:
        """Its name, unique in the practice."""
        return self.settings.name


@dataclass(frozen=True, slots=True)
class Staff:
    """A provider or a medical assistant of a practice; `number` is what wires call the person."""

    organization: OrganizationKey
    person: PersonKey
    number: int
    username: str | None
    first_name: str
    middle_name: str
    last_name: str
    is_provider: bool
    is_assistant: bool


@dataclass(frozen=True, slots=True)
class Call:
    """The video call of a visit; `id` is what wires and addresses call it."""

    key: UUID
    id: UUID
    status: CallStatus
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Booking:
    """A visit to be: `starts_at` None is now, `duration_s` None the room's slot; `episode` is one of the patient's.

    asks_for_place: whether a room that enforces its capacity may refuse it; not where the caller's schedule is master.
    """

    room: Room
    starts_at: datetime | None = None
    duration_s: int | None = None
    reasons: Sequence[str] = ()
    external_id: str | None = None
    account_number: str | None = None
    episode: UUID | None = None
    asks_for_place: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be otherwise with a visit; None leaves a thing as it is, an empty text clears it."""

    starts_at: datetime | None = None
    duration_s: int | None = None
    cancels: bool = False
    reasons: Sequence[str] | None = None
    external_id: str | None = None
    account_number: str | None = None
    room: UUID | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """One visit. `providers`: who is assigned to it, first come first."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey
    room: UUID
    starts_at: datetime
    duration_s: int
    status: Status
    reasons: tuple[str, ...]
    external_id: str | None
    account_number: str | None
    episode: UUID | None
    meeting_url: str | None
    call: Call | None
    providers: tuple[PersonKey, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    """A visit came to be; `templates`: names of the documentation that visits of its room carry."""

    organization: OrganizationKey
    person: PersonKey
    appointment: UUID
    room: UUID
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppointmentRescheduled:
    """A visit has another start or another length."""

    organization: OrganizationKey
    appointment: UUID


@dataclass(frozen=True, slots=True)
class AppointmentEnded:
    """A visit was cancelled, carried through or given up."""

    organization: OrganizationKey
    person: PersonKey
    appointment: UUID
    outcome: Outcome
