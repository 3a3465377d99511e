"""A person's own page: the account, who may see the data, and the glucose page."""

from collections.abc import Mapping
from typing import Any

from openward.care import accounts, audit, organizations, patients, reports
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import glucose, my_connections, my_offers, patient_observed, sharing
from openward.wire.web.auth import form_token
from openward.wire.web.glucose import Subject
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Viewer, viewer
from openward.wire.web.words import day


async def show(work: Work, call: Call) -> Reply:
    """The page of whoever is signed in."""
    head = await viewer(work, call)
    shown = await glucose.look(work, call, await _subject(work, head))
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "account": head.account,
        "is_clinician": not {accounts.Role.CLINIC, accounts.Role.CLINICIAN}.isdisjoint(head.account.roles),
        "said": words_of(call),
        "observed": await patient_observed.rows(work, head.account.key, None, shown.window.timezone),
        "waiting": await my_offers.waiting(work, head.account.key),
        **await sharing.section(work, head),
        **await my_connections.section(work, head),
    }
    return await glucose.page("me.html", shown, work.now, values)


async def pdf(work: Work, call: Call) -> Reply:
    """The page as PDF, noted as an export."""
    head = await viewer(work, call)
    audit.note(work, "export", "glucose-report", head.account.key)
    return await glucose.pdf_reply(await glucose.look(work, call, await _subject(work, head)))


async def text(work: Work, call: Call) -> Reply:
    """The page as text, noted as an export."""
    head = await viewer(work, call)
    audit.note(work, "export", "glucose-report", head.account.key)
    return glucose.text_reply(await glucose.look(work, call, await _subject(work, head)))


async def _subject(work: Work, head: Viewer) -> Subject:
    """What the person's own profile and settings say; the first clinic's range set, since it was chosen for him."""
    profile = await accounts.document(work, head.account.key, "profile")
    settings = await accounts.document(work, head.account.key, "settings")
    patient = _object(profile.get("patient"))
    born = accounts.parse_date(patient.get("birthday"))
    enrolments = await patients.of_person(work, head.account.key)
    clinics = await organizations.get_many(work, [one.organization for one in enrolments])
    zones = [one.profile.timezone for one in clinics.values() if one.profile.timezone]
    units = [one.profile.preferred_units for one in clinics.values() if one.profile.preferred_units]
    own_units = _object(settings.get("units")).get("bg")
    return Subject(
        person=head.account.key,
        about=reports.Person(name=head.name or None, birth_date=day(born) if born else None),
        path="/me",
        units=str(own_units) if own_units in ("mg/dL", "mmol/L") else next(iter(units), organizations.DEFAULT_UNITS),
        preset=reports.preset_of(enrolments[0].glycemic_ranges if enrolments else None),
        clinic_zone=next(iter(zones), None),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


ROUTES = [
    Route("GET", "/me", show, is_documented=False),
    Route("GET", "/me/report.pdf", pdf, is_documented=False),
    Route("GET", "/me/report.txt", text, is_documented=False),
]
