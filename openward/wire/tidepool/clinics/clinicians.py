"""Clinicians of a clinic: list, create, read, update, delete; the clinics of a clinician, and all clinicians."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from openward.care import identity, organizations
from openward.care.errors import Invalid
from openward.care.identity import Identifier, System
from openward.care.organizations import Member, Role
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import offset_limit
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded, email, instant, moment, present
from openward.wire.tidepool.clinics.clinic import encode_clinics

ROLES = {"CLINIC_ADMIN": Role.ADMIN, "CLINIC_MEMBER": Role.MEMBER, "PRESCRIBER": Role.PRESCRIBER}
ROLE_WORDS = {role: word for word, role in ROLES.items()}


class ClinicianBody(msgspec.Struct):
    """What a client says about a clinician."""

    email: Text
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    id: Text | None = None
    inviteId: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    name: Text | None = None


class ChangeBody(msgspec.Struct):
    """What is said about a clinician who is there; the address is not changed, and service accounts have none."""

    email: str
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    name: Text | None = None


def roles_of(words: Sequence[str]) -> tuple[Role, ...]:
    """Roles in care's words; `Invalid` for an unknown one or a repeat."""
    if len(set(words)) != len(words):
        raise Invalid("a role is given twice")
    if not set(words) <= ROLES.keys():
        raise Invalid(f"roles are {', '.join(ROLES)}")
    return tuple(ROLES[word] for word in words)


async def encode_members(work: Work, members: Sequence[Member]) -> list[dict[str, Any]]:
    """Clinicians as this API writes them, in their order."""
    ids = await identity.names(work, [one.person for one in members if one.person], System.USER)
    return [
        present(
            {
                "id": ids.get(one.person) if one.person else None,
                "inviteId": one.invite,
                "email": one.email,
                "name": one.name,
                "roles": [ROLE_WORDS[role] for role in one.roles if role in ROLE_WORDS],
                "createdTime": instant(one.created_at),
                "updatedTime": instant(one.updated_at),
            }
        )
        for one in members
    ]


async def clinician_reply(work: Work, member: Member) -> Reply:
    """A single clinician."""
    return json_reply((await encode_members(work, [member]))[0])


async def person_of(work: Work, user_id: str) -> PersonKey:
    """The person whom a body names: `Invalid` for a bad id, `NotFound` for an unknown one."""
    return PersonKey(await identity.resolve(work, Identifier(System.USER, user_id)))


async def list_clinicians(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/clinicians."""
    key = await callers.staff_clinic(work, call)
    query = call.query
    page = offset_limit(query)
    role = query.get("role")
    if role is not None and role not in ROLES:
        return json_reply([])
    found = await organizations.members(
        work,
        key,
        search=query.get("search", ""),
        email=query.get("email"),
        role=None if role is None else ROLES[role],
        offset=page.offset,
        limit=page.limit,
    )
    return json_reply(await encode_members(work, found))


async def create_clinician(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/clinicians: with an id an active one, with an invite a pending one."""
    key = await callers.service_clinic(work, call)
    body = await decoded(call, ClinicianBody)
    if body.id is None and body.inviteId is None:
        raise Invalid("id or inviteId is needed")
    person = None if body.id is None else await person_of(work, body.id)
    member = await organizations.add_member(
        work,
        key,
        person=person,
        email=email(body.email) or "",
        roles=roles_of(body.roles),
        name=body.name,
        invite=body.inviteId,
    )
    return await clinician_reply(work, member)


async def get_clinician(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/clinicians/{clinicianId}."""
    key = await callers.staff_clinic(work, call)
    return await clinician_reply(
        work, await organizations.member(work, key, await callers.person(work, call, "clinicianId"))
    )


async def update_clinician(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/clinicians/{clinicianId}: roles and name; an absent name is cleared."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    person = await callers.person(work, call, "clinicianId")
    body = await decoded(call, ChangeBody)
    email(body.email)
    roles = roles_of(body.roles)
    return await clinician_reply(
        work, await organizations.update_member(work, key, person, roles=roles, name=body.name)
    )


async def delete_clinician(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}/clinicians/{clinicianId}: admins, services, and members themselves."""
    if await callers.is_self(work, call, "clinicianId"):
        key = await callers.own_clinic(work, call)
    else:
        key = await callers.staff_clinic(work, call, as_admin=True)
    await organizations.remove_member(work, key, await callers.person(work, call, "clinicianId"))
    return empty(200)


async def list_clinics_of_clinician(work: Work, call: Call) -> Reply:
    """GET /v1/clinicians/{userId}/clinics: newest membership first."""
    if not work.actor.is_service and not await callers.is_self(work, call, "userId"):
        raise callers.refuse()
    page = offset_limit(call.query)
    person = await callers.known_person(work, call, "userId")
    if person is None:
        return json_reply([])
    return await _pairs(work, await organizations.memberships(work, person, offset=page.offset, limit=page.limit))


async def list_all(work: Work, call: Call) -> Reply:
    """GET /v1/clinicians: clinicians of all clinics, pending ones too, newest first; for services."""
    callers.require_service(work)
    page = offset_limit(call.query)
    found = await organizations.all_members(
        work,
        created_from=moment(call.query, "createdTimeStart"),
        created_until=moment(call.query, "createdTimeEnd"),
        offset=page.offset,
        limit=page.limit,
    )
    return await _pairs(work, found)


async def _pairs(work: Work, members: Sequence[Member]) -> Reply:
    found = await organizations.get_many(work, list({member.organization for member in members}))
    clinics = await encode_clinics(work, list(found.values()))
    written = await encode_members(work, members)
    return json_reply(
        [
            {"clinic": clinics[member.organization], "clinician": clinician}
            for member, clinician in zip(members, written, strict=True)
        ]
    )
