"""What an order form asks and is told, what an event says, and what a program shows; values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from openward.care.ehr.order import ADULT_YEARS, Person
from openward.care.ehr.settings import EHRSettings
from openward.care.organizations import Label, Organization
from openward.care.patients import DataSource, Enrolment

PROVIDERS = ("abbott", "dexcom")
"""The clouds that the form offers to connect."""


@dataclass(frozen=True, slots=True)
class Preorder:
    """Whom somebody is about to order for. `mrn` of the person is known; `present` is the patient with this MRN."""

    organization: Organization
    settings: EHRSettings
    person: Person
    mrn: str
    email: str | None
    present: Enrolment | None
    tags: tuple[Label, ...]
    today: date

    @property
    def is_child(self) -> bool:
        """Whether a guardian has to be named: the patient is under 13 today."""
        born = self.person.birth_date
        had_birthday = (self.today.month, self.today.day) >= (born.month, born.day)
        return self.today.year - born.year - (not had_birthday) < ADULT_YEARS


@dataclass(frozen=True, slots=True)
class Answers:
    """What was entered in the form; the guardian's name belongs to children only."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    providers: tuple[str, ...] = ()
    tags: tuple[UUID, ...] = ()


class Problem(StrEnum):
    """Why answers are not taken."""

    FIRST_NAME_MISSING = "first-name-missing"
    LAST_NAME_MISSING = "last-name-missing"
    EMAIL_INVALID = "email-invalid"
    EMAIL_TAKEN = "email-taken"


class Context(StrEnum):
    """What happened to an order."""

    NEW = "new"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to an order at `at`; `tracking` names the answers of its form, None when it had none."""

    context: Context
    deployment: str
    order_id: str
    at: datetime
    tracking: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """How the program of one patient stands, for one viewer of the record system."""

    id: str
    enrolled_on: date
    last_updated: datetime | None
    last_viewed: datetime | None
    has_claimed_account: bool
    sources: Sequence[DataSource]
    has_status_view: bool
    has_alert: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Whose report a page shows: `last_data` is the time of the newest reading, None without any."""

    organization: Organization
    enrolment: Enrolment
    last_data: datetime | None
