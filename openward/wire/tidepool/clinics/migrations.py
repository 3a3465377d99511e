"""Migration of old clinician accounts: enable, trigger, add, list, read, say how far it is."""

from typing import Any, Literal

import msgspec

from openward.care import identity, transfers
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.transfers import Migration, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded, instant, present
from openward.wire.tidepool.clinics.clinic import encode_clinics

StatusWord = Literal["PENDING", "RUNNING", "COMPLETED"]


class TriggerBody(msgspec.Struct):
    """Whether the admin attests that the patients may be moved."""

    attestationSubmitted: bool | None = None


class MigrationBody(msgspec.Struct):
    """Whose account; the status of a new migration is not for the caller to say."""

    userId: Text
    status: StatusWord | None = None


class StatusBody(msgspec.Struct):
    """How far it is."""

    status: StatusWord


async def _encode(work: Work, found: list[Migration]) -> list[dict[str, Any]]:
    ids = await identity.names(work, [one.person for one in found], System.USER)
    return [
        present(
            {
                "userId": ids[one.person],
                "status": one.status.value.upper(),
                "createdTime": instant(one.created_at),
                "updatedTime": instant(one.updated_at),
                "attestationTime": instant(one.attested_at) if one.attested_at else None,
            }
        )
        for one in found
    ]


async def _reply(work: Work, one: Migration, status: int = 200) -> Reply:
    return json_reply((await _encode(work, [one]))[0], status)


async def _named(work: Work, system: System, value: str, what: str) -> Any:
    """The contract gives these names no pattern, hence a misshapen one is unknown like any other."""
    key = await identity.find(work, Identifier(system, value))
    if key is None:
        raise NotFound(f"{what} not found")
    return key


async def enable(work: Work, call: Call) -> Reply:
    """POST /v1/clinicians/{userId}/migrate: an empty clinic for an old account, the same one when asked again."""
    callers.require_service(work)
    place = await transfers.enable(work, PersonKey(await _named(work, System.USER, call.path["userId"], "user")))
    return json_reply((await encode_clinics(work, [place]))[place.key])


async def trigger(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/migrate: by the admin, once the profile is complete."""
    key = await callers.staff_clinic(work, call, as_admin=True, or_service=False)
    body = await decoded(call, TriggerBody, optional=True)
    return await _reply(work, await transfers.trigger(work, key, is_attested=body.attestationSubmitted is True))


async def add_migration(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/migrations: the account of a further clinician."""
    callers.require_service(work)
    body = await decoded(call, MigrationBody)
    key = OrganizationKey(await _named(work, System.CLINIC, call.path["clinicId"], "clinic"))
    person = PersonKey(await _named(work, System.USER, body.userId, "clinician"))
    return await _reply(work, await transfers.add(work, key, person), 202)


async def list_migrations(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/migrations: an unknown clinic has none."""
    if work.actor.is_service:
        found = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
        if found is None:
            return json_reply([])
        key = OrganizationKey(found)
    else:
        key = await callers.staff_clinic(work, call)
    return json_reply(await _encode(work, await transfers.migrations(work, key)))


async def get_migration(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/migrations/{userId}."""
    key = await callers.staff_clinic(work, call)
    return await _reply(work, await transfers.migration(work, key, await callers.person(work, call, "userId")))


async def update_migration(work: Work, call: Call) -> Reply:
    """PATCH /v1/clinics/{clinicId}/migrations/{userId}: forwards only; the same status again changes nothing."""
    key = await callers.service_clinic(work, call)
    person = await callers.person(work, call, "userId")
    status = Status((await decoded(call, StatusBody)).status.lower())
    return await _reply(work, await transfers.set_status(work, key, person, status))
