"""Who may join a clinic, and which mails its admins do without."""

import re
from typing import Annotated, Any

import msgspec

from openward.care import organizations
from openward.care.errors import Invalid
from openward.care.organizations import Restriction
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded, present

_MOST = 1000
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z", re.I)


class RestrictionBody(msgspec.Struct):
    """A domain of addresses that may join, and the identity provider that has to vouch for them."""

    emailDomain: Text
    requiredIdp: Annotated[str, msgspec.Meta(max_length=255)] | None = None


class RestrictionsBody(msgspec.Struct):
    """All restrictions of a clinic; none lets everybody join."""

    restrictions: Annotated[tuple[RestrictionBody, ...], msgspec.Meta(max_length=_MOST)] | None = None


class Suppressed(msgspec.Struct, forbid_unknown_fields=True):
    """Which mails are not wanted. Tidepool refuses whatever else is said here."""

    patientClinicInvitation: bool | None = None


class SuppressedBody(msgspec.Struct):
    """The body around it."""

    suppressedNotifications: Suppressed


async def get_restrictions(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/membership_restrictions."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    return json_reply(_encode((await organizations.get(work, key)).restrictions))


async def put_restrictions(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/membership_restrictions: replaces them."""
    key = await callers.service_clinic(work, call)
    wanted = tuple(_restriction(one) for one in (await decoded(call, RestrictionsBody)).restrictions or ())
    await organizations.set_restrictions(work, key, wanted)
    return json_reply(_encode(wanted))


async def suppress_notifications(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/suppressed_notifications."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    wanted = (await decoded(call, SuppressedBody)).suppressedNotifications
    await organizations.set_suppressed(work, key, present(msgspec.structs.asdict(wanted)))
    return empty(200)


def _restriction(body: RestrictionBody) -> Restriction:
    if _HOST.match(body.emailDomain) is None:
        raise Invalid("emailDomain is not a host name")
    return Restriction(body.emailDomain.lower(), body.requiredIdp or None)


def _encode(restrictions: tuple[Restriction, ...]) -> dict[str, Any]:
    written = [present({"emailDomain": one.email_domain, "requiredIdp": one.required_idp}) for one in restrictions]
    return {"restrictions": written} if written else {}
