"""Publish a text, agree to it, change the particulars, take an agreement back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from openward.care import audit, identity
from openward.care.consents import store
from openward.care.consents.model import AgeGroup, Document, Grantor, NewRecord, Record, Status
from openward.care.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.work import PersonKey, Work, new_key


def _require(work: Work, person: PersonKey) -> None:
    """The person himself, and services: nobody agrees for another."""
    if not (work.actor.is_service or work.actor.is_person(person)):
        raise NotAllowed("user is not authorized", code="unauthorized")


async def documents(
    work: Work,
    *,
    type_: str | None = None,
    version: int | None = None,
    only_latest: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> list[Document]:
    """Texts, for anybody: by type, newest version first."""
    return await store.documents(work, type_, version, only_latest=only_latest, offset=offset, limit=limit)


async def publish(work: Work, type_: str, version: int, content: str) -> Document:
    """A new version of a text, for services; `Conflict` when that version says something else."""
    if not work.actor.is_service:
        raise NotAllowed("only a service publishes texts", code="unauthorized")
    kept = await store.put_document(work, Document(type_, version, content, "markdown", work.now))
    if kept.content != content:
        raise Conflict("this version is published and cannot change")
    return kept


async def give(work: Work, person: PersonKey, new: NewRecord) -> Record:
    """Agree. An older agreement of the type is replaced; the very same again changes nothing."""
    _require(work, person)
    await _check(work, new)
    await store.lock_person(work, person)
    former = await store.active(work, person, new.type)
    if former is not None and _says_the_same(former, new):
        return former
    if former is not None:
        await store.revoke(work, former.key)
    one = Record(
        key=new_key(work),
        person=person,
        type=new.type,
        version=new.version,
        status=Status.ACTIVE,
        age_group=new.age_group,
        owner_name=new.owner_name,
        guardian_name=new.guardian_name,
        grantor=new.grantor,
        metadata=new.metadata,
        granted_at=work.now,
        revoked_at=None,
        created_at=work.now,
        modified_at=work.now,
    )
    await store.insert(work, one)
    await identity.add(work, Identifier(System.CONSENT, one.key.hex), one.key, Kind.OTHER)
    audit.note(work, "write", "consent", person)
    return one


async def _check(work: Work, new: NewRecord) -> None:
    faults = []
    if not await store.documents(work, new.type, new.version, only_latest=False, offset=0, limit=1):
        faults.append(Fault("value-not-valid", "/version", "there is no such version of this text"))
    if new.age_group is not AgeGroup.ADULT and new.grantor is not Grantor.GUARDIAN:
        faults.append(Fault("value-not-valid", "/grantorType", "a parent or guardian agrees for a minor"))
    if new.grantor is Grantor.GUARDIAN and not new.guardian_name:
        faults.append(Fault("value-not-exists", "/parentGuardianName", "a parent or guardian who agrees has a name"))
    if faults:
        raise Invalid(faults)


def _says_the_same(former: Record, new: NewRecord) -> bool:
    said = NewRecord(
        former.type,
        former.version,
        former.age_group,
        former.owner_name,
        former.grantor,
        former.guardian_name,
        former.metadata,
    )
    return said == new


async def list_of(
    work: Work, person: PersonKey, filters: Mapping[str, Any], *, only_latest: bool, offset: int, limit: int
) -> list[Record]:
    """A person's agreements, newest first; `filters` by type, version, status."""
    _require(work, person)
    audit.note(work, "read", "consent", person)
    return await store.list_of(work, person, filters, only_latest=only_latest, offset=offset, limit=limit)


async def get(work: Work, person: PersonKey, key: UUID) -> Record:
    """One agreement."""
    _require(work, person)
    audit.note(work, "read", "consent", person)
    return await _hold(work, person, key)


async def change(work: Work, person: PersonKey, key: UUID, metadata: Mapping[str, Any] | None) -> Record:
    """Other particulars of an agreement that holds; `Conflict` for one that was taken back."""
    _require(work, person)
    found = await _hold(work, person, key, lock=True)
    if found.status is not Status.ACTIVE:
        raise Conflict("the consent was revoked")
    await store.change(work, key, metadata)
    audit.note(work, "write", "consent", person)
    return replace(found, metadata=metadata, modified_at=work.now)


async def revoke(work: Work, person: PersonKey, key: UUID) -> None:
    """Take an agreement back; one that was taken back already stays as it is."""
    _require(work, person)
    found = await _hold(work, person, key, lock=True)
    if found.status is Status.ACTIVE:
        await store.revoke(work, key)
        audit.note(work, "write", "consent", person)


async def _hold(work: Work, person: PersonKey, key: UUID, *, lock: bool = False) -> Record:
    found = await store.find(work, key, lock=lock)
    if found is None or found.person != person:
        raise NotFound("consent record not found")
    return found
