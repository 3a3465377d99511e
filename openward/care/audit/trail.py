"""Noting each touch of a patient's record, and searching the notes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.audit import store
from openward.care.audit.model import Entry, Found, Query
from openward.care.work import Work


def note(work: Work, action: str, what: str, patient: UUID | None, organization: UUID | None = None) -> None:
    """Note that this work touches a patient's record; a list notes each patient it shows. Repeats count once."""
    entry = Entry(action, what, patient, organization)
    if entry not in work.audited[-8:]:
        work.audited.append(entry)


def note_all(work: Work, action: str, what: str, patients: Sequence[UUID], organization: UUID | None = None) -> None:
    """Note one change of many records at once, as one entry that is found by each of its patients."""
    if patients:
        work.audited.append(Entry(action, what, None, organization, tuple(patients)))


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
