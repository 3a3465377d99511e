"""Links into a visit, for its provider and its patient; they are the same each time they are asked for."""

from openward.care import identity, visits
from openward.care.errors import Conflict
from openward.care.identity import System
from openward.care.visits import Appointment, Role, Status
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import addresses
from openward.wire.solo.auth import practice


async def provider_link(work: Work, call: Call) -> Reply:
    """`GET /appointments/{appointment_id}/provider-link`."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    visit = refuse_cancelled(await visits.get(work, practice(work), key))
    said = await identity.name(work, visit.key, System.SAID)
    return json_reply({"id": int(said), "providerVisitUrl": visits.visit_url(work, visit.key, Role.PROVIDER)})


async def call_links(work: Work, call: Call) -> Reply:
    """`GET /appointments/{external_appointment_id}/video-call-links`: the caller's own id and no other."""
    return _links(work, await visits.by_external_id(work, practice(work), call.path["external_appointment_id"]))


async def call_links_by_number(work: Work, call: Call) -> Reply:
    """`GET /appointments/id/type/SAID/value/{solo_appointment_id}/video-call-links`: our number and no other."""
    key = await addresses.by_said(work, call.path["solo_appointment_id"])
    return _links(work, await visits.get(work, practice(work), key))


def refuse_cancelled(visit: Appointment) -> Appointment:
    """The visit itself; `Conflict` when there is nothing to go to any more."""
    if visit.status is Status.CANCELLED:
        raise Conflict("Appointment is cancelled")
    return visit


def _links(work: Work, visit: Appointment) -> Reply:
    refuse_cancelled(visit)
    return json_reply(
        {
            "appointmentExternalId": visit.external_id,
            "providerVisitUrl": visits.visit_url(work, visit.key, Role.PROVIDER),
            "patientVisitUrl": visits.visit_url(work, visit.key, Role.PATIENT),
        }
    )


ROUTES = [
    Route("GET", "/qapi/v1/appointments/{appointment_id}/provider-link", provider_link, "solo.v1:getProviderLink"),
    Route(
        "GET",
        "/qapi/v1/appointments/{external_appointment_id}/video-call-links",
        call_links,
        "solo.v1:getVideoCallLinks",
    ),
    Route(
        "GET",
        "/qapi/v1/appointments/id/type/SAID/value/{solo_appointment_id}/video-call-links",
        call_links_by_number,
        "solo.v1:getVideoCallLinksBySaid",
    ),
]
