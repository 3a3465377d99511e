"""Who is told of what, and what became of telling it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey


class Topic(StrEnum):
    """What can be told; each wire has words of its own for these."""

    PATIENT_CREATED = "patient-created"
    PATIENT_UPDATED = "patient-updated"
    PATIENT_DEACTIVATED = "patient-deactivated"
    APPOINTMENT_BOOKED = "appointment-booked"
    APPOINTMENT_RESCHEDULED = "appointment-rescheduled"
    APPOINTMENT_CANCELLED = "appointment-cancelled"
    APPOINTMENT_COMPLETED = "appointment-completed"
    APPOINTMENT_INCOMPLETE = "appointment-incomplete"
    APPOINTMENT_NO_SHOW = "appointment-no-show"
    APPOINTMENT_LEFT = "appointment-left"  # without being seen
    EPISODE_CREATED = "episode-created"
    EPISODE_UPDATED = "episode-updated"


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint of an organization. failing_since: the first failure after the last success; disabled_at: since
    when nothing new is queued, because it failed for too long.
    """

    key: UUID
    organization: OrganizationKey
    endpoint: str
    topics: tuple[Topic, ...]
    created_at: datetime
    failing_since: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, as the log has it. `status` is the HTTP status of the last answer, `reason` why there
    was none; `due_at` is set while it waits.
    """

    key: UUID
    topic: Topic
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime | None
    last_at: datetime | None
    status: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of an endpoint wait, and how many were given up."""

    waiting: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """An endpoint that somebody delivers to: nobody else does, as long as the lease lasts."""

    subscription: UUID
    lease: UUID
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to make. `attempts` are those before."""

    key: UUID
    topic: Topic
    subject: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is due at one endpoint, oldest first, and the secret that it is encrypted with."""

    endpoint: str
    secret: str
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. With neither a status nor a reason the delivery's subject is gone."""

    due: Due
    at: datetime
    status: int | None = None
    reason: str | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint took it."""
        return self.status is not None and 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class EndpointDisabled:
    """An endpoint failed for so long that nothing is sent there any more."""

    organization: OrganizationKey
    subscription: UUID
    endpoint_host: str
