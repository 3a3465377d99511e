"""Upload of sensor data over HTTP, and what it leaves on disk: against plain binary COPY of equal rows."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from openward.bench.figures import Figure, at_least, at_most
from openward.bench.rig import TOKEN, Rig

BATCH = 1000


async def upload(rig: Rig, batches: int, clients: int = 4) -> list[Figure]:
    """`clients` clients at once, each with a data set of its own; summaries are kept up meanwhile."""
    people = [await _data_set(rig) for _ in range(clients)]
    bodies = [[_body(place, number, batches) for number in range(batches)] for place in range(clients)]
    await asyncio.gather(*(_send(rig, *person, [_body(9, 0, 1)]) for person in people))
    before = await _size(rig)
    began = time.perf_counter()
    await asyncio.gather(*(_send(rig, *person, bodies[place]) for place, person in enumerate(people)))
    seconds = time.perf_counter() - began
    lag = await rig.idle()
    count = clients * batches * BATCH
    rate = count / seconds
    kept_up = count / (seconds + lag)
    size = (await _size(rig) - before) / count
    alone, together = await _copy_rates(rig, count)
    return [
        at_least(
            "upload", f"{clients} clients, batches of {BATCH}, acknowledged and durable", rate, "readings/s", 30_000
        ),
        at_least("upload", "the same until the last summary is refreshed", kept_up, "readings/s", 30_000),
        Figure("upload", "plain binary COPY into an equally indexed table", alone, "readings/s"),
        at_least("upload", "upload over COPY", rate / alone, "ratio", 1 / 3),
        Figure("upload", "upload over four COPY streams at once", rate / together, "ratio"),
        at_most("storage", "bytes of a reading, with indexes and de-duplication keys", size, "bytes", 130),
    ]


async def plain_rate(rig: Rig, batches: int) -> float:
    """Readings a second of the same upload, for others to compare themselves with."""
    people = [await _data_set(rig) for _ in range(4)]
    bodies = [[_body(place, number, batches) for number in range(batches)] for place in range(4)]
    await asyncio.gather(*(_send(rig, *person, [_body(9, 0, 1)]) for person in people))
    began = time.perf_counter()
    await asyncio.gather(*(_send(rig, *person, bodies[place]) for place, person in enumerate(people)))
    rate = 4 * batches * BATCH / (time.perf_counter() - began)
    await rig.idle()
    return rate


async def long_run(rig: Rig, millions: float) -> list[Figure]:
    """Whether the last million readings come in as fast as the first, in flat memory."""
    rates: list[float] = []
    rounds = max(2, int(millions))
    for number in range(rounds):
        people = [await _data_set(rig) for _ in range(4)]
        bodies = [[_body(place, batch, 250) for batch in range(250)] for place in range(4)]
        began = time.perf_counter()
        await asyncio.gather(*(_send(rig, *person, bodies[place]) for place, person in enumerate(people)))
        rates.append(1_000_000 / (time.perf_counter() - began))
        del bodies, number
    return [
        at_least("storage", f"rate of the last million of {rounds} over the first", rates[-1] / rates[0], "ratio", 0.8),
        at_most("storage", "memory of the largest server process", rig.memory_mb(), "MiB", 512),
    ]


async def _data_set(rig: Rig) -> tuple[str, str]:
    user, token = await rig.person()
    body = {
        "client": {"name": "bench", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deviceId": f"bench-{user[:8]}",
    }
    body |= {"deduplicator": {"name": "org.tidepool.deduplicator.none"}}
    made = await rig.call("POST", f"/v1/users/{user}/data_sets", token=token, body=body)
    return token, made["data"]["uploadId"]


def _body(place: int, number: int, batches: int) -> bytes:
    """A batch as a sensor's uploader sends it: consecutive five-minute readings that end today."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5 * BATCH * (batches - number))
    rows = []
    for step in range(BATCH):
        moment = start + timedelta(minutes=5 * step)
        rows.append(
            {
                "type": "cbg",
                "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "deviceTime": (moment - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S"),
                "timezoneOffset": -300,
                "deviceId": f"bench-sensor-{place}",
                "units": "mg/dL",
                "value": 60 + (step * 37 + place * 11) % 240,
            }
        )
    return json.dumps(rows, separators=(",", ":")).encode()


async def _send(rig: Rig, token: str, data_set: str, bodies: list[bytes]) -> None:
    headers = {TOKEN: token, "content-type": "application/json"}
    for body in bodies:
        async with rig.http.post(f"{rig.url}/v1/data_sets/{data_set}/data", data=body, headers=headers) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"upload refused: {answer.status} {text[:200]!r}")


async def _size(rig: Rig) -> int:
    """Bytes of everything that the device-data room keeps, after a checkpoint of its statistics."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        size = await connection.fetchval(
            "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('devicedata', 'summaries')"
            " and c.relkind in ('r', 'm')"
        )
        return int(size)
    finally:
        await connection.close()


async def _copy_rates(rig: Rig, count: int) -> tuple[float, float]:
    """Readings a second of plain binary COPY of equal rows in equal batches: one stream, then four at once."""
    connections = [await asyncpg.connect(rig.dsn) for _ in range(4)]
    first = connections[0]
    try:
        parts: list[list[bytes]] = []
        for place, connection in enumerate(connections):
            parts.append([chunk async for chunk in _chunks(connection, place, count // 4)])
        alone = await _timed(first, count, _copy(first, [part for each in parts for part in each]))
        pairs = zip(connections, parts, strict=True)
        together = await _timed(first, count, *(_copy(connection, part) for connection, part in pairs))
        return alone, together
    finally:
        await first.execute("drop schema if exists bench cascade")
        for connection in connections:
            await connection.close()


async def _timed(connection: asyncpg.Connection, count: int, *copies: Coroutine[Any, Any, None]) -> float:
    """The rate of these copies into a fresh table that is indexed like the real one."""
    await connection.execute("drop schema if exists bench cascade")
    await connection.execute("create schema bench")
    await connection.execute("create table bench.plain (like devicedata.datum including all)")
    began = time.perf_counter()
    await asyncio.gather(*copies)
    seconds = time.perf_counter() - began
    copied = int(await connection.fetchval("select count(*) from bench.plain"))
    if copied != count:
        raise RuntimeError(f"COPY wrote {copied} rows of {count}")
    return copied / seconds


async def _chunks(connection: asyncpg.Connection, place: int, count: int) -> AsyncIterator[bytes]:
    """Binary COPY text of real rows, a batch each, so that nothing but COPY itself is timed."""
    for start in range(0, count, BATCH):
        buffer = io.BytesIO()
        await connection.copy_from_query(
            "select * from devicedata.datum where data_set = (select data_set from devicedata.datum group by 1"
            " having count(*) >= $3 order by 1 desc offset $4 limit 1) order by ordinal offset $1 limit $2",
            start,
            BATCH,
            count,
            place,
            output=buffer,
            format="binary",
        )
        yield buffer.getvalue()


async def _copy(connection: asyncpg.Connection, parts: list[bytes]) -> None:
    for part in parts:
        await connection.copy_to_table("plain", schema_name="bench", source=io.BytesIO(part), format="binary")
