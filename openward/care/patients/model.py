"""A patient of an organization: the enrolment and what hangs on it; values only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey

MOST_REVIEWS = 2


class Permission(StrEnum):
    """What somebody may do with a person's data."""

    VIEW = "view"
    UPLOAD = "upload"
    NOTE = "note"
    CUSTODIAN = "custodian"
    ROOT = "root"
    FOLLOW = "follow"


CUSTODIAL = frozenset({Permission.CUSTODIAN, Permission.VIEW, Permission.UPLOAD, Permission.NOTE})
"""What an organization may do with a patient whose account it made."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """A link to a partner cloud as the organization sees it; `state` is pending, connected, disconnected ..."""

    provider: str
    state: str
    key: str | None = None
    modified_at: datetime | None = None
    expires_at: datetime | None = None
    latest_data_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Somebody asked the patient to connect a partner cloud."""

    provider: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A clinician looked through the data."""

    by: PersonKey
    at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One patient in one organization. `birth_date` None is unknown; `glycemic_ranges` None means the standard ones.

    `is_active` False is out of lists and counts and still readable; `removed_at` says that the organization let go.
    """

    key: UUID
    organization: OrganizationKey
    person: PersonKey
    full_name: str
    created_at: datetime
    updated_at: datetime
    birth_date: date | None = None
    email: str | None = None
    mrn: str | None = None
    target_devices: tuple[str, ...] | None = None
    tags: tuple[UUID, ...] = ()
    sites: tuple[UUID, ...] = ()
    permissions: frozenset[Permission] = frozenset()
    glycemic_ranges: Mapping[str, Any] | None = None
    diagnosis_type: str | None = None
    data_sources: tuple[DataSource, ...] | None = None
    connection_requests: Mapping[str, tuple[ConnectionRequest, ...]] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    last_upload_reminder_at: datetime | None = None
    is_active: bool = True
    removed_at: datetime | None = None
    is_deceased: bool = False
    is_demo: bool = False
    is_migrated: bool = False
    attestation_submitted: bool | None = None
    legacy_clinicians: tuple[str, ...] = ()
    invited_by: PersonKey | None = None

    @property
    def is_custodial(self) -> bool:
        """Whether the organization looks after the account, because its owner has not claimed it yet."""
        return Permission.CUSTODIAN in self.permissions

    @property
    def last_reviewed_at(self) -> datetime | None:
        """The time of the latest review."""
        return self.reviews[0].at if self.reviews else None


@dataclass(frozen=True, slots=True)
class Details:
    """What an organization writes about its patient.

    In an update, None clears e-mail, MRN and devices, and keeps tags, sites, data sources, ranges and diagnosis;
    an empty diagnosis clears it; reviews (newest first) replace the present ones if there are any.
    """

    full_name: str
    birth_date: date | None
    email: str | None = None
    mrn: str | None = None
    target_devices: tuple[str, ...] | None = None
    tags: tuple[UUID, ...] | None = None
    sites: tuple[UUID, ...] | None = None
    data_sources: tuple[DataSource, ...] | None = None
    glycemic_ranges: Mapping[str, Any] | None = None
    diagnosis_type: str | None = None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """What is said about a person with an account who becomes a patient; None is filled from the account."""

    permissions: frozenset[Permission] = frozenset()
    full_name: str | None = None
    birth_date: date | None = None
    mrn: str | None = None
    tags: tuple[UUID, ...] = ()
    sites: tuple[UUID, ...] = ()
    glycemic_ranges: Mapping[str, Any] | None = None
    diagnosis_type: str | None = None
    is_migrated: bool = False
    legacy_clinician: str | None = None
    attestation_submitted: bool | None = None


@dataclass(frozen=True, slots=True)
class ProviderCount:
    """Patients linked to one partner cloud, and how many of them in each state."""

    total: int
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PatientCount:
    """How many patients an organization has: all, demo ones, and those that count towards its plan."""

    total: int
    demo: int
    plan: int
    providers: Mapping[str, ProviderCount]


@dataclass(frozen=True, slots=True)
class EnrolmentChanged:
    """An enrolment began, changed or ended; lists follow before the answer goes out."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class EnrolmentEnded:
    """An organization let go of a patient. `is_custodial`: it looked after the account; `is_last`: nobody else does."""

    organization: OrganizationKey
    person: PersonKey
    is_custodial: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class ClaimedRemoved:
    """An organization let go of many patients who own their accounts. `last`: those whom no organization has now.

    One event for all, in place of an `EnrolmentChanged` and an `EnrolmentEnded` for each.
    """

    organization: OrganizationKey
    people: tuple[PersonKey, ...]
    last: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Patients of an organization are in other groups than before."""

    organization: OrganizationKey
    people: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class MRNChanged:
    """A medical record number changed: orders of an EHR that named the old one no longer hold."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody who has an account became a patient: what is known of him already follows."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class ConnectionRequested:
    """An organization asks its patient to connect a partner cloud."""

    organization: OrganizationKey
    person: PersonKey
    provider: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """An account that an organization looks after has another address."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class PatientCreated:
    """Somebody became a patient of an organization, by any path."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class PatientUpdated:
    """Something changed in who a patient is, or he is active again."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class PatientDeactivated:
    """A patient is not active any more, or the organization let go of him."""

    organization: OrganizationKey
    person: PersonKey


@dataclass(frozen=True, slots=True)
class ManyEnrolled:
    """In place of an `EnrolmentChanged` for each of many people whose accounts were made in the same work.

    Whoever follows has all of it at hand: the enrolments, and the groups of each in the same order.
    """

    organization: OrganizationKey
    enrolments: tuple[Enrolment, ...]
    groups: tuple[tuple[UUID, ...], ...]

    def brief(self) -> dict[str, Any]:
        """What is kept of the event; who they are stands in `ManyCreated` beside it."""
        return {"organization": self.organization, "number": len(self.enrolments)}


@dataclass(frozen=True, slots=True)
class ManyCreated:
    """In place of a `PatientCreated` for each of many who came at one stroke."""

    organization: OrganizationKey
    people: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class ManyDeactivated:
    """In place of a `PatientDeactivated` for each of many who were let go at one stroke."""

    organization: OrganizationKey
    people: tuple[PersonKey, ...]
