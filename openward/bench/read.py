"""Ninety days of one patient as JSON: against reading the same rows and dumping them."""

import json
import time

import asyncpg

from openward.bench.figures import Figure, at_least, median
from openward.bench.rig import TOKEN, Rig
from openward.bench.upload import BATCH, _body, _data_set, _send

ROUNDS = 7


async def ninety_days(rig: Rig) -> list[Figure]:
    """25,920 readings, streamed; the limit is one SELECT of the rows and one json.dumps of them."""
    batches = 26
    token, data_set = await _data_set(rig)
    await _send(rig, token, data_set, [_body(0, number, batches) for number in range(batches)])
    user = (await rig.call("GET", "/auth/user", token=token))["userid"]
    ours, firsts, plain = [], [], []
    connection = await asyncpg.connect(rig.dsn)
    try:
        for _ in range(ROUNDS):
            first, whole = await _fetch(rig, token, user, batches * BATCH)
            ours.append(whole)
            firsts.append(first / whole)
            plain.append(await _dump(connection, batches * BATCH))
    finally:
        await connection.close()
    return [
        Figure("read", "90 days of one patient as JSON", batches * BATCH / median(ours), "readings/s"),
        at_least("read", "speed over reading the rows and dumping them", median(plain) / median(ours), "ratio", 0.5),
        Figure("read", "first byte after this share of the whole time", median(firsts), "ratio"),
    ]


async def _fetch(rig: Rig, token: str, user: str, count: int) -> tuple[float, float]:
    began = time.perf_counter()
    headers = {TOKEN: token, "accept-encoding": "identity"}
    async with rig.http.get(f"{rig.url}/data/{user}?type=cbg", headers=headers) as answer:
        parts = [await answer.content.readany()]
        first = time.perf_counter() - began
        parts.append(await answer.content.read())
        whole = time.perf_counter() - began
    if len(json.loads(b"".join(parts))) != count:
        raise RuntimeError("not every reading came back")
    return first, whole


async def _dump(connection: asyncpg.Connection, count: int) -> float:
    began = time.perf_counter()
    rows = await connection.fetch(
        "select time, value, data_set, ordinal, kind, shape from devicedata.datum where data_set ="
        " (select max(data_set) from devicedata.datum) order by time limit $1",
        count,
    )
    out = []
    for moment, value, data_set, ordinal, kind, shape in rows:
        row = {"time": moment.isoformat(), "value": value, "uploadId": data_set, "id": ordinal}
        out.append(row | {"type": kind, "shape": shape})
    json.dumps(out)
    return time.perf_counter() - began
