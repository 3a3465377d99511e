"""`GET /data/{userId}`: everything that the filters leave, streamed."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from openward.care import connections, devicedata
from openward.care.devicedata import Filters
from openward.care.errors import CareError, Invalid, NotAllowed, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.data.lines import json_lines
from openward.wire.tidepool.data.parameters import flag, instant, whole, words
from openward.wire.tidepool.data.people import person_of


async def get(work: Work, call: Call) -> Reply:
    """The data of a user as a JSON array, one object a line."""
    filters = read_filters(call.query)
    is_hiding = hides_covered(call.query)
    person = await person_of(work, call)
    if is_hiding:
        filters = replace(filters, clouds=await connections.spans(work, person))
    answer = await devicedata.find(work, person, filters)
    return Reply(200, json_lines(work, answer, call.path["userId"]))


def read_filters(query: Mapping[str, str]) -> Filters:
    """All parameters but those of the cloud filter; `Invalid` for what cannot be read."""
    return Filters(
        start=instant(query, "startDate"),
        end=instant(query, "endDate"),
        types=words(query, "type"),
        sub_types=words(query, "subType"),
        device_id=query.get("deviceId") or None,
        upload_id=query.get("uploadId") or None,
        is_latest=bool(flag(query, "latest")),
        is_carelink=flag(query, "carelink"),
        is_medtronic=flag(query, "medtronic"),
        least_interval_ms=whole(query, "sampleIntervalMinimum"),
        reasons=words(query, "dosingDecision.reason"),
    )


def hides_covered(query: Mapping[str, str]) -> bool:
    """`cbgFilter` decides; without it the older `dexcom=true` switches the filter off."""
    chosen = flag(query, "cbgFilter")
    older = flag(query, "dexcom")
    return not older if chosen is None else chosen


_CODES: dict[type[CareError], tuple[str, str]] = {
    NotAllowed: ("data_cant_view", "user is not authorized to view data"),
    Invalid: ("invalid_parameters", "one or more parameters are invalid"),
    NotFound: ("data_user_not_found", "user not found"),
}


def render(error: CareError, call: Call) -> Reply:
    """`{"status", "id", "code", "message"}` for what this service refuses itself; the rest like its neighbours."""
    said = _CODES.get(type(error))
    if said is None:
        return errors.data(error, call)
    status = errors.status_of(error)
    return json_reply({"status": status, "id": str(uuid4()), "code": said[0], "message": said[1]}, status)
