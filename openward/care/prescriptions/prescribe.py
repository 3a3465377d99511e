"""The clinic's side: draft, revise, sign, list, discard. Only prescribers sign."""

import secrets
from typing import Any
from uuid import UUID

from openward.care import audit, identity, notices, organizations
from openward.care.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Member, Role
from openward.care.prescriptions import store
from openward.care.prescriptions.model import LIFE, MAY_FOLLOW, Draft, Prescription, Query, State
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work, new_key

_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another when read aloud
_CODE_LENGTH = 6
_NEEDED_TO_SIGN = ("firstName", "lastName", "birthday", "email", "initialSettings", "prescriberTermsAccepted")


async def require_member(work: Work, organization: OrganizationKey | None) -> Member:
    """The caller as a member in any role, the prescribing one included; `NotAllowed` for everybody else."""
    found = None
    if organization is not None and work.actor.kind is ActorKind.PERSON:
        found = await organizations.membership(work, organization, work.actor.person)
    if found is None or found.person is None:
        raise NotAllowed("user is not authorized", code="unauthorized")
    return found


async def create(work: Work, member: Member, draft: Draft) -> Prescription:
    """A new prescription, in whichever state its first revision says."""
    by = _may_write(member, draft)
    key = new_key(work)
    await store.insert(work, key, member.organization, by)
    await identity.add(work, Identifier(System.PRESCRIPTION, identity.hex24(work.now)), key, Kind.OTHER)
    return await _revise(work, key, draft, by)


async def revise(work: Work, member: Member, key: UUID, draft: Draft) -> Prescription:
    """Another revision; `Conflict` for a prescription that was signed."""
    by = _may_write(member, draft)
    found = await _hold(work, member.organization, key)
    if draft.state not in MAY_FOLLOW.get(found.state, frozenset()):
        raise Conflict(f"a prescription that is {found.state} cannot become {draft.state} by a revision")
    return await _revise(work, key, draft, by)


def _may_write(member: Member, draft: Draft) -> PersonKey:
    if member.person is None or (draft.state is State.SUBMITTED and Role.PRESCRIBER not in member.roles):
        raise NotAllowed("only a prescriber submits a prescription", code="unauthorized")
    if draft.state not in MAY_FOLLOW[State.DRAFT]:
        raise Invalid([Fault("value-not-allowed", "/state", "state is not one of draft, pending, submitted")])
    missing = [name for name in _NEEDED_TO_SIGN if not draft.attributes.get(name)]
    if draft.state is State.SUBMITTED and missing:
        raise Invalid([Fault("value-not-exists", f"/{name}", f"{name} is missing") for name in missing])
    return member.person


async def _revise(work: Work, key: UUID, draft: Draft, by: PersonKey) -> Prescription:
    is_signed = draft.state is State.SUBMITTED
    code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH)) if is_signed else None
    values: dict[str, Any] = {
        "state": draft.state,
        "birth_date": draft.birth_date,
        "email": draft.email,
        "prescriber": by if is_signed else None,
        "access_code": code,
        "expires_at": work.now + LIFE if is_signed else None,
    }
    await store.revise(work, key, values, draft.attributes, by)
    found = await _find(work, key)
    if is_signed and draft.email:
        place = await organizations.get(work, found.organization)
        await notices.send(
            work,
            "prescription_access_code",
            draft.email,
            organization=found.organization,
            name=draft.first_name or "",
            clinic=place.profile.name,
            code=code,
            days=LIFE.days,
        )
    audit.note(work, "write", "prescription", found.person, found.organization)
    return found


async def list_of(
    work: Work, organization: OrganizationKey, query: Query, *, offset: int, limit: int
) -> list[Prescription]:
    """Prescriptions of an organization, newest first."""
    found = await store.list_of(work, organization, query, offset, limit)
    for person in {one.person for one in found}:
        audit.note(work, "read", "prescription", person, organization)
    return found


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Prescription:
    """One prescription of an organization."""
    found = await _find(work, key)
    if found.organization != organization:
        raise NotFound("prescription not found")
    audit.note(work, "read", "prescription", found.person, organization)
    return found


async def delete(work: Work, member: Member, key: UUID) -> None:
    """Discard a draft; `Conflict` for anything further."""
    found = await _hold(work, member.organization, key)
    if found.state is not State.DRAFT:
        raise Conflict("only a draft can be deleted")
    await store.delete(work, key)
    audit.note(work, "delete", "prescription", found.person, found.organization)


async def _hold(work: Work, organization: OrganizationKey, key: UUID) -> Prescription:
    await store.lock(work, key)
    found = await _find(work, key)
    if found.organization != organization:
        raise NotFound("prescription not found")
    return found


async def _find(work: Work, key: UUID) -> Prescription:
    found = await store.find(work, key)
    if found is None:
        raise NotFound("prescription not found")
    return found
