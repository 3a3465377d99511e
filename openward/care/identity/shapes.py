"""The shapes of all names that foreign systems give to our entities, and how new ones are made.

clinic, tag, site and coaching ids: 24 hex digits; user ids: 10 hex digits or a UUID; SPID and SAID: integers from a
sequence; HSID, MRN and the practice's own patient id: free text given by a client, within its organization.
"""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.errors import Invalid


class System(StrEnum):
    """Who gives the name."""

    USER = "tidepool-user"
    CLINIC = "tidepool-clinic"
    SHARE_CODE = "tidepool-share-code"
    TAG = "tidepool-tag"
    SITE = "tidepool-site"
    SUMMARY = "tidepool-summary"
    DATA_SOURCE = "tidepool-data-source"
    MESSAGE = "tidepool-message"
    CONSENT = "tidepool-consent"
    PRESCRIPTION = "tidepool-prescription"
    FILE = "tidepool-file"
    SPID = "solo-patient"
    SAID = "solo-appointment"
    HSID = "solo-hospital-system"
    PRACTICE_PATIENT = "solo-practice-patient"
    SOLO = "solo"  # UUIDs of patients, practices, rooms, episodes, attachments, webhooks
    TWINE = "twine"
    MRN = "mrn"


class Kind(StrEnum):
    """What is named."""

    PERSON = "person"
    ORGANIZATION = "organization"
    MEMBER = "member"
    TAG = "tag"
    SITE = "site"
    GROUP = "group"
    APPOINTMENT = "appointment"
    EPISODE = "episode"
    LOCATION = "location"
    DEVICE = "device"
    ASSISTANCE = "assistance"
    REPORT = "report"
    CALENDAR_EVENT = "calendar-event"
    ATTENDEE = "attendee"
    MESSAGE = "message"
    PLAN = "plan"
    ACTION = "action"
    BUNDLE = "bundle"
    REWARD = "reward"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name in a foreign system; `organization` is set for names that are unique only within one."""

    system: System
    value: str
    organization: UUID | None = None


_HEX24 = re.compile(r"[a-f0-9]{24}\Z")
_HEX32 = re.compile(r"[a-f0-9]{32}\Z")
_USER = re.compile(r"([0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_SHARE = re.compile(r"[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){2}\Z")
_INTEGER = re.compile(r"[1-9][0-9]{0,17}\Z")
_TEXT = re.compile(r"[^\x00]{1,255}\Z", re.DOTALL)

SHAPES: dict[System, re.Pattern[str]] = {
    System.USER: _USER,
    System.CLINIC: _HEX24,
    System.SHARE_CODE: _SHARE,
    System.TAG: _HEX24,
    System.SITE: _HEX24,
    System.SUMMARY: re.compile(r"[a-f0-9]{0,24}\Z"),
    System.DATA_SOURCE: _HEX24,
    System.MESSAGE: _HEX24,
    System.CONSENT: _HEX32,
    System.PRESCRIPTION: _HEX24,
    System.FILE: _HEX32,
    System.SPID: _INTEGER,
    System.SAID: _INTEGER,
    System.HSID: _TEXT,
    System.PRACTICE_PATIENT: _TEXT,
    System.SOLO: _UUID,
    System.TWINE: _HEX24,
    System.MRN: _TEXT,
}

# An MRN may be shared by several people unless the organization's settings forbid it; all other names mean one entity.
SHARED = frozenset({System.MRN})

BORN_WITH: dict[Kind, tuple[System, ...]] = {
    Kind.PERSON: (System.USER, System.SPID, System.SOLO, System.TWINE),
    Kind.ORGANIZATION: (System.CLINIC, System.SHARE_CODE, System.SOLO),
    Kind.MEMBER: (System.TWINE,),
    Kind.TAG: (System.TAG,),
    Kind.SITE: (System.SITE,),
    Kind.GROUP: (System.TWINE,),
    Kind.APPOINTMENT: (System.SAID, System.SOLO),
    Kind.EPISODE: (System.SOLO,),
    Kind.LOCATION: (System.SOLO,),
    Kind.DEVICE: (System.SOLO,),
    Kind.ASSISTANCE: (System.SOLO,),
    Kind.REPORT: (System.SOLO,),
    Kind.CALENDAR_EVENT: (System.TWINE,),
    Kind.ATTENDEE: (System.TWINE,),
    Kind.MESSAGE: (System.TWINE,),
    Kind.PLAN: (System.TWINE,),
    Kind.ACTION: (System.TWINE,),
    Kind.BUNDLE: (System.TWINE,),
    Kind.REWARD: (System.TWINE,),
}
"""Born with all its names: which systems name a new entity at once, in the transaction that makes it."""

_SHARE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_process = ""
_counter = 0


def _begin() -> None:
    """Five random bytes and a running number for this process; another begins with its own, also when it is forked."""
    global _process
    _process = secrets.token_hex(5)
    skip()


def is_valid(system: System, value: str) -> bool:
    """Whether a value has the shape that this system gives its names."""
    return SHAPES[system].match(value) is not None


def require(system: System, value: str) -> str:
    """The value itself, or `Invalid` when its shape cannot be one of this system's names."""
    if not is_valid(system, value):
        raise Invalid(f"{value[:64]!r} is not a valid {system.value} id")
    return value


def hex24(now: datetime) -> str:
    """24 hex digits: four bytes of seconds, five random bytes of this process, a three-byte counter."""
    global _counter  # one running number a process is what this shape of id asks for
    _counter = (_counter + 1) & 0xFFFFFF
    return f"{int(now.timestamp()) & 0xFFFFFFFF:08x}{_process}{_counter:06x}"


def skip() -> None:
    """Let the running number of ids go on from somewhere else."""
    global _counter
    _counter = secrets.randbelow(1 << 24)


_begin()
os.register_at_fork(after_in_child=_begin)


def share_code() -> str:
    """Three groups of four letters and digits that cannot be mistaken for one another when read aloud."""
    letters = [secrets.choice(_SHARE_LETTERS) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def mint_value(system: System, entity: UUID, now: datetime) -> str | None:
    """A new name in this system, or None for names that come from a sequence or from a client."""
    match system:
        case System.USER:
            return str(UUID(int=secrets.randbits(128), version=4))
        case System.SHARE_CODE:
            return share_code()
        case System.CLINIC | System.TAG | System.SITE | System.SUMMARY | System.DATA_SOURCE | System.TWINE:
            return hex24(now)
        case System.SOLO:
            return str(UUID(int=secrets.randbits(128), version=4))
        case _:
            return None
