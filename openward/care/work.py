"""Work: who does something, when, inside which transaction; the first argument of everything that reads or writes."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from openward.config import Settings
from openward.infra.blobs import Blobs
from openward.infra.crypto import IdCipher, Keyring
from openward.infra.db import Connection, uuid_of
from openward.infra.jobs import Deferred

PersonKey = NewType("PersonKey", UUID)
"""A human being with an account, be it a patient, a clinician or both."""
OrganizationKey = NewType("OrganizationKey", UUID)
MemberKey = NewType("MemberKey", UUID)


class ActorKind(StrEnum):
    """The kinds of callers there are."""

    NOBODY = "nobody"
    PERSON = "person"
    SERVICE = "service"  # another program of the installation, or one of our own jobs
    LINK = "link"  # whoever holds a link made for one person (restricted token)
    CLIENT = "client"  # a program of one organization (API key, OAuth client)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `credential` names the credential (its kind and a short public part), never the secret."""

    kind: ActorKind = ActorKind.NOBODY
    person: PersonKey | None = None
    organization: OrganizationKey | None = None
    credential: str = ""
    identity_provider: str = ""
    scopes: frozenset[str] = frozenset()
    groups: tuple[UUID, ...] = ()

    @property
    def is_service(self) -> bool:
        """Whether this is a program that may act for everybody."""
        return self.kind is ActorKind.SERVICE

    def is_person(self, key: UUID | None) -> bool:
        """Whether this is that person himself, signed in."""
        return self.kind is ActorKind.PERSON and key is not None and self.person == key


NOBODY = Actor()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of work comes from, for the audit: `address` of the peer, `route` such as `GET /v1/patients`."""

    address: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What care may use beside the database, opened once a process by `app.py` and handed down with each Work.

    `partners` is the code of partner clouds, which only the room `connections` knows how to use (its `ports.Partner`);
    `record_system` the way to systems of health records, which `ehr` knows as its `ports.RecordSystem`; `feed_reader`
    handles a message of theirs anew (`ehr.feed.ports.FeedReader`).
    """

    settings: Settings
    keyring: Keyring
    ids: IdCipher
    blobs: Blobs
    partners: tuple[Any, ...] = ()
    record_system: Any = None
    feed_reader: Any = None

    @classmethod
    def open(
        cls, settings: Settings, partners: Sequence[Any] = (), record_system: Any = None, feed_reader: Any = None
    ) -> "Tools":
        """Open everything that lives in the data folder, making it on first use."""
        keyring = Keyring.open(settings.data_dir / "keys")
        ids, blobs = IdCipher(keyring.derive("datum-id", 16)), Blobs(settings.data_dir / "blobs")
        return cls(settings, keyring, ids, blobs, tuple(partners), record_system, feed_reader)


@dataclass(slots=True)
class Work:
    """One request or one job: one transaction, one moment, one actor.

    `tx` is a connection inside a transaction that only the gateway commits. `now` is aware UTC and the same throughout.
    `recorded` and `audited` are written by the rooms `events` and `audit` and kept by the gateway just before commit;
    `tasks` are jobs to defer in this transaction.
    """

    tx: Connection
    actor: Actor
    now: datetime
    tools: Tools
    trace: str = ""
    origin: Origin = field(default_factory=Origin)
    recorded: list[object] = field(default_factory=list)
    audited: list[object] = field(default_factory=list)
    tasks: list[Deferred] = field(default_factory=list)

    def token_bytes(self, count: int) -> bytes:
        """Random bytes fit for secrets."""
        return secrets.token_bytes(count)

    def uniform(self, low: float, high: float) -> float:
        """A random number in [low, high), for jitter."""
        return low + (high - low) * secrets.randbelow(1 << 53) / (1 << 53)


_made = itertools.count(secrets.randbits(29))


def uuid7(now: datetime) -> UUID:
    """A time-ordered UUID (RFC 9562, version 7), so that new rows lie together in their indexes.

    Those that one process makes in one millisecond follow a counter, so that what is made together keeps its order.
    """
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    count = next(_made) & ((1 << 30) - 1)
    high, low = count >> 18, (count & ((1 << 18) - 1)) << 44 | secrets.randbits(44)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def new_key(work: Work) -> UUID:
    """The internal key of a new entity; no wire ever shows it."""
    return uuid7(work.now)


def new_keys(work: Work, count: int) -> list[UUID]:
    """Many keys at once, in their order; in the driver's own class, which is made and sent faster."""
    moment = (int(work.now.timestamp() * 1000) & ((1 << 48) - 1)) << 80 | 0x7 << 76 | 0b10 << 62
    random = secrets.token_bytes(6 * count)
    made = []
    for place in range(0, 6 * count, 6):
        number = next(_made) & ((1 << 30) - 1)
        chance = int.from_bytes(random[place : place + 6], "big") >> 4
        key = moment | number >> 18 << 64 | (number & ((1 << 18) - 1)) << 44 | chance
        made.append(uuid_of(key.to_bytes(16, "big")))
    return made


def moment_ms(key: UUID) -> int:
    """When a key was made, in milliseconds."""
    return int.from_bytes(key.bytes[:6], "big")


def unique(items: Sequence[str]) -> list[str]:
    """The items without repeats, in their order."""
    return list(dict.fromkeys(items))
