"""Builders for the tests of device data."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from openward.care import devicedata, identity
from openward.care.devicedata import DataSet, Filters
from openward.care.identity import Kind
from openward.care.work import PersonKey, Work


async def new_person(work: Work) -> PersonKey:
    """Somebody with all names but no account: services may do everything with him."""
    key: UUID = uuid4()
    await identity.mint(work, key, Kind.PERSON)
    return PersonKey(key)


async def new_set(work: Work, person: PersonKey, **body: Any) -> DataSet:
    """A data set as a client asks for it."""
    return await devicedata.create(work, person, devicedata.check_data_set(body))


async def put(work: Work, name: str, items: list[Mapping[str, Any]]) -> None:
    """Append JSON values as an upload does."""
    target = await devicedata.lock(work, name)
    checked = devicedata.check_batch(items, mint_id=lambda: uuid4().hex)
    if checked:
        await devicedata.append(work, target, devicedata.pack_batch(checked))


async def seen(work: Work, person: PersonKey, **filters: Any) -> list[dict[str, Any]]:
    """Everything that a query gives, as whole data with `type`, `time` and `uploadId`."""
    answer = await devicedata.find(work, person, Filters(**filters))
    found: list[dict[str, Any]] = []
    async for rows in answer.blocks:
        for seconds, value, data_set, _ordinal, number, detail in rows:
            shape, time = answer.shapes[data_set, number], devicedata.moment(seconds)
            whole = devicedata.unpack(shape, time, value, detail)
            found.append({"type": shape.kind, "time": time, "uploadId": answer.data_sets[data_set].name, **whole})
    return found + [{"type": "upload", "time": one.time, "uploadId": one.name} for one in answer.uploads]
