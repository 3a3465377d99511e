"""The job behind a migration: everybody who shares with an old clinician account becomes a patient of its clinic.

It works in batches, each a transaction that defers the next, so that it may be killed at any moment: a patient, what
became of him, his mail and the end of the old sharing relation are kept together or not at all. Tidepool: at most 15
patients a second.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from openward.care import accounts, notices, organizations, patients
from openward.care.accounts import Grant
from openward.care.errors import CareError, NotFound
from openward.care.organizations import Organization
from openward.care.patients import Joining, Permission
from openward.care.transfers import store
from openward.care.transfers.model import Migration, Outcome, Status
from openward.care.work import PersonKey, Work
from openward.infra.jobs import Deferred

JOB = "transfers.carry"
BATCH = 15
PAUSE = timedelta(seconds=1)
_TOO_SOON = PAUSE * 0.9  # since the last batch; clocks of a worker and of the database differ by a hair
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)
_GRANTABLE = {permission.value: permission for permission in patients.CUSTODIAL}


@dataclass(frozen=True, slots=True)
class _Move:
    """What the patients of one batch have in common; `legacy` is the user id of the old account, `name` its owner."""

    migration: Migration
    place: Organization
    legacy: str
    name: str


def defer(work: Work, person: PersonKey, *, after: UUID = _FIRST, in_a_moment: bool = False) -> None:
    """Have the job look at those who share with this account and whose keys come after one."""
    data = {"account": str(person), "after": str(after)}
    work.tasks.append(Deferred(JOB, data, f"{JOB}:{person}", work.now + PAUSE if in_a_moment else None))


async def carry(work: Work, data: Mapping[str, Any]) -> None:
    """The job: one batch, and then the next one or the end."""
    person, after = PersonKey(UUID(data["account"])), UUID(data["after"])
    held = await _hold(work, person)
    if held is None or held[0].ended_at is not None:
        return
    migration, place = held
    account = (await accounts.get_many(work, [person])).get(person)
    if account is None:
        await _close(work, migration)  # deleted in the meantime, and what was shared with it ended with it
        return
    if migration.began_at is None:
        migration = await _take_over(work, migration)
    elif work.now - migration.updated_at < _TOO_SOON:
        # A copy of this job, left by a worker that died; the two become one again by their key.
        defer(work, person, after=after, in_a_moment=True)
        return
    profile = await accounts.document(work, person, "profile")
    move = _Move(migration, place, account.user_id, str(profile.get("fullName") or ""))
    batch = await accounts.shared_with(work, person, after=after, limit=BATCH) or await _left(work, migration)
    for grant in batch:
        await _see_to(work, move, grant)
    migration = replace(migration, updated_at=work.now)
    await store.put(work, migration)
    if len(batch) == BATCH:
        defer(work, person, after=batch[-1].owner, in_a_moment=True)
    elif await _left(work, migration):
        defer(work, person, after=_LAST, in_a_moment=True)
    else:
        await _close(work, migration)
        await _tell_account(work, move, account.email)


async def _hold(work: Work, person: PersonKey) -> tuple[Migration, Organization] | None:
    """The migration and its organization, both locked; the organization first, as everybody else does."""
    found = await store.get(work, person)
    while found is not None:
        try:
            place = await organizations.lock(work, found.organization)
        except NotFound:
            place = None  # merged into another while we waited, or deleted and the migration with it
        again = await store.get(work, person, lock=True)
        if place is not None and again is not None and again.organization == place.key:
            return again, place
        found = again
    return None


async def _take_over(work: Work, migration: Migration) -> Migration:
    await accounts.become_clinician(work, migration.person)
    status = Status.RUNNING if migration.status is Status.PENDING else migration.status
    begun = replace(migration, status=status, began_at=work.now, updated_at=work.now)
    await store.put(work, begun)
    return begun


async def _left(work: Work, migration: Migration) -> list[Grant]:
    """Some of those who share and have not been seen to: they began to while the job ran."""
    shared = await accounts.all_shared_with(work, migration.person)
    refused = await store.refused(work, migration.person) if shared else set()
    return [grant for grant in shared if grant.owner not in refused][:BATCH]


async def _see_to(work: Work, move: _Move, grant: Grant) -> None:
    """One patient. Whom a rule keeps out stays as he is, with a note, and does not keep the others waiting."""
    account, patient = move.migration.person, grant.owner
    permissions = frozenset(_GRANTABLE[name] for name in grant.permissions if name in _GRANTABLE)
    if not permissions:
        await store.note(work, account, patient, Outcome.REFUSED, "shares nothing that a clinic can be given")
        return
    try:
        async with _apart(work):
            outcome = await _enrol(work, move, patient, permissions)
    except NotFound:
        outcome = Outcome.GONE
    except CareError as error:
        await store.note(work, account, patient, Outcome.REFUSED, error.detail or error.code)
        return
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
        await store.note(work, account, patient, Outcome.REFUSED, "the profile cannot be stored")
        return
    await store.note(work, account, patient, outcome, "")
    await accounts.end_grant(work, patient, account)


async def _enrol(work: Work, move: _Move, patient: PersonKey, permissions: frozenset[Permission]) -> Outcome:
    was_there = await patients.peek(work, move.place.key, patient) is not None
    joining = Joining(
        permissions=permissions,
        is_migrated=True,
        legacy_clinician=move.legacy,
        attestation_submitted=True if move.migration.attested_at else None,
    )
    enrolment = await patients.enrol(work, move.place.key, patient, joining)
    if was_there:
        return Outcome.PRESENT
    if enrolment.email:
        await notices.send(
            work,
            "patient_migrated",
            enrolment.email,
            person=patient,
            organization=move.place.key,
            name=enrolment.full_name,
            clinic=move.place.profile.name,
            clinician=move.name,
        )
    return Outcome.MOVED


@asynccontextmanager
async def _apart(work: Work) -> AsyncIterator[None]:
    """What is done inside stands or falls by itself, with the events, notes and jobs that follow from it."""
    kept_lists: list[list[Any]] = [work.recorded, work.audited, work.tasks]
    marks = [(kept, len(kept)) for kept in kept_lists]
    try:
        async with work.tx.transaction():
            yield
    except BaseException:
        for kept, length in marks:
            del kept[length:]
        raise


async def _close(work: Work, migration: Migration) -> None:
    await store.put(work, replace(migration, status=Status.COMPLETED, ended_at=work.now, updated_at=work.now))


async def _tell_account(work: Work, move: _Move, address: str | None) -> None:
    if address is None:
        return
    outcomes = (await store.outcomes(work, [move.migration.person])).get(move.migration.person, {})
    await notices.send(
        work,
        "migration_completed",
        address,
        person=move.migration.person,
        organization=move.place.key,
        name=move.name,
        clinic=move.place.profile.name,
        moved=outcomes.get(Outcome.MOVED, 0) + outcomes.get(Outcome.PRESENT, 0),
        refused=outcomes.get(Outcome.REFUSED, 0),
    )
