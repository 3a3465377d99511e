"""The jobs behind encounter reports: one builds an archive, one takes old ones away.

Building may be cut off at any moment: the order stays pending, its job is taken over by another worker, and all begins
anew. The file is written outside any folder that keeps files, and the order names it in the transaction that ends the
job; a file that nobody names is swept.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import IO, Any, Protocol
from uuid import UUID

import structlog

from openward.care import audit, identity
from openward.care.identity import System
from openward.care.reports import store
from openward.care.reports.lines import lines, practice_zone
from openward.care.reports.orders import KEPT_FOR, MOST_TRIES, Order
from openward.care.work import Actor, ActorKind, Origin, Tools, Work
from openward.infra.archive import ZipCipher, locked_zip
from openward.infra.blobs import CHUNK_BYTES, Blob, Blobs
from openward.infra.db import Pool
from openward.infra.jobs import Deferred

log = structlog.get_logger("openward.reports")
BUILD = "reports.build"
SWEEP = "reports.sweep"
COLUMN = "reports.encounter_report.sealed_password"
_LARGEST = 1 << 40  # bytes
_STRAY_AFTER = timedelta(hours=24)
_FORGOTTEN_AFTER = timedelta(minutes=10)
_BATCH = 500


class Gate(Protocol):
    """What a job that opens its own works is given."""

    pool: Pool
    tools: Tools

    def now(self) -> datetime:
        """The moment, aware UTC."""
        ...


def kept_files(tools: Tools) -> Blobs:
    """The folder of the archives, which only orders name."""
    return Blobs(tools.settings.data_dir / "blobs" / "reports")


@asynccontextmanager
async def _work(gate: Gate) -> AsyncIterator[Work]:
    async with gate.pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential=f"job:{BUILD}")
        work = Work(connection, actor, gate.now(), gate.tools, origin=Origin("", f"JOB {BUILD}"))
        yield work
        await audit.keep(work)


async def build(gate: Gate, data: Mapping[str, Any]) -> None:
    """The job: build one report, unless it is built, or being built by somebody else; give up after five tries."""
    key = UUID(data["report"])
    async with _work(gate) as work:
        tries = await store.count_try(work, key)
        if tries is not None and tries > MOST_TRIES:
            await store.fail(work, key)
            tries = None
    if tries is None:
        return
    try:
        async with _work(gate) as work:
            held = await store.lock_pending(work, key)
            if held is not None:
                await _build(work, *held)
    except Exception as error:
        log.warning("report_failed", error=type(error).__name__, attempt=tries)
        if tries < MOST_TRIES:
            raise
        async with _work(gate) as work:
            await store.fail(work, key)


async def _build(work: Work, order: Order, sealed_password: bytes) -> None:
    password = work.tools.keyring.unseal(sealed_password, COLUMN, order.key)
    name = await identity.name(work, order.key, System.SOLO)
    zone = await practice_zone(work, order.organization)
    cipher = ZipCipher(work.tools.settings.reports_zip_cipher)
    # Without a name in any folder: gone with the process, however that ends.
    with tempfile.TemporaryFile() as file:
        archive = locked_zip(file, f"encounter-report-{name}.csv", password, cipher, work.now.astimezone(zone))
        entry = await asyncio.to_thread(archive.__enter__)
        try:
            async for piece in lines(work, order.organization, order.span, order.choice):
                await asyncio.to_thread(entry.write, piece)
        except BaseException as error:
            await asyncio.to_thread(archive.__exit__, type(error), error, error.__traceback__)
            raise
        await asyncio.to_thread(archive.__exit__, None, None, None)
        kept = await _keep(work.tools, file)
    await store.complete(work, order.key, kept.key, kept.size_bytes, work.now + KEPT_FOR)


async def _keep(tools: Tools, file: IO[bytes]) -> Blob:
    await asyncio.to_thread(file.seek, 0)

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece

    return await kept_files(tools).write(pieces(), limit_bytes=_LARGEST)


async def sweep_job(work: Work, data: Mapping[str, Any]) -> None:
    """The job: old archives go, and those that no order names; orders whose job was lost get another."""
    files = kept_files(work.tools)
    for content in await store.take_expired(work, _BATCH):
        await files.delete(content)
    strays = await files.older_than(_STRAY_AFTER)
    for content in set(strays) - await store.kept(work, strays):
        await files.delete(content)
    for key in await store.waiting(work, work.now - _FORGOTTEN_AFTER, _BATCH):
        work.tasks.append(Deferred(BUILD, {"report": str(key)}, key=f"{BUILD}:{key}"))
