"""An installation in which every job has something to do, before any worker has started."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from openward.care import ehr, organizations, patients, visits
from openward.care.ehr import Provider
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.visits import Appointment, Booking, RoomSettings
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, PersonKey, Work
from openward.gateway.job import handlers
from openward.gateway.request import Gate, finish
from openward.infra import jobs
from openward.infra.jobs import Deferred, Running
from tests.wire.redox.conftest import an_order, ehr_settings

CALL, LOCK = "call", "lock"
"""Where a job is stopped that writes nothing: in a call to somebody outside, or at a lock that it takes."""


@dataclass(frozen=True)
class Situation:
    """A job with real work.

    `stops_at` is where it is killed first: `insert on notices.message`, say, of the row for which `when` holds; or
    `LOCK`, whose number `when` computes; or `CALL`. `shows` is a query for what it leaves behind, `file` a path below
    the data folder that is gone in the end.
    """

    stops_at: str
    when: str
    shows: str
    file: str = ""


@dataclass
class House:
    """The database in the making, and the address of whoever is called from it."""

    gate: Gate
    redox_url: str
    redox_key: str
    cloud_url: str

    @asynccontextmanager
    async def work(self, **ago: float) -> AsyncIterator[Work]:
        """Something that happens now, or happened so long ago; what waited since then for now starts at once."""
        async with self.gate.pool.acquire() as connection, connection.transaction():
            now = self.gate.now() - timedelta(**ago)
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, now, self.gate.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)
            await jobs.shift(connection, timedelta(0))

    async def run(self, name: str, **data: Any) -> None:
        """Carry a job out, here and now."""
        await handlers(self.gate)[name](Running(1, name, data, 0))

    async def link(self, work: Work) -> None:
        """Tell the installation where Redox is."""
        who = {"base_url": self.redox_url, "client_id": "client", "key_id": "key-1", "source_id": "us"}
        more = {"private_key_pem": self.redox_key, "source_name": "Openward", "verification_token": "token"}
        await ehr.put_link(work, Provider.REDOX, who | more)

    async def tick(self, name: str) -> None:
        """Defer a job as its schedule does."""
        async with self.work() as work:
            work.tasks.append(Deferred(name, key=f"tick:{name}"))

    async def forget_jobs(self, name: str, about: str) -> None:
        """As an operator removes jobs whose data say something."""
        await self.gate.pool.execute(
            "delete from jobs.pgqueuer where entrypoint = $1 and position($2 in convert_from(payload, 'UTF8')) > 0",
            name,
            about,
        )


Make = Callable[[House], Awaitable[Situation]]
SITUATIONS: dict[str, Make] = {}


def situation(job: str) -> Callable[[Make], Make]:
    """Registers how there comes to be something to do for a job."""

    def register(make: Make) -> Make:
        SITUATIONS[job] = make
        return make

    return register


async def a_place(work: Work, name: str) -> OrganizationKey:
    """An organization."""
    return (await organizations.create(work, Profile(name=name, preferred_units="mg/dL"), admin=None)).key


async def a_patient(work: Work, place: OrganizationKey, name: str, **said: Any) -> PersonKey:
    """A patient with an address of his own."""
    details = Details(f"{name} Byron", birth_date=None, email=f"{name.lower()}@patient.example.org")
    made = await patients.create_custodial(work, place, details if not said else Details(f"{name} Byron", **said))
    return made.person


async def a_visit(work: Work, place: OrganizationKey, name: str, **said: Any) -> Appointment:
    """A visit of a new patient in the room of a practice."""
    room = await visits.put_room(work, place, RoomSettings(name="GreatRoom"))
    return await visits.book(work, place, await a_patient(work, place, name), Booking(room=room, **said))


async def a_linked_place(house: House, name: str) -> OrganizationKey:
    """An organization that is linked with Redox."""
    async with house.work() as work:
        await house.link(work)
        place = await a_place(work, name)
        await ehr.put_settings(work, place, ehr.read_settings(ehr_settings(name)))
        return place


def order_of(name: str, **changes: Any) -> dict[str, Any]:
    """An order that means the organization of this name."""
    return an_order(name, "ENABLE", **changes)
