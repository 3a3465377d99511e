"""Changes of very many patients in one request: a tag for all of them, and two clinics that become one."""

import asyncio
import time
from dataclasses import dataclass, field

import asyncpg

from openward.bench.clinic import Clinic, filled
from openward.bench.figures import Figure, at_most
from openward.bench.rig import Rig

_LIMIT_TAG_S, _LIMIT_MERGE_S, _LIMIT_READ_S = 3, 30, 1


async def at_once(rig: Rig, patients: int, merged: int) -> list[Figure]:
    """A new tag for `patients` patients; then two clinics of `merged` patients each are merged while others read."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        return [*await _tag(rig, connection, patients), *await _merge(rig, connection, merged)]
    finally:
        await connection.close()


async def _tag(rig: Rig, connection: asyncpg.Connection, patients: int) -> list[Figure]:
    clinic = await filled(rig, connection, patients)
    tag = (await rig.call("POST", f"{clinic.path}/patient_tags", token=clinic.token, body={"name": "all"}))["id"]
    began = time.perf_counter()
    await rig.call("POST", f"{clinic.path}/patients/assign_tag/{tag}", token=clinic.token)
    given = time.perf_counter() - began
    await _expect(rig, clinic, f"?tags={tag}", patients)
    began = time.perf_counter()
    await rig.call("POST", f"{clinic.path}/patients/delete_tag/{tag}", token=clinic.token)
    taken = time.perf_counter() - began
    await _expect(rig, clinic, f"?tags={tag}", 0)
    return [
        at_most("bulk", f"a tag for {patients:,} patients", given, "s", _LIMIT_TAG_S),
        Figure("bulk", "the tag off them again", taken, "s"),
    ]


@dataclass(slots=True)
class _Reader:
    """Asks for the same list again and again, until told to stop."""

    rig: Rig
    clinic: Clinic
    stop: asyncio.Event
    seconds: list[float] = field(default_factory=list)

    async def run(self) -> None:
        while not self.stop.is_set():
            began = time.perf_counter()
            await self.rig.call("GET", f"{self.clinic.path}/patients?search=ruiz", token=self.clinic.token)
            self.seconds.append(time.perf_counter() - began)


async def _merge(rig: Rig, connection: asyncpg.Connection, patients: int) -> list[Figure]:
    source, target = await filled(rig, connection, patients), await filled(rig, connection, patients)
    reader = _Reader(rig, target, asyncio.Event())
    reading = asyncio.create_task(reader.run())
    began = time.perf_counter()
    await rig.call("POST", f"{target.path}/merge", body={"sourceId": source.id})
    seconds = time.perf_counter() - began
    reader.stop.set()
    await reading
    await _expect(rig, target, "", 2 * patients)
    return [
        at_most("bulk", f"two clinics of {patients:,} patients merged", seconds, "s", _LIMIT_MERGE_S),
        at_most("bulk", "longest read of the list meanwhile", max(reader.seconds), "s", _LIMIT_READ_S),
    ]


async def _expect(rig: Rig, clinic: Clinic, query: str, count: int) -> None:
    found = await rig.call("GET", f"{clinic.path}/patients{query}", token=clinic.token)
    if found["meta"]["count"] != count:
        raise RuntimeError(f"the list has {found['meta']['count']} patients instead of {count}")
