"""An episode of care; values only, no I/O."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class Status(StrEnum):
    """How far an episode has come; any may follow any other."""

    PLANNING = "planning"
    WAITLIST = "waitlist"
    ACTIVE = "active"
    ONHOLD = "onhold"
    FINISHED = "finished"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Content:
    """What a practice writes about an episode; `ends_on` is the last day, included, None while it is open."""

    name: str
    type: str
    status: Status
    begins_on: date
    ends_on: date | None = None
    objective: str | None = None
    reason_incomplete: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of one patient of one organization."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey
    content: Content
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class EpisodeCreated:
    """An episode came into being."""

    organization: OrganizationKey
    episode: UUID


@dataclass(frozen=True, slots=True)
class EpisodeUpdated:
    """An episode was written anew, or gained or lost a visit."""

    organization: OrganizationKey
    episode: UUID
