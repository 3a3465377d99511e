"""A million visits as one CSV file over HTTP, against what the database alone needs to copy the same lines out."""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg

from openward.bench.clinic import Clinic, filled
from openward.bench.figures import Figure, at_most
from openward.bench.rig import Rig
from openward.care import accounts, visits
from openward.care.reports import COLUMNS
from openward.care.visits import RoomSettings
from openward.care.work import Actor, ActorKind, Tools, Work
from openward.config import Settings

_DAYS = {"from": "2024-01-01", "to": "2025-12-31"}


async def whole(rig: Rig, count: int) -> list[Figure]:
    """So many visits of a twentieth as many patients over two years; every tenth had a call and a provider."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        clinic = await filled(rig, connection, max(10, count // 20))
        key = await _practice(rig, connection, clinic)
        await _write(connection, clinic, count)
        copied, copy_s = await _copied(connection, clinic)
    finally:
        await connection.close()
    before = rig.memory_mb()
    size, first_s, whole_s, peak = await _streamed(rig, key)
    if size < copied:
        raise RuntimeError(f"the dump has {size} bytes, a plain copy {copied}")
    return [
        Figure("dump", f"{count:,} visits as CSV over HTTP", count / whole_s, "visits/s"),
        Figure("dump", "plain COPY of the same columns", count / copy_s, "visits/s"),
        at_most("dump", "time over that of COPY", whole_s / copy_s, "ratio", 2),
        Figure("dump", "first byte after", first_s, "s"),
        at_most("dump", "memory that the server grows by", peak - before, "MiB", 64),
    ]


async def _practice(rig: Rig, connection: asyncpg.Connection, clinic: Clinic) -> str:
    """A key of the practice and a waiting room."""
    tools = Tools.open(Settings(data_dir=Path(rig.folder)))
    secret = secrets.token_urlsafe(24)
    async with connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE, credential="bench"), datetime.now(UTC), tools)
        await accounts.put_api_key(work, clinic.key, "bench", secret=secret)
        await visits.put_room(work, clinic.key, RoomSettings("GreatRoom", service_line="Demo", service_type="Demo"))
    return secret


async def _write(connection: asyncpg.Connection, clinic: Clinic, count: int) -> None:
    """Visits with their numbers, straight into the tables."""
    async with connection.transaction():
        await connection.execute(
            "create temporary table booked on commit drop as select gen_random_uuid() key, n,"
            " people[1 + n % cardinality(people)] person,"
            " timestamptz '2024-01-01 12:00Z' + (n::float8 / $2 * 720) * interval '1 day' starts_at"
            " from generate_series(1, $2) n,"
            " (select array_agg(person) people from patients.enrolment where organization = $1) p",
            clinic.key,
            count,
        )
        await connection.execute(
            "insert into visits.appointment (key, organization, person, room, starts_at, duration_s, status, reasons,"
            " external_id, created_at, updated_at) select key, $1, person, (select key from visits.room"
            " where organization = $1), date_trunc('second', starts_at), 900, 'completed', '{cough,fever}', 'V-' || n,"
            " starts_at, starts_at from booked",
            clinic.key,
        )
        await connection.execute(
            "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
            " select 'solo-appointment', '00000000-0000-0000-0000-000000000000', 9000000 + n, key, 'appointment', true,"
            " starts_at from booked"
        )
        await connection.execute(
            "insert into visits.call (key, id, appointment, status, opened_at, started_at, ended_at)"
            " select gen_random_uuid(), gen_random_uuid(), key, 'complete', starts_at, starts_at, starts_at"
            " from booked where n % 10 = 0"
        )
        await connection.execute(
            "insert into visits.provider (appointment, person, assigned_at)"
            " select key, (select person from accounts.account where email is not null limit 1), starts_at"
            " from booked where n % 10 = 0"
        )
    await connection.execute("vacuum analyze")


async def _copied(connection: asyncpg.Connection, clinic: Clinic) -> tuple[int, float]:
    """Bytes and seconds of a COPY of the same columns in the same order."""
    size = 0

    async def count(data: bytes) -> None:
        nonlocal size
        size += len(data)

    began = time.perf_counter()
    await connection.copy_from_query(
        f"select {', '.join(COLUMNS)} from reports.visit where organization = $1 order by starts_at, key",  # noqa: S608
        clinic.key,
        output=count,
        format="csv",
    )
    return size, time.perf_counter() - began


async def _streamed(rig: Rig, key: str) -> tuple[int, float, float, float]:
    """Bytes, seconds to the first byte and to the last, and the most memory meanwhile in MiB."""
    began, size, first_s, peak, looked = time.perf_counter(), 0, 0.0, 0.0, 0.0
    headers = {"api-key": key, "accept-encoding": "identity"}
    path = f"{rig.url}/qapi/v1/reports/csv-data-dump"
    async with rig.http.get(path, params=_DAYS, headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as answer:
        answer.raise_for_status()
        async for piece in answer.content.iter_any():
            first_s = first_s or time.perf_counter() - began
            size += len(piece)
            if time.perf_counter() - looked > 1:
                peak, looked = max(peak, await asyncio.to_thread(rig.memory_mb)), time.perf_counter()
    return size, first_s, time.perf_counter() - began, peak
