"""Data sources and provider sessions as the room keeps them, and what is told of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Token:
    """What a partner gave us to ask in a person's name; `expires_at` is the end of `access`, None when not known."""

    access: str = field(repr=False)
    kind: str = "Bearer"
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    id_token: str | None = field(default=None, repr=False)


def is_access_token(text: str) -> bool:
    """Whether a partner can be shown this text as a token: printable ASCII. Source: RFC 6749, appendix A.12."""
    return text.isascii() and text.isprintable() and text != ""


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """One connection of a person with a partner. `id` is what services see; `token` None lets us ask nothing."""

    key: UUID
    id: str
    person: PersonKey
    provider_type: str
    provider_name: str
    external_id: str | None
    token: Token | None
    created_at: datetime
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """A session began and its source is connected: its data are to be fetched."""

    session: UUID
    source: UUID
    person: PersonKey
    provider: str


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """A session has ended, or another has taken its source: nothing is to be fetched in it any more."""

    session: UUID
    person: PersonKey
    provider: str


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A source has fallen into the state `error`: only the person himself can mend that."""

    source: UUID
    person: PersonKey
    provider: str
