"""`GET /export/report/{userId}`: a person's glucose report as PDF, for whoever holds a link or may view the person."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from openward.care import audit, patients, reports
from openward.care.errors import Fault, Invalid
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.tidepool.data.parameters import flag, instant
from openward.wire.tidepool.data.people import person_of

_DAYS = 14
_MOST_DAYS = 90
_UNITS: tuple[reports.Units, ...] = ("mg/dL", "mmol/L")
_TEXT_MAX = 120
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)

DESCRIPTION = {
    "summary": "Get Glucose Report",
    "tags": ["Export"],
    "description": (
        "The report of the days from `startDate` to `endDate` (at most 90, 14 when not said) as PDF, or as a picture "
        "with `format=png`. Name, date of "
        "birth and MRN are printed as the query gives them."
    ),
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in (
            "reports",
            "inline",
            "format",
            "fullName",
            "dob",
            "mrn",
            "tzName",
            "bgUnits",
            "startDate",
            "endDate",
            "restricted_token",
        )
    ],
    "responses": {
        "200": {
            "description": "The report",
            "content": {"application/pdf": {"schema": {}}, "image/png": {"schema": {}}},
        }
    },
    "security": [{"sessionToken": []}],
}


async def get(work: Work, call: Call) -> Reply:
    """The PDF; `inline=true` lets the browser show it."""
    query = call.query
    units = next((one for one in _UNITS if one == query.get("bgUnits", _UNITS[0])), None)
    if units is None:
        raise Invalid([Fault("value-not-allowed", "bgUnits", "bgUnits is not one of mg/dL, mmol/L")])
    is_inline = flag(query, "inline")
    start, end = instant(query, "startDate"), instant(query, "endDate")
    person = await person_of(work, call)
    preset = await _preset(work, person, _text(call, "mrn"))
    window = await _window(work, person, query.get("tzName"), start, end, units, preset)
    about = reports.Person(name=_text(call, "fullName"), birth_date=_day(call), mrn=_text(call, "mrn"))
    report = await reports.gather(work, person, about, window)
    audit.note(work, "export", "glucose-report", person)
    is_picture = query.get("format") == "png"  # for browsers without a reader of PDF
    body = await reports.render_pooled(report, reports.paper_of(window.timezone), is_picture=is_picture)
    kind = "png" if is_picture else "pdf"
    name = f"glucose-report-{window.last_day.isoformat()}.{kind}"
    disposition = f'{"inline" if is_inline else "attachment"}; filename="{name}"'
    headers = {"content-disposition": disposition, "referrer-policy": "no-referrer"}
    return Reply(200, body, "image/png" if is_picture else "application/pdf", headers)


async def _window(
    work: Work,
    person: PersonKey,
    zone_name: str | None,
    start: datetime | None,
    end: datetime | None,
    units: reports.Units,
    preset: reports.RangePreset,
) -> reports.Window:
    """Whole local days that hold the time asked for, ending today at the latest."""
    zone = ZoneInfo(zone_name) if zone_name in available_timezones() else await reports.zone_of(work, person)
    end = end or await reports.last_reading(work, person) or work.now
    start = start or end - timedelta(days=_DAYS)
    if end <= start:
        raise Invalid([Fault("value-not-after", "endDate", "endDate is not after startDate")])
    end = min(end, work.now.astimezone(UTC))
    # The last moment of a span of n days lies on day n + 1; it is the days that are meant.
    days = min(max(round((end - start) / timedelta(days=1)), 1), _MOST_DAYS)
    return reports.Window(days, end.astimezone(zone).date(), zone, units, preset)


async def _preset(work: Work, person: PersonKey, mrn: str | None) -> reports.RangePreset:
    """The ranges that hold for the person in the clinic whose record number is asked for, else in his first one."""
    enrolled = await patients.peek_all(work, person)
    meant = next((one for one in enrolled if mrn is not None and one.mrn == mrn), next(iter(enrolled), None))
    return reports.preset_of(None if meant is None else meant.glycemic_ranges)


def _text(call: Call, name: str) -> str | None:
    """A text for the head of the page, printable and short."""
    said = "".join(one for one in call.query.get(name, "") if one.isprintable()).strip()
    return said[:_TEXT_MAX] or None


def _day(call: Call) -> str | None:
    """The date of birth, if it is one."""
    said = call.query.get("dob", "")
    return said if _DATE.match(said) else None
