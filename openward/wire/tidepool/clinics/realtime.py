"""The report of days with realtime data (remote monitoring, CPT 99454) of a clinic's patients."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from openward.care import identity, roster, summaries
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.roster import Query
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call, parse_json
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import instant, moment, present
from openward.wire.tidepool.clinics.list_query import Items, filters_of
from openward.wire.tidepool.clinics.patient_json import UNKNOWN_BIRTH_DATE

MOST_PATIENTS: Final = 1000
OLDEST: Final = timedelta(days=60)
ENOUGH_DAYS: Final = 16
"""From so many days on the service may be billed."""
_CODE: Final = "CPT-99454"

DESCRIPTION: Final[Mapping[str, Any]] = {
    "summary": "Days with realtime data of each patient",
    "description": "For members of the clinic. Answers 400 when more than 1000 patients fit the filters.",
    "parameters": [
        {"name": "clinicId", "in": "path", "required": True, "schema": {"type": "string"}},
        *(
            {
                "name": name,
                "in": "query",
                "required": True,
                "description": text,
                "schema": {"type": "string", "format": "date-time"},
            }
            for name, text in (("startDate", "Not more than 60 days ago."), ("endDate", "Not before startDate."))
        ),
        {
            "name": "patientFilters",
            "in": "query",
            "description": "The filters of the patient list as a JSON object.",
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "Patients with at least 16 such days first.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {"config": {"type": "object"}, "results": {"type": "array", "items": {}}},
                    }
                }
            },
        }
    },
}


async def realtime_report(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/reports/realtime."""
    key = await callers.staff_clinic(work, call, or_service=False)
    start, end = _span(work, call.query)
    query = await filters_of(work, _filters(call.query.get("patientFilters")), limit=MOST_PATIENTS)
    config = {
        "code": _CODE,
        "clinicId": await identity.name(work, key, System.CLINIC),
        "startDate": instant(start),
        "endDate": instant(end),
    }
    return json_reply({"config": config, "results": await _results(work, key, query, start, end)})


async def _results(
    work: Work, key: OrganizationKey, query: Query, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    shown, found = await roster.patients_of(work, key, query)
    if found.count > MOST_PATIENTS:
        raise Invalid(f"more than {MOST_PATIENTS} patients fit the filters")
    people = [one.person for one in shown]
    days = await summaries.realtime(work, people, start, end)
    users = await identity.names(work, people, System.USER)
    rows = [
        present({"id": users[one.person], "fullName": one.full_name or users[one.person], "mrn": one.mrn})
        | {
            "birthDate": one.birth_date.isoformat() if one.birth_date else UNKNOWN_BIRTH_DATE,
            "realtimeDays": days.get(one.person, 0),
            "hasSufficientData": days.get(one.person, 0) >= ENOUGH_DAYS,
        }
        for one in shown
    ]
    return sorted(rows, key=lambda row: not row["hasSufficientData"])


def _span(work: Work, query: dict[str, str]) -> tuple[datetime, datetime]:
    start, end = moment(query, "startDate"), moment(query, "endDate")
    if start is None or end is None:
        raise Invalid("startDate and endDate are needed")
    if start > end:
        raise Invalid("startDate is after endDate")
    if start < work.now - OLDEST:
        raise Invalid(f"startDate is more than {OLDEST.days} days ago")
    return start, end


def _filters(text: str | None) -> Items:
    """The filters as the list's own query would have them; `Invalid` for anything but an object of plain values."""
    if not text:
        return []
    given = parse_json(text.encode())
    if not isinstance(given, dict):
        raise Invalid("patientFilters is not a JSON object")
    return [(name, _value(name, value)) for name, value in given.items() if value is not None]


def _value(name: str, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case list() if all(isinstance(part, str) for part in value):
            return ",".join(value)
    raise Invalid(f"patientFilters has a value for {name[:50]!r} that cannot be read")
