"""A patient as those see him who coach; values only, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward.care.identity import Born
from openward.care.patients.demographics import Demographics
from openward.care.patients.identifiers import MEDICAL_RECORD_NUMBER, NameElsewhere
from openward.care.work import MemberKey, PersonKey


@dataclass(frozen=True, slots=True)
class CoachedBy:
    """A member who looks after a patient; at most one of them first of all."""

    member: MemberKey
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to be a patient."""

    said: Demographics
    names: tuple[NameElsewhere, ...] = ()
    coaches: tuple[CoachedBy, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """A patient was taken off the list or put back."""

    at: datetime
    is_active: bool
    reason: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Coached:
    """A patient of an organization; `names` has his MRN among the others, where it was given.

    `born`: what he is called, if he came just now.
    """

    person: PersonKey
    record: UUID
    created_at: datetime
    updated_at: datetime
    said: Demographics
    names: tuple[NameElsewhere, ...] = ()
    groups: tuple[UUID, ...] = ()
    coaches: tuple[CoachedBy, ...] = ()
    history: tuple[Activity, ...] = ()
    invited_at: datetime | None = None
    first_access_at: datetime | None = None
    last_access_at: datetime | None = None
    born: Born | None = None


def with_mrn(names: Sequence[NameElsewhere], mrn: str | None, is_unique: bool) -> tuple[NameElsewhere, ...]:
    """The names with the MRN that stands in the enrolment, in its old place and with its label if it was given here."""
    kept = [name for name in names if name.system == MEDICAL_RECORD_NUMBER]
    if mrn is None:
        return tuple(name for name in names if name not in kept)
    fresh = NameElsewhere(MEDICAL_RECORD_NUMBER, mrn, kept[0].label if kept else None, is_unique)
    return tuple(fresh if name in kept else name for name in names) if kept else (fresh, *names)
