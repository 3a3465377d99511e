"""What the audit knows of one touch of a record, and what can be asked of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """One touch: `action` is read, write, delete or export; `what` names the part of the record.

    `patients`: whose records they were, when one change touched many.
    """

    action: str
    what: str
    patient: UUID | None
    organization: UUID | None = None
    patients: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; None means any. former: keys that the patient had before records were joined."""

    patient: UUID | None = None
    former: tuple[UUID, ...] = ()
    actor: UUID | None = None
    organization: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One kept entry."""

    key: UUID
    at: datetime
    action: str
    what: str
    patient: UUID | None
    organization: UUID | None
    actor_kind: str
    actor: UUID | None
    credential: str
    address: str
    route: str
    trace: str
