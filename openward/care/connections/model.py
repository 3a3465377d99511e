"""A data source as the room keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from openward.care.work import PersonKey


class SourceState(StrEnum):
    """How a source is doing."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class NewSource:
    """What a new source says of itself; without a session it starts disconnected."""

    provider_type: str
    provider_name: str
    session_id: str | None = None
    external_id: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """One source. `session_id` belongs to connected ones and to those that fell into error; `error` is as given."""

    key: UUID
    person: PersonKey
    provider_type: str
    provider_name: str
    session_id: str | None
    external_id: str | None
    state: SourceState
    metadata: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    data_sets: tuple[str, ...]
    earliest_data_at: datetime | None
    latest_data_at: datetime | None
    last_import_at: datetime | None
    created_at: datetime
    modified_at: datetime | None
    revision: int
