"""Data sets: create, list, show, close or change, delete; and removing all data of a user."""

from collections.abc import Mapping
from typing import Any

from openward.care import devicedata, patients
from openward.care.devicedata import DataSet
from openward.care.errors import Fault, Invalid
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call, parse_json
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.data.data_set_json import upload_record
from openward.wire.tidepool.data.parameters import flag
from openward.wire.tidepool.data.people import person_of


def _with_meta(call: Call, data: Any, status: int = 200) -> Reply:
    trace = {"request": call.trace, "session": call.header("x-tidepool-trace-session") or ""}
    return json_reply({"data": data, "meta": {"trace": trace}}, status)


async def create(work: Work, call: Call) -> Reply:
    """`POST /v1/users/{userId}/datasets`."""
    person = await person_of(work, call)
    body = await call.json()
    await devicedata.require_upload(work, person)
    made = await devicedata.create(work, person, devicedata.check_data_set(body))
    return _with_meta(call, upload_record(made), 201)


async def _listed(
    work: Work, call: Call, person: PersonKey, *, client_name: str | None = None, device_id: str | None = None
) -> list[DataSet]:
    page = page_size(call.query)
    with_deleted = flag(call.query, "deleted")
    return await devicedata.list_of(
        work,
        person,
        client_name=client_name,
        device_id=device_id,
        with_deleted=bool(with_deleted),
        offset=page.offset,
        limit=page.limit,
    )


async def list_wrapped(work: Work, call: Call) -> Reply:
    """`GET /v1/users/{userId}/datasets`: the older form, wrapped in `data`, for those who may read."""
    person = await person_of(work, call)
    await patients.require(work, person, patients.Permission.VIEW)
    found = await _listed(work, call, person)
    return _with_meta(call, [upload_record(one) for one in found])


async def list_bare(work: Work, call: Call) -> Reply:
    """`GET /v1/users/{userId}/data_sets`: a bare array, with more filters."""
    for name in ("client.name", "deviceId"):
        if call.query.get(name) == "":
            raise Invalid([Fault("value-empty", name, "value is empty")])
    person = await person_of(work, call)
    client_name, device_id = call.query.get("client.name"), call.query.get("deviceId")
    found = await _listed(work, call, person, client_name=client_name, device_id=device_id)
    return json_reply([upload_record(one) for one in found])


async def get(work: Work, call: Call) -> Reply:
    """`GET /v1/data_sets/{dataSetId}`."""
    return json_reply(upload_record(await devicedata.get(work, call.path["dataSetId"])))


async def update(work: Work, call: Call) -> Reply:
    """`PUT /v1/data_sets/{dataSetId}`: closes a normal set, whatever the body says."""
    raw = await call.body()

    def changes() -> Mapping[str, Any]:
        return devicedata.check_data_set_update(parse_json(raw))

    return _with_meta(call, upload_record(await devicedata.update(work, call.path["dataSetId"], changes)))


async def delete(work: Work, call: Call) -> Reply:
    """`DELETE /v1/data_sets/{dataSetId}`."""
    await devicedata.delete(work, call.path["dataSetId"])
    return _with_meta(call, {})


async def delete_all(work: Work, call: Call) -> Reply:
    """`DELETE /v1/users/{userId}/data`: for services."""
    await devicedata.delete_all(work, await person_of(work, call))
    return _with_meta(call, [])
