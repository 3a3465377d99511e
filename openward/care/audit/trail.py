"""Noting each touch of a patient's record, and searching the notes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward.care.audit import store
from openward.care.audit.store import Found, Query
from openward.care.work import Work

__all__ = ["Entry", "Found", "Query", "keep", "note", "search"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One touch: `action` is read, write, delete or export; `what` names the part of the record."""

    action: str
    what: str
    patient: UUID | None
    organization: UUID | None = None


def note(work: Work, action: str, what: str, patient: UUID | None, organization: UUID | None = None) -> None:
    """Note that this work touches a patient's record; a list notes each patient it shows. Repeats count once."""
    entry = Entry(action, what, patient, organization)
    if entry not in work.audited[-8:]:
        work.audited.append(entry)


async def keep(work: Work) -> None:
    """Write the notes of this work in its own transaction: without the note there is no change and no answer."""
    entries = [entry for entry in work.audited if isinstance(entry, Entry)]
    if entries:
        await store.insert(work, entries)


async def search(
    work: Work, query: Query, *, limit: int = 100, before: tuple[datetime, UUID] | None = None
) -> list[Found]:
    """Entries that fit, newest first; `before`, the time and key of the last one seen, pages on."""
    return await store.search(work, query, limit, before)
