"""What an account is, and what hangs on it: sessions, confirmations, links, grants; and what others hear of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class Role(StrEnum):
    """What kind of account it is; what somebody may do in a clinic is decided by the membership instead."""

    CLINIC = "clinic"
    CLINICIAN = "clinician"
    CUSTODIAL = "custodial_account"
    MIGRATED_CLINIC = "migrated_clinic"
    PATIENT = "patient"
    BROKERED = "brokered"


class Collection(StrEnum):
    """The documents that an account carries for its clients."""

    PROFILE = "profile"
    PREFERENCES = "preferences"
    SETTINGS = "settings"
    GROUPS = "groups"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account; `email` is the login address in lower case, None for accounts without login."""

    key: PersonKey
    user_id: str
    email: str | None
    roles: tuple[str, ...]
    is_email_verified: bool
    has_password: bool
    terms_accepted: str | None
    created_at: datetime
    modified_at: datetime

    @property
    def is_custodial(self) -> bool:
        """Whether somebody else keeps this account until its owner claims it."""
        return Role.CUSTODIAL in self.roles


@dataclass(frozen=True, slots=True)
class Session:
    """A token that is good now: of a person, or of a service (`person` is None and `name` is the service's)."""

    person: PersonKey | None
    name: str
    identity_provider: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an OAuth client is handed: lives in seconds; a program of its own gets no refresh token."""

    access: str
    access_seconds: int
    refresh: str | None = None
    refresh_seconds: int = 0


class ConfirmationType(StrEnum):
    """What a confirmation asks for."""

    CARETEAM = "careteam_invitation"
    CLINICIAN = "clinician_invitation"
    SIGNUP = "signup_confirmation"
    RESET = "password_reset"


LIFETIMES: dict[ConfirmationType, timedelta | None] = {
    ConfirmationType.CARETEAM: timedelta(days=7),
    ConfirmationType.CLINICIAN: None,
    ConfirmationType.SIGNUP: timedelta(days=31),
    ConfirmationType.RESET: timedelta(days=7),
}


class ConfirmationStatus(StrEnum):
    """How far it came."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELED = "canceled"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Something that somebody has to confirm with a key from a mail. The key itself is sealed."""

    id: UUID
    handle: str
    type: ConfirmationType
    status: ConfirmationStatus
    email: str
    person: PersonKey | None
    creator: PersonKey | None
    organization: OrganizationKey | None
    context: Mapping[str, Any]
    extra: Mapping[str, Any]
    created_at: datetime
    modified_at: datetime
    expires_at: datetime | None
    key_sealed: bytes

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.status is ConfirmationStatus.PENDING and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class RestrictedToken:
    """A link for one person: `token` is the secret; no `paths` means every path of that person's data."""

    token: str
    person: PersonKey
    paths: tuple[str, ...] | None
    created_at: datetime
    modified_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What `owner` lets `grantee` do with his data."""

    owner: PersonKey
    grantee: PersonKey
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccountClaimed:
    """The owner of a custodial account has set a password: nobody is its custodian any more."""

    person: PersonKey


@dataclass(frozen=True, slots=True)
class EmailChanged:
    """An account has another login address, or none."""

    person: PersonKey


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """A profile was written."""

    person: PersonKey


@dataclass(frozen=True, slots=True)
class AccountDeleted:
    """An account is gone; what other rooms keep of the person has to follow."""

    person: PersonKey
