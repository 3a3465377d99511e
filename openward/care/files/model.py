"""A file as the room knows it; the content lies in the data folder."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.work import PersonKey


class FileKind(StrEnum):
    """What a file is."""

    BLOB = "blob"
    DEVICE_LOG = "device-log"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, both aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is about to come: `md5` is what the sender says the content has."""

    kind: FileKind
    media_type: str
    md5: bytes
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One kept file. `content` is the SHA-256 of the content, hex; `start_at` and `end_at` belong to device logs."""

    key: UUID
    person: PersonKey
    kind: FileKind
    content: str
    md5: bytes
    media_type: str
    size_bytes: int
    start_at: datetime | None
    end_at: datetime | None
    created_at: datetime
