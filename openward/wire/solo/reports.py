"""Reports: the CSV dump, and encounter reports in locked archives."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from openward.care import identity, reports
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.reports import Order
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad

_TOO_EARLY = "This value should not be before from."
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_BINARY = "application/octet-stream"


async def csv_dump(work: Work, call: Call) -> Reply:
    """`GET /reports/csv-data-dump`: all visits of the days, streamed."""
    first, last = _days(call)
    body = await reports.dump(work, practice(work), first, last)
    name = f"csv-data-dump-{first.isoformat()}-{last.isoformat()}.csv"
    return Reply(200, body, _BINARY, {"content-disposition": f'attachment; filename="{name}"'})


def _days(call: Call) -> tuple[date, date]:
    """`from` and `to` of the query; `Invalid` with every fault."""
    days = {name: schema.as_date(call.query.get(name, "")) for name in ("from", "to")}
    faults = [
        schema.fault(name, schema.NOT_DATE if call.query.get(name, "").strip() else schema.BLANK)
        for name, day in days.items()
        if day is None
    ]
    first, last = days["from"], days["to"]
    if first is not None and last is not None and last < first:
        faults = [schema.fault("to", _TOO_EARLY)]
    if faults or first is None or last is None:
        raise Invalid(faults)
    return first, last


async def create_report(work: Work, call: Call) -> Reply:
    """`POST /encounter-report/create`: a job begins to build it."""
    given = await schema.read(call, "EncounterReportCreate", _check_moments)
    first, last = _moment(given["from"]), _moment(given["to"])
    chosen = await identity.find(work, Identifier(System.SOLO, given["presetId"].lower()))
    try:
        if chosen is None or first is None or last is None:
            raise NotFound("Preset not found")
        made = await reports.order_report(work, practice(work), first, last, chosen, given["password"])
    except NotFound:
        raise bad("presetId", "Preset not found.") from None
    return json_reply(await _state(work, made), 201)


def _check_moments(given: dict[str, Any]) -> list[Fault]:
    """What the schema cannot say: an offset in both moments, and their order."""
    first, last = (given.get(name) and _moment(given[name]) for name in ("from", "to"))
    named = (("from", first), ("to", last))
    faults = [schema.fault(name, schema.NOT_DATE) for name, moment in named if given.get(name) and moment is None]
    if first is not None and last is not None and last < first:
        faults.append(schema.fault("to", _TOO_EARLY))
    return faults


def _moment(text: str) -> datetime | None:
    """An ATOM moment (`2024-08-15T15:52:01+00:00`) as UTC; `Z` and fractions of a second pass as well."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def get_state(work: Work, call: Call) -> Reply:
    """`GET /encounter-report/status/{reportId}`."""
    return json_reply(await _state(work, await reports.report_order(work, practice(work), await _key(work, call))))


async def download(work: Work, call: Call) -> Reply:
    """`GET /encounter-report/download/{reportId}`: the archive."""
    body = await reports.report_file(work, practice(work), await _key(work, call))
    name = f"encounter-report-{call.path['reportId'].lower()}.zip"
    return Reply(200, body, _BINARY, {"content-disposition": f'attachment; filename="{name}"'})


async def _key(work: Work, call: Call) -> UUID:
    """The report of the path; a foreign one is refused by the care function."""
    value = call.path["reportId"]
    found = await identity.find(work, Identifier(System.SOLO, value.lower())) if schema.is_uuid(value) else None
    if found is None:
        raise NotFound("Report not found")
    return found


async def _state(work: Work, order: Order) -> dict[str, str]:
    return {"id": await identity.name(work, order.key, System.SOLO), "status": order.status.value}


ROUTES = [
    Route("GET", "/qapi/v1/reports/csv-data-dump", csv_dump, "solo.v1:getCsvDataDump"),
    Route("POST", "/qapi/v1/encounter-report/create", create_report, "solo.v1:createEncounterReport"),
    Route("GET", "/qapi/v1/encounter-report/status/{reportId}", get_state, "solo.v1:getEncounterReportStatus"),
    Route("GET", "/qapi/v1/encounter-report/download/{reportId}", download, "solo.v1:downloadEncounterReport"),
]
