"""The TIDE report of a clinic: whom to look at first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from openward.care import identity, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.roster import CATEGORIES, PERIODS, USUAL, Tide, TideQuery, TideRow
from openward.care.work import Work, unique
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import flag, instant, moment, present
from openward.wire.tidepool.clinics.list_query import label_keys
from openward.wire.tidepool.clinics.patient_json import encode_reviews, encode_sources

SCHEMA_VERSION: Final = 2
_LAPSED_SOURCE: Final = "dexcom"
_THRESHOLDS: Final = {
    "veryLowGlucoseThreshold": 3.0,
    "lowGlucoseThreshold": 3.9,
    "highGlucoseThreshold": 10.0,
    "veryHighGlucoseThreshold": 13.9,
    "extremeHighGlucoseThreshold": 19.4,
}
# What clients print beside the categories that had a test from the beginning; constant by contract.
_FILTERS: Final = {
    "timeInVeryLowPercent": ">0.01",
    "timeInAnyLowPercent": ">0.04",
    "dropInTimeInTargetPercent": "<-0.15",
    "timeInTargetPercent": "<0.7",
    "timeCGMUsePercent": "<0.7",
}
_SHOWN: Final = (
    "averageGlucoseMmol",
    "glucoseManagementIndicator",
    "timeCGMUseMinutes",
    "timeCGMUsePercent",
    "timeInVeryLowPercent",
    "timeInAnyLowPercent",
    "timeInLowPercent",
    "timeInTargetPercent",
    "timeInTargetPercentDelta",
    "timeInHighPercent",
    "timeInVeryHighPercent",
    "timeInExtremeHighPercent",
    "timeInAnyHighPercent",
)
_WHOLE: Final = "timeCGMUseMinutes"


async def tide_report(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/tide_report."""
    key = await callers.staff_clinic(work, call)
    tags, query = await _query(work, call)
    found = await roster.tide(work, key, query)
    config = {
        "schemaVersion": SCHEMA_VERSION,
        "clinicId": await identity.name(work, key, System.CLINIC),
        "period": query.period,
        "lastDataCutoff": instant(query.cutoff),
        "tags": tags,
        "filters": _FILTERS,
        **_THRESHOLDS,
    }
    return json_reply({"config": config, "results": await _results(work, found)})


async def _query(work: Work, call: Call) -> tuple[list[str], TideQuery]:
    """The tag ids as they were given, and what is asked; `Invalid` for anything missing or misspelt."""
    query = call.query
    period, cutoff = query.get("period"), moment(query, "lastDataCutoff")
    if period not in PERIODS:
        raise Invalid(f"period is one of {', '.join(PERIODS)}")
    if cutoff is None:
        raise Invalid("lastDataCutoff is missing")
    tags = _parts(call, "tags")
    if not tags:
        raise Invalid("tags are missing")
    for tag in tags:
        identity.require(System.TAG, tag)
    categories = _parts(call, "categories")
    if not set(categories) <= set(CATEGORIES):
        raise Invalid("categories has one that does not exist")
    return tags, TideQuery(
        tags=await label_keys(work, System.TAG, tags),
        cutoff=cutoff,
        period=period,
        categories=tuple(categories) or USUAL,
        with_no_data=not flag(query, "excludeNoData"),
        lapsed_source=_LAPSED_SOURCE,
    )


def _parts(call: Call, name: str) -> list[str]:
    """The parts of a comma-separated parameter, each once; an empty value has none."""
    given = [value for parameter, value in call.query_items if parameter == name and value]
    return unique([part for value in given for part in value.split(",")])


async def _results(work: Work, found: Tide) -> dict[str, list[dict[str, Any]]]:
    results = dict(found.categories)
    if found.no_data is not None:
        results["noData"] = found.no_data
    enrolments = [row.enrolment for rows in results.values() for row in rows]
    people = {one.person for one in enrolments} | {review.by for one in enrolments for review in one.reviews}
    users = await identity.names(work, list(people), System.USER)
    tags = await identity.names(work, list({tag for one in enrolments for tag in one.tags}), System.TAG)
    return {name: _rows(rows, users, tags) for name, rows in results.items()}


def _rows(rows: Sequence[TideRow], users: Mapping[UUID, str], tags: Mapping[UUID, str]) -> list[dict[str, Any]]:
    return [_row(row, users, tags) for row in rows]


def _row(row: TideRow, users: Mapping[UUID, str], tags: Mapping[UUID, str]) -> dict[str, Any]:
    one = row.enrolment
    figures = {
        name: int(value) if name == _WHOLE else value for name in _SHOWN if (value := row.figures.get(name)) is not None
    }
    return {
        "patient": present(
            {"id": users[one.person], "fullName": one.full_name or users[one.person], "email": one.email}
        )
        | {
            "tags": [tags[tag] for tag in one.tags if tag in tags],
            "reviews": encode_reviews(one.reviews, users),
            "dataSources": encode_sources(one.data_sources),
        },
        **present({"lastData": None if row.last_data is None else instant(row.last_data)}),
        **figures,
    }
