"""Reports of visits: what they are made of, presets, and orders of encounter reports; values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey

COLUMNS = (
    "appointment_id",
    "appointment_external_id",
    "account_number",
    "patient_spid",
    "patient_external_id",
    "mrn",
    "last_name",
    "first_name",
    "birth_date",
    "gender",
    "waiting_room",
    "service_line",
    "service_type",
    "scheduled_at",
    "duration_seconds",
    "reasons",
    "status",
    "video_call_status",
    "call_started_at",
    "call_ended_at",
    "provider_emails",
    "episode_id",
)
"""What a report may say of a visit, in the order of the full dump."""

KEPT_FOR = timedelta(days=7)
MOST_TRIES = 5


class OrderStatus(StrEnum):
    """How far a report has come."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which columns of which visits; None is all rooms, all statuses."""

    columns: tuple[str, ...] = COLUMNS
    rooms: tuple[UUID, ...] | None = None
    statuses: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A choice that a practice has saved under a name."""

    key: UUID
    organization: OrganizationKey
    name: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Span:
    """Visits that start from `start` until `end`: the end is not included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """One encounter report; `content` names its file while it is kept."""

    key: UUID
    organization: OrganizationKey
    span: Span
    choice: Choice
    status: OrderStatus
    content: str | None
    created_at: datetime
    expires_at: datetime | None
