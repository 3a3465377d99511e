"""Tier, MRN rules, patient limits and patient counts of a clinic."""

from typing import Annotated, Any, Literal

import msgspec

from openward.care import organizations, patients
from openward.care.errors import NotFound
from openward.care.organizations import Limit, MRNRules, PatientLimits
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Moment, decoded, in_utc, instant, present


class TierBody(msgspec.Struct):
    """The tier to have from now on."""

    tier: Literal["tier0100", "tier0200", "tier0300", "tier0400"]


class MRNBody(msgspec.Struct):
    """Whether an MRN is asked for, and whether it is one patient's only."""

    required: bool
    unique: bool


class LimitBody(msgspec.Struct):
    """A number of patients and when it holds."""

    plan: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    startDate: Moment | None = None
    endDate: Moment | None = None


class LimitsBody(msgspec.Struct):
    """The limit that stops new patients, and the one that does not."""

    hardLimit: LimitBody | None = None
    softLimit: LimitBody | None = None


def _limit(body: LimitBody | None) -> Limit | None:
    return None if body is None else Limit(body.plan, in_utc(body.startDate), in_utc(body.endDate))


def _encode_limit(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return present(
        {
            "plan": limit.plan,
            "startDate": instant(limit.start) if limit.start else None,
            "endDate": instant(limit.end) if limit.end else None,
        }
    )


def _encode_limits(limits: PatientLimits) -> dict[str, Any]:
    return present({"hardLimit": _encode_limit(limits.hard), "softLimit": _encode_limit(limits.soft)})


async def update_tier(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/tier."""
    key = await callers.service_clinic(work, call)
    await organizations.set_tier(work, key, (await decoded(call, TierBody)).tier)
    return empty(200)


async def get_mrn(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/settings/mrn: 404 before they were ever set."""
    rules = (await organizations.get(work, await callers.staff_clinic(work, call))).mrn
    if rules is None:
        raise NotFound("the clinic has no MRN settings")
    return json_reply({"required": rules.required, "unique": rules.unique})


async def put_mrn(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/settings/mrn."""
    key = await callers.service_clinic(work, call)
    body = await decoded(call, MRNBody)
    await organizations.set_mrn_rules(work, key, MRNRules(body.required, body.unique))
    return json_reply({"required": body.required, "unique": body.unique})


async def get_limits(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/settings/patient_count: the limits in force."""
    found = await organizations.get(work, await callers.staff_clinic(work, call))
    return json_reply(_encode_limits(organizations.limits_in_force(found)))


async def put_limits(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/settings/patient_count."""
    key = await callers.service_clinic(work, call)
    body = await decoded(call, LimitsBody)
    wanted = PatientLimits(_limit(body.hardLimit), _limit(body.softLimit))
    return json_reply(_encode_limits(await organizations.set_patient_limits(work, key, wanted)))


async def get_count(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/patient_count."""
    count = await patients.count(work, await callers.staff_clinic(work, call))
    providers = {name: {"total": one.total, "states": one.states} for name, one in count.providers.items()}
    body: dict[str, Any] = {"total": count.total, "demo": count.demo, "plan": count.plan}
    return json_reply(body | ({"providers": providers} if providers else {}))


async def refresh_count(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patient_count/refresh: counts are taken live, so there is nothing to renew."""
    await callers.service_clinic(work, call)
    return empty(200)
