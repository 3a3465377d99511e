"""Health profiles on pages: the patient answers his own questions, staff those of a patient of the clinic."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from openward.care import identity, organizations, patients, surveys
from openward.care.errors import Invalid, NotFound
from openward.care.identity import System
from openward.care.surveys import Profile
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import health_form
from openward.wire.web.auth import form_token, read_items
from openward.wire.web.desk import enter, go, show_page
from openward.wire.web.page import redirect, render_template
from openward.wire.web.patient_acts import person_of
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Link, Viewer, viewer

MINE = "/me/health-profile"
_MOST_FIELDS = 2000
_WORDS = {
    "value": "Please check this answer.",
    "not-asked": "This question is not asked any more.",
}


async def show_mine(work: Work, call: Call) -> Reply:
    """The questions of one of the viewer's clinics."""
    head = await viewer(work, call)
    clinics = await _clinics(work, call, head)
    return await _mine(work, call, head, clinics, {})


async def save_mine(work: Work, call: Call) -> Reply:
    """Keep what the viewer answered."""
    head = await viewer(work, call)
    clinics = await _clinics(work, call, head)
    if not clinics:
        raise NotFound("no clinic")
    here = next(iter(clinics))
    faults = await _answer(work, call, here, head.account.key)
    if faults:
        return await _mine(work, call, head, clinics, faults)
    return redirect(f"{MINE}?{urlencode({'clinic': clinics[here].href, 'said': 'answers-kept'})}")


async def _clinics(work: Work, call: Call, head: Viewer) -> dict[OrganizationKey, Link]:
    """Where the viewer is a patient, by name, the one that the address names first; `href` is the clinic's id."""
    enrolments = [one for one in await patients.of_person(work, head.account.key) if one.is_active]
    found = await organizations.get_many(work, [one.organization for one in enrolments])
    ids = await identity.names(work, list(found), System.CLINIC)
    chosen = call.query.get("clinic")
    if chosen and chosen not in ids.values():
        raise NotFound("no such clinic")
    ordered = sorted(found.values(), key=lambda one: (ids[one.key] != chosen, one.profile.name.casefold(), one.key))
    return {
        OrganizationKey(one.key): Link(ids[one.key], one.profile.name or "Clinic", place == 0)
        for place, one in enumerate(ordered)
    }


async def _mine(
    work: Work, call: Call, head: Viewer, clinics: Mapping[OrganizationKey, Link], faults: Mapping[str, str]
) -> Reply:
    here = next(iter(clinics), None)
    profile = None if here is None else await surveys.profile_of(work, here, head.account.key)
    values: dict[str, Any] = {
        "viewer": head,
        "form_token": form_token(work, call),
        "said": words_of(call),
        "clinics": [
            Link(f"{MINE}?{urlencode({'clinic': one.href})}", one.text, one.is_here) for one in clinics.values()
        ],
        "action": f"{MINE}?{urlencode({'clinic': clinics[here].href})}" if here is not None else MINE,
        **await _content(work, profile, faults),
    }
    return render_template("my_health_profile.html", values, status=400 if faults else 200)


async def show(work: Work, call: Call) -> Reply:
    """The questions of a patient, for staff."""
    return await _theirs(work, call, {})


async def save(work: Work, call: Call) -> Reply:
    """Keep what a patient told somebody of the staff."""
    desk = await enter(work, call)
    faults = await _answer(work, call, desk.key, await person_of(work, call))
    if faults:
        return await _theirs(work, call, faults)
    return go(desk, f"/patients/{call.path['userId']}/health-profile", "answers-kept")


async def _theirs(work: Work, call: Call, faults: Mapping[str, str]) -> Reply:
    desk = await enter(work, call)
    person = await person_of(work, call)
    enrolment = await patients.get(work, desk.key, person)
    profile = await surveys.profile_of(work, desk.key, person)
    path = f"/patients/{call.path['userId']}"
    values = {
        "name": enrolment.full_name or "(no name)",
        "list": desk.place.href("/patients"),
        "back": desk.place.href(path),
        "action": f"{path}/health-profile{desk.place.action}",
        **await _content(work, profile, faults),
    }
    return show_page(work, call, desk, "patient_health_profile.html", values, status=400 if faults else 200)


async def _content(work: Work, profile: Profile | None, faults: Mapping[str, str]) -> dict[str, Any]:
    answered, total = profile.stats()[-1][1:] if profile else (0, 0)
    return {
        "sections": await health_form.sections(work, profile, faults) if profile else [],
        "answered": answered,
        "total": total,
        "today": work.now.date().isoformat(),
        "problem": "Please check the marked questions." if faults else "",
    }


async def _answer(work: Work, call: Call, clinic: OrganizationKey, person: PersonKey) -> dict[str, str]:
    """Keep the answers of the form, all or none; what is wrong by question."""
    items = await read_items(work, call, most=_MOST_FIELDS)
    profile = await surveys.profile_of(work, clinic, person)
    if profile is None:
        raise NotFound("no such patient")
    wanted = [(profile.number, number) for number in profile.answers]
    known = await surveys.answers_to(work, clinic, wanted)
    latest = {question: answer.latest.value for (_, question), answer in known.items()}
    try:
        async with attempt(work):
            await surveys.answer(work, clinic, person, health_form.given(profile, latest, items))
    except Invalid as error:
        return {fault.pointer: _WORDS.get(fault.code, fault.detail) for fault in error.faults}
    return {}


ROUTES = [
    Route("GET", MINE, show_mine, is_documented=False),
    Route("POST", MINE, save_mine, is_documented=False),
    Route("GET", "/patients/{userId}/health-profile", show, is_documented=False),
    Route("POST", "/patients/{userId}/health-profile", save, is_documented=False),
]
