"""The page inside the record system that shows a patient's report; everything it needs comes from here."""

import functools
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, Template

from openward.care import identity
from openward.care.ehr import xealth
from openward.care.ehr.xealth import Report
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.xealth.auth import LINK_PARAMETER
from openward.wire.xealth.errors import ReportIncomplete

_FOLDER = Path(__file__).parent / "web"
_DAYS = timedelta(days=14)
# No `frame-ancestors`: the record system shows this page inside its own. The address holds the key, so it is not told.
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; object-src 'self'; img-src 'self'"
    ),
    "referrer-policy": "no-referrer",
}


async def page(work: Work, call: Call) -> Reply:
    """GET /v1/xealth/report/web/viewer.html."""
    keys = [
        await identity.find(work, Identifier(system, call.query.get(parameter, "")))
        for system, parameter in ((System.CLINIC, "clinicId"), (System.USER, "patientId"))
    ]
    if keys[0] is None or keys[1] is None:
        raise NotFound("there is no such clinic or patient")
    found = await xealth.report(work, work.actor, OrganizationKey(keys[0]), PersonKey(keys[1]))
    address = _address(work, found, call.query["patientId"], call.query[LINK_PARAMETER])
    html = _template().render(address=address, product=work.tools.settings.product_name)
    return Reply(200, html.encode(), "text/html", dict(_HEADERS))


async def style(_work: Work, _call: Call) -> Reply:
    """GET /v1/xealth/report/web/viewer.css."""
    return Reply(200, _style(), "text/css", {"cache-control": "public, max-age=3600"})


def _address(work: Work, report: Report, user_id: str, link: str) -> str:
    """Where the PDF is: the 14 days up to the newest reading; `ReportIncomplete` when its head cannot be written."""
    patient, profile = report.enrolment, report.organization.profile
    if patient.birth_date is None or not patient.mrn or not patient.full_name:
        raise ReportIncomplete("the patient has no date of birth, MRN or name")
    end = report.last_data or work.now
    query = {
        "reports": "all",
        "inline": "true",
        "userId": user_id,
        "dob": patient.birth_date.isoformat(),
        "mrn": patient.mrn,
        "fullName": patient.full_name,
        "tzName": profile.timezone,
        "bgUnits": profile.preferred_units,
        "startDate": _moment(end - _DAYS),
        "endDate": _moment(end),
        LINK_PARAMETER: link,
    }
    said = {name: value for name, value in query.items() if value}
    return f"{work.tools.settings.public_url}/export/report/{user_id}?{urlencode(said)}"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@functools.cache
def _template() -> Template:
    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True).get_template("viewer.html")


@functools.cache
def _style() -> bytes:
    return (_FOLDER / "viewer.css").read_bytes()
