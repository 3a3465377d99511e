"""The entries of partner clouds in an organization's patients: what each says today, how many, and whose."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from openward.care.patients import store
from openward.care.patients.model import DataSource, Enrolment
from openward.care.patients.read import note_reads
from openward.care.work import OrganizationKey, Work


class EntryState(StrEnum):
    """What an entry says: the words of `DataSource.state`, and that a request has run out."""

    PENDING = "pending"
    PENDING_RECONNECT = "pendingReconnect"
    EXPIRED = "expired"
    CONNECTED = "connected"
    ERROR = "error"
    DISCONNECTED = "disconnected"


_ASKED = {EntryState.PENDING, EntryState.PENDING_RECONNECT}


def entry_state(entry: DataSource, now: datetime) -> EntryState | None:
    """The state of an entry at this moment; None for a word that we do not know."""
    try:
        state = EntryState(entry.state)
    except ValueError:
        return None
    has_ended = entry.expires_at is not None and entry.expires_at <= now
    return EntryState.EXPIRED if state in _ASKED and has_ended else state


async def count_entries(work: Work, organization: OrganizationKey) -> dict[str, dict[str, int]]:
    """By partner and state, for active patients who are not for demonstration: how many entries there are."""
    found: dict[str, dict[str, int]] = {}
    for provider, state, number in await store.entry_counts(work, organization):
        found.setdefault(provider, {})[state] = number
    return found


async def find_by_entry(
    work: Work,
    organization: OrganizationKey,
    states: Sequence[EntryState],
    provider: str | None = None,
    *,
    offset: int,
    limit: int,
) -> list[Enrolment]:
    """The same patients who have an entry in one of these states, of any partner or of one, by name."""
    found = await store.find_by_entry(work, organization, states, provider, offset, limit)
    note_reads(work, found)
    return found
