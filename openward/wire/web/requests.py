"""Patients who want to share their data with a clinic: who waits, accepting with what the clinic knows, declining."""

from collections.abc import Mapping
from typing import Any

from openward.care import accounts, identity, patients
from openward.care.accounts import Confirmation
from openward.care.errors import CareError, NotAllowed, NotFound
from openward.care.identity import System
from openward.care.patients import Joining
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import patient_form
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.patient_form import Choices, Form
from openward.wire.web.patient_form_page import show_form
from openward.wire.web.sharing import GRANTED, MAY

_PATH = "/clinic/requests"


async def show(work: Work, call: Call) -> Reply:
    """All that wait, newest first."""
    desk = await enter(work, call)
    found = await patients.offers(work, desk.key)
    people = [PersonKey(one.creator) for one in found if one.creator is not None]
    profiles = await accounts.documents(work, people, "profile")
    known = await accounts.get_many(work, people)
    rows = [
        {
            "handle": one.handle,
            "at": one.created_at,
            "until": one.expires_at,
            "email": known[one.creator].email if one.creator in known else None,
            "may": ", ".join(MAY[word] for word in GRANTED if word in one.context),
            **_said(profiles.get(one.creator, {})),
        }
        for one in found
        if one.creator is not None
    ]
    return show_page(work, call, desk, "requests.html", {"rows": rows})


def _said(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Name and birth date as the account gives them; the patient's own come before the account's."""
    about = profile.get("patient")
    about = about if isinstance(about, dict) else {}
    name = about.get("fullName") or profile.get("fullName")
    return {"name": name if isinstance(name, str) else "", "born": accounts.parse_date(about.get("birthday"))}


async def _offer(work: Work, call: Call, desk: Desk) -> Confirmation:
    """The request of the path, as long as it waits."""
    for one in await patients.offers(work, desk.key):
        if one.handle == call.path["handle"]:
            return one
    raise NotFound("this request does not wait any more")


async def ask(work: Work, call: Call) -> Reply:
    """The form to accept with, filled with what the account says."""
    desk = await enter(work, call)
    found = await _offer(work, call, desk)
    said = _said(await accounts.document(work, PersonKey(found.creator), "profile") if found.creator else {})
    fields = {"full_name": said["name"], "birth_date": said["born"].isoformat() if said["born"] else ""}
    return _form(work, call, desk, Form(fields), await patient_form.choices_of(work, desk.key))


def _form(work: Work, call: Call, desk: Desk, form: Form, choices: Choices, error: CareError | None = None) -> Reply:
    about = {
        "title": "A patient who shares with you",
        "button": "Accept the patient",
        "back": desk.place.href(_PATH),
        "crumbs": [(desk.place.href(_PATH), "Sharing requests")],
        "enrolment": None,
        "is_birth_date_needed": False,
        "has_email": False,
    }
    return show_form(work, call, desk, form, choices, about, error)


async def accept(work: Work, call: Call) -> Reply:
    """Make the sender a patient with what was offered."""
    desk = await enter(work, call)
    form = patient_form.read(await read_items(work, call))
    choices = await patient_form.choices_of(work, desk.key)
    try:
        key = accounts.confirmation_key(work, await _offer(work, call, desk))
        details = patient_form.details_of(form, choices, work.now.date(), is_birth_date_needed=False)
        joining = Joining(
            full_name=details.full_name,
            birth_date=details.birth_date,
            mrn=details.mrn,
            tags=details.tags or (),
            sites=details.sites or (),
            glycemic_ranges=details.glycemic_ranges,
            diagnosis_type=details.diagnosis_type,
        )
        async with attempt(work):
            made = await patients.accept_offer(work, desk.key, key, joining)
    except (NotFound, NotAllowed):
        return go(desk, _PATH, "request-gone")
    except CareError as error:
        return _form(work, call, desk, form, choices, error)
    return go(desk, f"/patients/{await identity.name(work, made.person, System.USER)}", "request-accepted")


async def decline(work: Work, call: Call) -> Reply:
    """Say no; the sender may ask again."""
    desk = await enter(work, call)
    await read_form(work, call)
    try:
        async with attempt(work):
            key = accounts.confirmation_key(work, await _offer(work, call, desk))
            await patients.end_offer(work, desk.key, key)
    except (NotFound, NotAllowed):
        return go(desk, _PATH, "request-gone")
    return go(desk, _PATH, "request-declined")


ROUTES = [
    Route("GET", _PATH, show, is_documented=False),
    Route("GET", f"{_PATH}/{{handle}}", ask, is_documented=False),
    Route("POST", f"{_PATH}/{{handle}}", accept, is_documented=False),
    Route("POST", f"{_PATH}/{{handle}}/decline", decline, is_documented=False),
]
