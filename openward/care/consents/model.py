"""Texts to agree to, and agreements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import PersonKey


class Status(StrEnum):
    """Whether an agreement holds."""

    ACTIVE = "active"
    REVOKED = "revoked"


class AgeGroup(StrEnum):
    """How old the person is who agrees, or is agreed for."""

    CHILD = "<13"
    TEENAGER = "13-17"
    ADULT = ">=18"


class Grantor(StrEnum):
    """Who agrees."""

    OWNER = "owner"
    GUARDIAN = "parent/guardian"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a text; versions count from 1."""

    type: str
    version: int
    content: str
    content_type: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What somebody agrees to, and as whom."""

    type: str
    version: int
    age_group: AgeGroup
    owner_name: str
    grantor: Grantor
    guardian_name: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One agreement of one person."""

    key: UUID
    person: PersonKey
    type: str
    version: int
    status: Status
    age_group: AgeGroup
    owner_name: str
    guardian_name: str | None
    grantor: Grantor
    metadata: Mapping[str, Any] | None
    granted_at: datetime
    revoked_at: datetime | None
    created_at: datetime
    modified_at: datetime
