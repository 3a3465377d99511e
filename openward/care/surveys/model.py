"""Questions about health, whom they are asked, and what was answered; values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class Category(StrEnum):
    """What a question is about."""

    LIFESTYLE = "lifestyle_behaviors"
    WELLBEING = "mental_wellbeing"
    PREVENTION = "preventative_care"


class Property(StrEnum):
    """What of a patient decides whether he is asked."""

    AGE = "age"
    GENDER = "gender"


SINGLE, MULTIPLE, OCCURRENCE, NUMBER = "single_choice", "multiple_choice", "last_occurrence", "number"
"""Formats with rules of their own; in any other, one of the choices is the answer, or a text where there are none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be given: `value` is what is kept."""

    label: str
    value: str
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold of a property: equal to `value` or not, strictly above, strictly below; None asks nothing."""

    property: Property
    value: str | None = None
    is_equal: bool | None = None
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One question as it is put to everybody of whom all `requirements` hold; `number` tells it from others."""

    number: int
    category: Category
    text: str
    format: str
    choices: tuple[Choice, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """Which patients of an organization: of some groups (None: of all), one of them alone if `person` is set."""

    organization: OrganizationKey
    groups: tuple[UUID, ...] | None = None
    person: PersonKey | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What decides which questions a patient is asked, and his place in lists."""

    person: PersonKey
    enrolled_at: datetime
    enrolment: UUID
    birth_date: date | None
    gender: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One time that a question was answered, by the patient or by a member."""

    id: str
    answered_at: datetime
    answered_by: UUID
    value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that was ever answered to one question, oldest first; the last entry counts."""

    profile: int
    question: int
    organization: OrganizationKey
    person: PersonKey
    created_at: datetime
    updated_at: datetime
    entries: tuple[Entry, ...] = ()

    @property
    def latest(self) -> Entry:
        """What counts."""
        return self.entries[-1]


@dataclass(frozen=True, slots=True)
class Profile:
    """The questions that apply to a patient today; `answers` says when each question was last answered."""

    number: int
    organization: OrganizationKey
    patient: Patient
    questions: tuple[Definition, ...] = ()
    answers: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def updated_at(self) -> datetime:
        """When something was last answered, else when the patient came."""
        return max([self.patient.enrolled_at, *self.answers.values()])

    def stats(self) -> list[tuple[str, int, int]]:
        """Answered and asked questions by category, and `overall`."""
        counted = []
        for category in Category:
            asked = [one.number for one in self.questions if one.category is category]
            counted.append((category.value, sum(number in self.answers for number in asked), len(asked)))
        return [*counted, ("overall", sum(one[1] for one in counted), sum(one[2] for one in counted))]


@dataclass(frozen=True, slots=True)
class Question:
    """One definition as it is put to one patient."""

    profile: int
    patient: Patient
    number: int
    is_answered: bool
