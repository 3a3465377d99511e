"""A prescription, its latest revision, and the states that it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey

LIFE = timedelta(days=90)
"""How long a submitted prescription may be claimed."""


class State(StrEnum):
    """draft and pending are the clinic's; submitted waits for the patient; claimed and active are the patient's."""

    DRAFT = "draft"
    PENDING = "pending"
    SUBMITTED = "submitted"
    CLAIMED = "claimed"
    ACTIVE = "active"
    INACTIVE = "inactive"
    EXPIRED = "expired"


MAY_FOLLOW: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.DRAFT, State.PENDING, State.SUBMITTED}),
    State.PENDING: frozenset({State.PENDING, State.SUBMITTED}),
}
"""What a revision may make of a prescription in this state; a signed one is not revised any more."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One revision as a clinician writes it: the attributes as checked JSON values, and what the room reads of them."""

    state: State
    attributes: Mapping[str, Any]
    birth_date: date | None = None
    email: str | None = None
    first_name: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which prescriptions of an organization; None means any. `after` bounds are inclusive, `before` exclusive."""

    key: UUID | None = None
    person: PersonKey | None = None
    email: str | None = None
    state: State | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    modified_after: datetime | None = None
    modified_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Prescription:
    """One prescription with its latest revision (`attributes`, of number `revision`)."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey | None
    state: State
    prescriber: PersonKey | None
    revision: int
    expires_at: datetime | None
    created_at: datetime
    created_by: PersonKey
    modified_at: datetime
    modified_by: PersonKey
    attributes: Mapping[str, Any]
    revised_at: datetime
    revised_by: PersonKey
