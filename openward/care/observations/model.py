"""What the room speaks of: one measurement of one patient, as it was sent and in the first unit of its type."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from openward.care.work import OrganizationKey, PersonKey


class Measured(msgspec.Struct, frozen=True, gc=False):
    """What was measured, checked: numbers in the unit that was sent, `canonical` in the first unit of the type.

    `type` names a row of the catalogue; `code_system` and `code` are kept as given; `other` holds a value that is no
    number. `occurred_at` is aware UTC.
    """

    type: str
    occurred_at: datetime
    code_system: str | None = None
    code: str | None = None
    value: float | None = None
    systolic: float | None = None
    diastolic: float | None = None
    other: Any = None
    unit: str | None = None
    canonical: float | None = None


class Observation(msgspec.Struct, frozen=True, gc=False):
    """A kept measurement. `id` is 24 hex digits, unique in the installation; a program leaves `created_by` out."""

    id: str
    organization: OrganizationKey
    person: PersonKey
    created_at: datetime
    measured: Measured
    created_by: PersonKey | None = None


class Selection(msgspec.Struct, frozen=True):
    """Which observations of an organization: of one person, of people in some groups (None: of anybody)."""

    organization: OrganizationKey
    person: PersonKey | None = None
    groups: tuple[UUID, ...] | None = None


class ObservationsRecorded(msgspec.Struct, frozen=True):
    """Observations were kept: whose, of which types, and their ids."""

    organization: OrganizationKey
    people: tuple[PersonKey, ...]
    types: tuple[str, ...]
    observations: tuple[str, ...]


class GlucoseMeasured(msgspec.Struct, frozen=True):
    """Observations of blood glucose were kept; their ids."""

    organization: OrganizationKey
    observations: tuple[str, ...]


class GlucoseWithdrawn(msgspec.Struct, frozen=True):
    """An observation of blood glucose was taken back; `value` in `unit`."""

    organization: OrganizationKey
    person: PersonKey
    occurred_at: datetime
    value: float
    unit: str
