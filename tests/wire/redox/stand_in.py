"""An EHR behind Redox on a port and a loop of its own, and a clinic that sends to it."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from openward.care import ehr, identity, roster
from openward.care.ehr import Provider
from openward.care.identity import Identifier, System
from openward.care.summaries import Kind
from openward.care.work import PersonKey
from openward.gateway.job import handlers
from openward.gateway.request import Gate
from openward.infra.jobs import Running
from openward.simulators.redox import Redox
from openward.wire.redox.schema import faults
from tests.wire.redox.conftest import Link

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LAST = datetime(2026, 3, 10, 12, tzinfo=UTC)


@contextmanager
def standing_in() -> Iterator[tuple[Redox, str]]:
    """The stand-in and its address."""
    made, loop = Redox("client", "key-1", PUBLIC, faults), asyncio.new_event_loop()
    ready, found = threading.Event(), []

    async def start() -> web.AppRunner:
        runner = web.AppRunner(made.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield made, found[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


def stats(uploaded_at: datetime, **figures: Any) -> dict[str, Any]:
    """A sensor summary as clinics keep it."""
    period = {
        "timeInVeryHighPercent": 0.004,
        "timeInHighPercent": 0.256,
        "timeInTargetPercent": 0.7,
        "timeInLowPercent": 0.03,
        "timeInVeryLowPercent": 0.01,
        "glucoseManagementIndicator": 6.8123,
        "averageGlucoseMmol": 8.0,
        "standardDeviation": 2.5,
        "coefficientOfVariation": 0.3125,
        "timeCGMUsePercent": 0.91234,
        "daysWithData": 14,
        "hoursWithData": 330,
    } | figures
    dates = {"lastUploadDate": uploaded_at, "lastData": LAST, "firstData": LAST - timedelta(days=40)}
    written = {name: when.isoformat().replace("+00:00", "Z") for name, when in dates.items()}
    return {"id": "0" * 24, "dates": written, "periods": {"14d": period}}


@dataclass
class Sending:
    """A clinic whose messages reach the stand-in."""

    link: Link
    redox: Redox
    url: str

    async def settle(self) -> None:
        """Carry out what is due for this clinic, as workers do."""
        jobs = handlers(Gate(self.link.pool, self.link.tools.settings, self.link.tools))
        while todo := await self._due():
            for name, data in todo:
                await jobs[name](Running(1, name, data, 0))

    async def _due(self) -> list[tuple[str, dict[str, str]]]:
        tasks = await self.link.pool.fetch(
            "select distinct on (person) key from ehr.sync_task t where organization = $1 and state = 'due'"
            " and not exists (select from ehr.sync_task s where s.organization = $1 and s.person = t.person"
            "  and s.state = 'sending') and not (is_order and exists (select from ehr.delivery d"
            "  where d.message = t.message and d.kind = 'results' and d.state = 'waiting'))"
            " order by person, created_at, key",
            self.link.key,
        )
        waiting = await self.link.pool.fetch(
            "select key from ehr.delivery where organization = $1 and due_at <= now() order by key limit 1",
            self.link.key,
        )
        return [(ehr.PUSH, {"task": str(row["key"])}) for row in tasks] + [
            (ehr.DELIVER, {"delivery": str(row["key"])}) for row in waiting
        ]

    async def hurry(self) -> None:
        """Let what waits for another attempt be due."""
        await self.link.pool.execute(
            "update ehr.delivery set due_at = now() where organization = $1 and due_at is not null", self.link.key
        )

    async def summarize(self, user_id: str, document: Mapping[str, Any], kind: Kind = Kind.CGM) -> None:
        """Let clinics have this summary of a patient."""
        async with self.link.work() as work:
            person = PersonKey(await identity.resolve(work, Identifier(System.USER, user_id)))
            await roster.put_summary(work, person, kind, dict(document))

    async def connect(self, **more: str) -> None:
        """Tell the installation where Redox is."""
        who = {"base_url": self.url, "client_id": "client", "key_id": "key-1", "private_key_pem": PRIVATE}
        async with self.link.work() as work:
            await ehr.put_link(work, Provider.REDOX, who | {"source_id": "us", "source_name": "Openward"} | more)

    async def sync(self, user_id: str | None = None) -> None:
        path = self.link.path if user_id is None else f"/v1/patients/{user_id}"
        answer = await self.link.call("POST", f"{path}/ehr/sync")
        assert answer.status_code == 202, answer.text

    def kinds(self) -> list[str]:
        """What was taken: model and event."""
        return [f"{one['Meta']['DataModel']}/{one['Meta']['EventType']}" for one in self.redox.messages]

    async def states(self) -> list[tuple[str, str, str | None]]:
        rows = await self.link.pool.fetch(
            "select kind, state, reason from ehr.delivery where organization = $1 order by key", self.link.key
        )
        return [(row["kind"], row["state"], row["reason"]) for row in rows]

    async def tasks(self) -> list[tuple[str, str | None]]:
        rows = await self.link.pool.fetch(
            "select state, reason from ehr.sync_task where organization = $1 order by created_at, key", self.link.key
        )
        return [(row["state"], row["reason"]) for row in rows]

    async def delivery(self) -> UUID:
        return UUID(
            str(
                await self.link.pool.fetchval(
                    "select key from ehr.delivery where organization = $1 order by key desc limit 1", self.link.key
                )
            )
        )


def observations(message: Mapping[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Code to value and unit."""
    return {one["Code"]: (one["Value"], one.get("Units")) for one in message["Observations"]}
