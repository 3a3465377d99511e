"""Migrations and merges as values; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class Status(StrEnum):
    """How far a migration is; it never goes back."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"

    def may_become(self, other: "Status") -> bool:
        """Whether this may be followed by the other, or is the same."""
        order = list(Status)
        return order.index(other) >= order.index(self)


class Outcome(StrEnum):
    """What became of a patient who shared with an old clinician account."""

    MOVED = "moved"
    PRESENT = "present"  # was a patient of the organization already
    GONE = "gone"  # the account does not exist any more
    REFUSED = "refused"  # a rule of the organization stood against it; what was shared stays shared


@dataclass(frozen=True, slots=True)
class Migration:
    """The move of an old clinician account, and of everybody who shared with it, into an organization.

    `began_at` and `ended_at` are the job's own; `status` may also be set by a service.
    """

    person: PersonKey
    organization: OrganizationKey
    status: Status
    created_at: datetime
    updated_at: datetime
    attested_at: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of how many: `total` people shared with the account, `done` of them have been seen to.

    `done` counts those of `outcomes`, refused ones too.
    """

    total: int
    done: int
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A patient who could not be enrolled, and the rule that stood against it."""

    patient: PersonKey
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """An executed merge: which organization was taken up, when, by whom (None: a service), and how many of what.

    counts: kind (`patients`, `clinicians`, `tags`, `sites`) to action (`MOVE`, `MERGE`, `CREATE` ...) to number.
    """

    key: UUID
    target: OrganizationKey
    source: OrganizationKey
    source_name: str
    at: datetime
    by: PersonKey | None
    counts: Mapping[str, Mapping[str, int]]
