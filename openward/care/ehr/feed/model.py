"""Senders of a feed, the messages that they send, and what becomes of them; values only, no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from openward.care.errors import CareError
from openward.care.patients import Demographics
from openward.care.work import OrganizationKey, PersonKey

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Which(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which of a patient's identifiers is meant: by its type and, where any are given, by who assigned it."""

    types: tuple[_Text, ...] = ()
    authorities: tuple[_Text, ...] = ()


class FeedSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an organization says of one sender.

    peers: networks that it sends from; certificates: names that its TLS certificate must bear, none where it needs
    none; mrn, hsid: which identifiers are the medical record number and the id in the record system; rooms, providers:
    codes of its schedule to names of waiting rooms and addresses of staff; passes_over: kinds of messages that are
    answered and not acted upon; charset: of messages that do not say theirs.
    """

    peers: tuple[_Text, ...]
    certificates: tuple[_Text, ...] = ()
    processing_ids: tuple[_Text, ...] = ("P",)
    mrn: Which = Which(types=("MR",))
    hsid: Which = Which()
    charset: str = ""
    room: _Text | None = None
    rooms: Mapping[_Text, _Text] = {}
    providers: Mapping[_Text, _Text] = {}
    passes_over: tuple[_Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """How messages name the two sides; in a feed "" stands for any name."""

    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""

    @property
    def all(self) -> tuple[str, str, str, str]:
        """The four, in the order of a message."""
        return self.sending_application, self.sending_facility, self.receiving_application, self.receiving_facility


@dataclass(frozen=True, slots=True)
class Feed:
    """One sender of an organization."""

    key: UUID
    organization: OrganizationKey
    names: Names
    settings: FeedSettings
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection: the address, and the names in its certificate, if it has shown one."""

    address: str
    certificates: frozenset[str] = frozenset()


class State(StrEnum):
    """What became of a message."""

    DONE = "done"
    OUTDATED = "outdated"  # a newer one came before: kept, and nothing of it taken
    PASSED = "passed"  # of a kind that is not acted upon
    FAILED = "failed"  # what it says cannot be carried out
    REFUSED = "refused"  # it cannot be taken at all
    SETTLED = "settled"  # failed, and somebody has seen to it


OPEN = frozenset((State.FAILED, State.REFUSED))
"""Such a message is handled anew when it comes again, or when somebody asks for that."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as it came: how it is named, what kind it is, its bytes, and a digest of what it says."""

    control_id: str
    kind: str
    content: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message: `reason` is a code without health data."""

    state: State
    reason: str | None = None
    person: PersonKey | None = None
    appointment: UUID | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what became of it, for whoever looks after the feed; what it says is not in here."""

    key: UUID
    organization: OrganizationKey
    feed: UUID
    control_id: str
    kind: str
    state: State
    reason: str | None
    person: PersonKey | None
    appointment: UUID | None
    count: int
    received_at: datetime
    handled_at: datetime


@dataclass(frozen=True, slots=True)
class NumberedBy:
    """One identifier of a patient: its value, the names of who assigned it, and its type."""

    value: str
    authorities: tuple[str, ...] = ()
    type: str = ""


@dataclass(frozen=True, slots=True)
class PatientSaid:
    """What a message says of a patient: his identifiers, and what is to be made of what is known of him."""

    identifiers: tuple[NumberedBy, ...]
    change: Callable[[Demographics], Demographics]


@dataclass(frozen=True, slots=True)
class VisitSaid:
    """What a message says of a visit; None is not said.

    names: what the sender calls it, by the first of which it is kept; rooms, providers: codes in the sender's words.
    """

    names: tuple[str, ...]
    starts_at: datetime | None = None
    duration_s: int | None = None
    reasons: tuple[str, ...] | None = None
    rooms: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    account_number: str | None = None


class Refused(CareError):
    """What a message says cannot be carried out; `code` says why, without health data."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code, code=code)
