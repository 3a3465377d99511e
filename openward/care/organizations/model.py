"""Organizations, their members, tags and sites; values only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import MemberKey, OrganizationKey, PersonKey

DEFAULT_TIER = "tier0100"
TIERS = ("tier0100", "tier0200", "tier0300", "tier0400")
DEFAULT_UNITS = "mg/dL"
MOST_LABELS = 50
"""An organization has at most so many tags, and so many sites."""


class Role(StrEnum):
    """What a member may do; a wire may call it otherwise."""

    ADMIN = "admin"
    MEMBER = "member"
    PRESCRIBER = "prescriber"


STAFF = frozenset({Role.ADMIN, Role.MEMBER})
"""Either role lets a member see and change the organization's patients; prescribing alone does not."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One number and what it is for."""

    number: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organization says about itself; None means never said."""

    name: str = ""
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None
    phone_numbers: tuple[PhoneNumber, ...] | None = None
    clinic_type: str | None = None
    clinic_size: str | None = None
    website: str | None = None
    timezone: str | None = None
    preferred_units: str | None = None


@dataclass(frozen=True, slots=True)
class MRNRules:
    """Whether each patient needs a medical record number, and whether it belongs to one patient only."""

    required: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `plan` patients, from `start` until `end` (None: open)."""

    plan: int
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class PatientLimits:
    """The hard limit stops new patients, the soft one is only shown."""

    hard: Limit | None = None
    soft: Limit | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who may join: an e-mail domain, and the identity provider that has to vouch."""

    email_domain: str
    required_idp: str | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """One clinic, practice or coaching organization. `mrn`, `ehr` and `suppressed` are None until first set."""

    key: OrganizationKey
    profile: Profile
    tier: str
    is_migrated: bool
    created_at: datetime
    updated_at: datetime
    has_had_tags: bool = False
    has_had_sites: bool = False
    mrn: MRNRules | None = None
    ehr: Mapping[str, Any] | None = None
    limits: PatientLimits = field(default_factory=PatientLimits)
    suppressed: Mapping[str, bool] | None = None
    restrictions: tuple[Restriction, ...] = ()
    provisioning_key: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A tag or a site of an organization."""

    key: UUID
    organization: OrganizationKey
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for an organization; `person` is None while the invite `invite` waits."""

    key: MemberKey
    organization: OrganizationKey
    person: PersonKey | None
    invite: str | None
    email: str
    name: str | None
    roles: tuple[Role, ...]
    is_service_account: bool
    created_at: datetime
    updated_at: datetime

    @property
    def is_admin(self) -> bool:
        """Whether this member may change the organization itself."""
        return Role.ADMIN in self.roles

    @property
    def is_staff(self) -> bool:
        """Whether this member may see the organization's patients."""
        return not STAFF.isdisjoint(self.roles)


@dataclass(frozen=True, slots=True)
class OrganizationCreated:
    """A new organization, by a person (None: by a service)."""

    organization: OrganizationKey
    admin: PersonKey | None


@dataclass(frozen=True, slots=True)
class TagDeleted:
    """A tag is gone and has to leave all patients."""

    organization: OrganizationKey
    tag: UUID


@dataclass(frozen=True, slots=True)
class SiteDeleted:
    """A site is gone and has to leave all patients."""

    organization: OrganizationKey
    site: UUID


@dataclass(frozen=True, slots=True)
class GroupsTaken:
    """After a merge: groups that are gone, each with the one of the same name that took its place."""

    organization: OrganizationKey
    replaced: tuple[tuple[UUID, UUID], ...]


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """A member has other roles than before."""

    organization: OrganizationKey
    member: MemberKey
    by: PersonKey | None
