"""A patient as a person: names, numbers, addresses, language, death; shown, changed, and invited to take over."""

from collections.abc import Mapping
from typing import Any

from openward.care import patients
from openward.care.errors import CareError, Conflict, Invalid, NotAllowed, TierRequired
from openward.care.patients import Address, Demographics
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import about_form
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_acts import person_of

_WORDS = {
    "future": "this time is still to come",
    "shared": "another patient has this address",
    "missing": "this clinic needs a record number for every patient",
}


async def edit(work: Work, call: Call) -> Reply:
    """The form with what the clinic knows."""
    desk = await enter(work, call)
    known = await patients.described(work, desk.key, await person_of(work, call))
    return _page(work, call, desk, about_form.fields_of(known))


async def save(work: Work, call: Call) -> Reply:
    """Write what was changed."""
    desk = await enter(work, call)
    fields = await read_form(work, call)
    person = await person_of(work, call)
    try:
        about_form.check(fields)
        async with attempt(work):
            before = await patients.described(work, desk.key, person)
            after = await patients.describe(work, desk.key, person, lambda said: about_form.changed(said, fields))
            if after.is_active != before.is_active:
                await patients.say_why(work, desk.key, person, fields.get("reason", "").strip()[:255] or None, None)
    except (Invalid, TierRequired) as error:
        return _page(work, call, desk, fields, error)
    return go(desk, f"/patients/{call.path['userId']}", "saved")


async def invite(work: Work, call: Call) -> Reply:
    """Invite the patient to take the account over, by the address that the clinic has noted."""
    desk = await enter(work, call)
    await read_form(work, call)
    said = "patient-invited"
    try:
        async with attempt(work):
            await patients.invite(work, desk.key, await person_of(work, call))
    except Conflict:
        said = "invite-login-taken"
    except (Invalid, NotAllowed):
        said = "invite-waits"
    return go(desk, f"/patients/{call.path['userId']}", said)


def shown(known: Demographics) -> dict[str, Any]:
    """What the patient's page says about the person, ready to be printed."""
    return {
        "phones": [point for point in known.telecom if point.system in ("phone", "sms")],
        "addresses": [line for line in map(_line, known.addresses) if line],
        "language": known.language,
        "gender": known.gender,
        "is_active": known.is_active,
        "is_deceased": known.is_deceased,
        "deceased_at": known.deceased_at,
        "group": known.email_group,
    }


def _line(address: Address) -> str:
    place = " ".join(part for part in (address.state, address.postal_code) if part)
    parts = (*(address.lines or ()), address.apartment, address.city, place, address.country)
    return ", ".join(part for part in parts if part) or (address.text or "")


def _page(work: Work, call: Call, desk: Desk, fields: Mapping[str, str], error: CareError | None = None) -> Reply:
    faults = error.faults if isinstance(error, Invalid) else []
    user_id = call.path["userId"]
    values = {
        "fields": fields,
        "faults": {fault.pointer: _WORDS.get(fault.code) or fault.detail for fault in faults},
        "problem": "The plan of this clinic is full." if isinstance(error, TierRequired) else "",
        "standings": about_form.STANDINGS,
        "genders": about_form.GENDERS,
        "uses": about_form.USES,
        "phones": about_form.PHONES,
        "action": call.url_path + desk.place.action,
        "back": desk.place.href(f"/patients/{user_id}"),
        "list": desk.place.href("/patients"),
    }
    return show_page(work, call, desk, "patient_about.html", values, status=status_of(error) if error else 200)


ROUTES = [
    Route("GET", "/patients/{userId}/about", edit, is_documented=False),
    Route("POST", "/patients/{userId}/about", save, is_documented=False),
    Route("POST", "/patients/{userId}/invite", invite, is_documented=False),
]
