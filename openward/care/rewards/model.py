"""Reward programs and what comes of them for a patient; values, no I/O. Amounts are numbers of the program's unit."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class Unit(StrEnum):
    """What amounts count."""

    DOLLAR = "dollar"
    POINT = "point"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose: patients of some groups of an organization (None: of all), one of them alone if `person` is set.

    `activation` and `thread` narrow rewards further, `is_ready` earnings that are not fulfilled yet.
    """

    organization: OrganizationKey
    groups: tuple[UUID, ...] | None = None
    person: PersonKey | None = None
    activation: UUID | None = None
    thread: str | None = None
    is_ready: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program is: when it may be activated, for how many days, and how much there is for each patient."""

    name: str
    start_at: datetime
    end_at: datetime
    budget_value: Decimal
    unit: Unit = Unit.DOLLAR
    duration_days: Decimal = Decimal(540)
    fulfills_as_earned: bool = False
    is_frozen: bool = False
    tagline: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A program of one group."""

    key: UUID
    organization: OrganizationKey
    group: UUID
    terms: Terms
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """A program that is activated for a patient; active until it is deactivated or expires."""

    key: UUID
    organization: OrganizationKey
    program: UUID
    person: PersonKey
    activated_at: datetime
    deactivated_at: datetime | None
    expires_at: datetime
    created_at: datetime
    unit: Unit
    fulfills_as_earned: bool
    allocated_count: int = 0
    allocated_value: Decimal = Decimal(0)
    earned_count: int = 0
    earned_value: Decimal = Decimal(0)

    def is_active(self, at: datetime) -> bool:
        """Whether it is active at this time."""
        return self.activated_at <= at < ends_at(self.deactivated_at, self.expires_at)


@dataclass(frozen=True, slots=True)
class Allotment:
    """What is wanted of a reward: part of the budget, for what, and when the patient hopes to have earned it."""

    description: str
    value: Decimal
    allocated_at: datetime
    target_at: datetime | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Reward:
    """Part of a budget, with what was earned of it and fulfilled of that."""

    key: UUID
    organization: OrganizationKey
    activation: UUID
    person: PersonKey
    allotment: Allotment
    created_at: datetime
    unit: Unit
    earned_value: Decimal | None = None
    earned_at: datetime | None = None
    fulfilled_value: Decimal | None = None
    fulfilled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earning:
    """What of a reward was earned; `is_ready` says whether it may be fulfilled now."""

    key: UUID
    organization: OrganizationKey
    reward: UUID
    activation: UUID
    group: UUID
    person: PersonKey
    value: Decimal
    earned_at: datetime
    created_at: datetime
    unit: Unit
    is_ready: bool
    fulfilled_value: Decimal | None = None
    fulfilled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fulfillment:
    """What of an earning was fulfilled."""

    key: UUID
    organization: OrganizationKey
    earning: UUID
    person: PersonKey
    value: Decimal
    fulfilled_at: datetime
    created_at: datetime
    unit: Unit


def ends_at(deactivated_at: datetime | None, expires_at: datetime) -> datetime:
    """When an activation is over."""
    return expires_at if deactivated_at is None else min(deactivated_at, expires_at)
