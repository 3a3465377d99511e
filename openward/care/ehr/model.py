"""Orders of a record system, subscriptions to reports and tasks to push them; values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey

ORDER = "Order"
NEW = "New"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A kept message: `key` inside the house, `name` (24 hex digits) for the outside."""

    key: UUID
    name: str
    data_model: str
    event_type: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether an organization reports on its patient; `matched` are the orders that said so, oldest first."""

    organization: OrganizationKey
    person: PersonKey
    provider: Provider
    is_active: bool
    created_at: datetime
    updated_at: datetime
    matched: tuple[MessageRef, ...] = ()


class Status(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    REPEATED = "repeated"  # the same order was handled before
    IGNORED = "ignored"  # nothing that we act upon


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. `reason` is a code without health data; `unmatched_mrn`: nobody has this number yet."""

    status: Status
    reason: str | None = None
    person: PersonKey | None = None
    unmatched_mrn: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what became of it, for whoever looks after the link; what it says is not in here."""

    ref: MessageRef
    provider: Provider
    status: Status
    reason: str | None
    person: PersonKey | None
    procedure_code: str | None
    received_at: datetime
    handled_at: datetime | None
