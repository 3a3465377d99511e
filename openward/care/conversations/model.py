"""A message as the room keeps it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward.care.work import PersonKey

MOST_CHARACTERS = 10_000
MOST_LISTED = 5_000


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says: `at` is the moment in the data that it is about, `guid` the client's own name for it."""

    body: str
    at: datetime
    guid: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message on the data of `person`; `parent` is what it answers, `root` the first of its thread."""

    key: UUID
    person: PersonKey
    author: PersonKey
    parent: UUID | None
    root: UUID
    guid: UUID
    body: str
    at: datetime
    created_at: datetime
    modified_at: datetime | None
