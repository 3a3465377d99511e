"""Settings of a clinic: its profile and notices for admins to change; share code, plan and rules for all to read."""

from collections.abc import Mapping
from typing import Any

from openward.care import identity, organizations, patients
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import Limit
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import clinic_form
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page

_TIERS = {"tier0100": "Free", "tier0200": "Standard", "tier0300": "Premium", "tier0400": "Enterprise"}
_PATIENT_INVITES = "patientClinicInvitation"


async def show(work: Work, call: Call) -> Reply:
    """The page."""
    desk = await enter(work, call)
    return await _page(work, call, desk, clinic_form.fields_of(desk.clinic.profile))


async def _page(
    work: Work, call: Call, desk: Desk, fields: Mapping[str, str], faults: Mapping[str, str] | None = None
) -> Reply:
    clinic = desk.clinic
    limits = organizations.limits_in_force(clinic)
    count = await patients.count(work, desk.key)
    values: dict[str, Any] = {
        "fields": fields,
        "faults": faults or {},
        "form": clinic_form,
        "share_code": await identity.name(work, desk.key, System.SHARE_CODE),
        "tier": _TIERS.get(clinic.tier, clinic.tier),
        "count": count,
        "hard": _words_of_limit(limits.hard),
        "soft": _words_of_limit(limits.soft),
        "mrn": clinic.mrn,
        "is_mailed": not (clinic.suppressed or {}).get(_PATIENT_INVITES, False),
        "restrictions": clinic.restrictions if desk.is_admin else (),
    }
    return show_page(work, call, desk, "settings.html", values, status=400 if faults else 200)


def _words_of_limit(limit: Limit | None) -> dict[str, Any] | None:
    return {"plan": limit.plan, "start": limit.start, "end": limit.end} if limit else None


async def save(work: Work, call: Call) -> Reply:
    """Write the profile."""
    desk = await enter(work, call, as_admin=True)
    fields = await read_form(work, call)
    try:
        profile = clinic_form.profile_of(fields)
    except Invalid as error:
        return await _page(work, call, desk, fields, {fault.pointer: fault.detail for fault in error.faults})
    await organizations.update(work, desk.key, profile, is_whole=True)
    return go(desk, "/clinic", "saved")


async def save_notices(work: Work, call: Call) -> Reply:
    """Keep whether the admins want a mail when a patient asks to share data."""
    desk = await enter(work, call, as_admin=True)
    is_wanted = (await read_form(work, call)).get("mail") == "on"
    await organizations.set_suppressed(work, desk.key, {_PATIENT_INVITES: not is_wanted})
    return go(desk, "/clinic", "saved")


ROUTES = [
    Route("GET", "/clinic", show, is_documented=False),
    Route("POST", "/clinic", save, is_documented=False),
    Route("POST", "/clinic/notices", save_notices, is_documented=False),
]
