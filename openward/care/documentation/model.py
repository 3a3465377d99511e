"""Forms, what is answered in them, files and documents; values only, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


class QuestionType(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    SINGLE = "single"
    MULTIPLE = "multiple"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form; `tag` is how programs find it whatever it is called."""

    id: UUID
    name: str
    type: QuestionType
    choices: tuple[str, ...] = ()
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Questions under one heading."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A form that visits carry; `edition` counts its changes."""

    key: UUID
    organization: OrganizationKey
    name: str
    edition: int
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question, at least one text; `by` None is a program."""

    question: UUID
    response: tuple[str, ...]
    at: datetime
    by: PersonKey | None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody remarked on a note."""

    key: UUID
    author: PersonKey
    body: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """One form of one visit, as it was when the visit was booked, with what is written in it."""

    key: UUID
    organization: OrganizationKey
    appointment: UUID
    person: PersonKey
    template: Template
    answers: Mapping[UUID, Answer]
    comments: Sequence[Comment]

    @property
    def questions(self) -> list[tuple[Section, Question]]:
        """All questions in the order of the form, each with its section."""
        return [(section, question) for section in self.template.sections for question in section.questions]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a visit; `media_type` is what its sender called it."""

    key: UUID
    organization: OrganizationKey
    appointment: UUID
    person: PersonKey
    title: str
    media_type: str
    size_bytes: int
    content: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """Questions and answers about a patient that came as a whole; never changed."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey
    name: str
    dated_at: datetime
    responses: tuple[tuple[str, str], ...]
    created_at: datetime
