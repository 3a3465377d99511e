"""What leaves for record systems: messages, their states, and what an answer to an order says; values only, no I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from openward.care.ehr.settings import EHRSettings, Provider
from openward.care.work import OrganizationKey, PersonKey

RETRIES: Final = (
    timedelta(seconds=2),
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""From one attempt to the next; after the last one an operator has to say when to try again."""
REPLACED_WITHIN: Final = timedelta(minutes=5)
"""Tidepool: a note takes the place of one whose task is younger."""


class Kind(StrEnum):
    """The kinds of messages."""

    RESULTS = "results"  # what became of an order
    FLOWSHEET = "flowsheet"  # figures
    NOTES = "notes"  # the report as a file


class State(StrEnum):
    """What became of a message that leaves."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given-up"


class TaskState(StrEnum):
    """What became of a push."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"  # there was nothing to send, or nobody to send it about
    FAILED = "failed"  # at least one of its messages was given up


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an order: whether it was about an account to be made, how it went, and why not (a code)."""

    is_account: bool
    is_success: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that leaves, for whoever looks after the link; what it says is not in here."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey | None
    provider: Provider
    message: UUID
    task: UUID | None
    kind: Kind
    event_type: str
    document: str
    replaces: str | None
    state: State
    attempts: int
    due_at: datetime | None
    status: int | None
    reason: str | None
    created_at: datetime
    last_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class PushRecord:
    """A push and what became of it, for whoever looks after the link.

    Asked for by an order (`is_order`), by an upload (`is_after_upload`), or else by the cadence or somebody.
    """

    key: UUID
    person: PersonKey
    is_order: bool
    is_after_upload: bool
    state: TaskState
    reason: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message whose turn it is, with the order that it answers; `body` None: it is still to be made."""

    delivery: Delivery
    order: bytes
    body: bytes | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Push:
    """A push whose turn it is.

    since: uploads up to then were reported before (None: nothing was); reported: the newest upload that was, for a push
    that an upload asked for; replaces: the document that its note stands for.
    """

    key: UUID
    document: str
    organization: OrganizationKey
    person: PersonKey
    message: UUID
    order: bytes
    is_order: bool
    since: datetime | None
    reported: datetime | None
    ordered_at: datetime
    replaces: str | None
    settings: EHRSettings


@dataclass(frozen=True, slots=True)
class Head:
    """What all messages begin with: the order that they answer, where they go, under which id and which number."""

    link: Mapping[str, str]
    order: bytes
    destination: str
    document: str
    at: datetime
    number: int


def number_of(*names: object) -> int:
    """The number of the message with these names: the same each time it is sent, and nobody else's in practice.

    Numbers of JSON are doubles to many readers, which hold 53 bits.
    """
    digest = hashlib.blake2b("/".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 11


@dataclass(frozen=True, slots=True)
class Figures:
    """The summaries as clinics keep them (by `cgm`, `bgm`), and how the organization wants them said."""

    stats: Mapping[str, Mapping[str, Any]]
    units: str
    icode: bool


@dataclass(frozen=True, slots=True)
class Note:
    """The report as a file; `gmi`: percent, None when the note is not to say it; `replaces`: an earlier document."""

    pdf: bytes
    gmi: float | None
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an attempt. `is_final`: trying again as it is cannot help; `reason`: a code for what went wrong."""

    is_taken: bool
    status: int | None = None
    reason: str | None = None
    is_final: bool = False
