"""The patient's side: claim a prescription by its code, see one's own, say which one is in use."""

from datetime import date
from uuid import UUID

from openward.care import accounts, audit
from openward.care.errors import Conflict, NotAllowed, NotFound
from openward.care.prescriptions import store
from openward.care.prescriptions.model import Prescription, Query, State
from openward.care.work import PersonKey, Work


async def claim(work: Work, person: PersonKey, access_code: str, birth_date: date) -> Prescription:
    """Take a submitted prescription: its code and the date of birth in it prove that it is for this person.

    `NotFound` when they do not fit, `TooMany` after too many tries; the try was counted in this work even when it
    raises, so whoever calls keeps what was written.
    """
    _require_self(work, person)
    await accounts.count_guess(work, person)
    key = await store.lock_claimable(work, access_code, birth_date)
    if key is None:
        raise NotFound("there is no such prescription")
    await store.set_claimed(work, key, person)
    return await _own(work, person, key, "write")


async def of_person(work: Work, person: PersonKey, query: Query, *, offset: int, limit: int) -> list[Prescription]:
    """What a person has claimed, newest first; `query.person` is that person."""
    _require_self(work, person)
    audit.note(work, "read", "prescription", person)
    return await store.list_of(work, None, query, offset, limit)


async def get_own(work: Work, person: PersonKey, key: UUID) -> Prescription:
    """One prescription that a person has claimed."""
    _require_self(work, person)
    return await _own(work, person, key, "read")


async def activate(work: Work, person: PersonKey, key: UUID) -> Prescription:
    """Use a claimed prescription: the one in use until now becomes inactive."""
    _require_self(work, person)
    await store.lock(work, key)
    found = await _own(work, person, key, "write")
    if found.state is State.ACTIVE:
        return found
    if found.state is not State.CLAIMED:
        raise Conflict(f"a prescription that is {found.state} cannot become active")
    await store.set_active(work, key, person)
    return await _own(work, person, key, "write")


async def _own(work: Work, person: PersonKey, key: UUID, action: str) -> Prescription:
    found = await store.find(work, key)
    if found is None or found.person != person:
        raise NotFound("prescription not found")
    audit.note(work, action, "prescription", person)
    return found


def _require_self(work: Work, person: PersonKey) -> None:
    if not (work.actor.is_service or work.actor.is_person(person)):
        raise NotAllowed("user is not authorized", code="unauthorized")
