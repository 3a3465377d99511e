"""Data coming in: into a data set, or the older way without one; and single data withdrawn again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from openward.care import devicedata
from openward.care.devicedata import Batch, Checked
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call, parse_json, refuse_unstorable
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.data.people import person_of

_OFF_LOOP_FROM = 1 << 19
"""Bytes; a larger body is decoded in a thread, so that others are answered meanwhile."""


async def append(work: Work, call: Call) -> Reply:
    """`POST /v1/data_sets/{dataSetId}/data`."""
    await call.body()
    target = await devicedata.lock(work, call.path["dataSetId"])
    batch = await read_batch(work, call)
    if batch.rows:
        await devicedata.append(work, target, batch)
    return json_reply({"data": []})


async def read_batch(work: Work, call: Call) -> Batch:
    """The body as rows to be kept; `Invalid` with a pointer for each fault."""
    body, mint = await call.body(), _minting(work)
    batch: Batch = await _aside(body, lambda: _decode(body, mint))
    return batch


async def _aside(body: bytes, task: Callable[[], Any]) -> Any:
    return task() if len(body) < _OFF_LOOP_FROM else await asyncio.to_thread(task)


def _minting(work: Work) -> Callable[[], str]:
    return lambda: work.token_bytes(16).hex()


def _decode(body: bytes, mint: Callable[[], str]) -> Batch:
    """Sensor readings by the short way where that is possible, else by the rules one by one."""
    refuse_unstorable(body)
    readings = devicedata.decode_cbg(body)
    if readings is not None:
        return devicedata.pack_batch(readings)
    items = parse_json(body)
    if not isinstance(items, list):
        raise Invalid("the body is not an array", code="json-malformed")
    return devicedata.pack_batch(devicedata.check_batch(items, mint_id=mint))


async def withdraw(work: Work, call: Call) -> Reply:
    """`DELETE /v1/data_sets/{dataSetId}/data` with selectors."""
    body = await call.json()
    target = await devicedata.lock(work, call.path["dataSetId"])
    await devicedata.remove_selected(work, target, devicedata.check_selectors(body))
    return json_reply({"data": []})


async def older(work: Work, call: Call) -> Reply:
    """`POST /data/{userId}`: one datum or an array; answers the places of those that were there already."""
    person = await person_of(work, call)
    body = await call.body()
    await devicedata.require_upload(work, person)
    mint = _minting(work)
    checked: Sequence[Checked] = await _aside(body, lambda: _check_older(body, mint))
    return json_reply(await devicedata.keep_by_content(work, person, checked))


def _check_older(body: bytes, mint: Callable[[], str]) -> Sequence[Checked]:
    sent = parse_json(body) if body.strip() else None
    if isinstance(sent, dict):
        sent = [sent]
    if not isinstance(sent, list):
        raise Invalid("the body is neither a datum nor an array", code="json-malformed")
    return devicedata.check_batch(sent, mint_id=mint)
