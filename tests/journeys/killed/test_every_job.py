"""Every job there is has its worker killed twice, in its midst and when it is done: nothing is lost, nothing is twice.

All jobs have something to do at once. A worker begins with all of them, each is stopped at a place in its midst, and
the worker dies by SIGKILL. Another one takes them over, each comes to its end, and that worker dies before the queue
has noted any end. What a third one leaves behind is what a worker leaves that nobody disturbs.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import asyncpg
import msgspec
import pytest

from openward.care import connections
from openward.care.work import Tools
from openward.config import Settings
from openward.gateway.job import handlers
from openward.gateway.request import Gate
from openward.infra.db import connect, open_pool
from openward.infra.migrate import migrate
from openward.partners import PARTNERS, RECORD_SYSTEM
from tests.conftest import with_database
from tests.journeys.killed import caring, cleaning, letters, records
from tests.journeys.killed.house import CALL, SITUATIONS, House, Situation
from tests.journeys.killed.running import Brake, Cloud, Copy, a_cloud, until
from tests.wire.redox.stand_in import PRIVATE, standing_in

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("killed"),
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="asks the kernel for child processes"),
]
JOBS = sorted(handlers(cast(Gate, None)))
_WITH_SITUATIONS = (caring, cleaning, letters, records)  # each registers its own


@dataclass
class Story:
    """What there was before; the jobs that were cut off in their midst and at their end; what there is afterwards.

    disturbed, undisturbed: by job, what there is to be seen of it, and all mails under "mails".
    """

    before: dict[str, Any]
    stopped: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    disturbed: dict[str, Any] = field(default_factory=dict)
    undisturbed: dict[str, Any] = field(default_factory=dict)
    parked: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
async def story(cluster_dsn: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """The whole of it, once."""
    folder = tmp_path_factory.mktemp("killed") / "original"
    original = f"openward_killed_{worker_id}_{os.getpid()}"
    with standing_in() as (redox, url), standing_in() as (other, other_url), a_cloud() as cloud:
        todo = await _something_to_do(cluster_dsn, original, folder, url, cloud.url)
        copies = [await Copy.of(cluster_dsn, original, folder, name) for name in ("disturbed", "undisturbed")]
        await _relink(copies[1].dsn, folder, other_url)
        story = Story(await copies[0].shows(todo))
        brake = Brake(copies[0].connection, todo)
        await brake.put_on()
        for copy in copies:
            copy.start()
        try:
            await _kill_twice(story, copies[0], brake, cloud, todo)
            for copy in copies:
                await until(copy.is_idle, 60, copy.log)
            story.disturbed, story.undisturbed = [await copy.shows(todo) | {"mails": copy.mails()} for copy in copies]
            story.parked = [job for copy in copies for job in await copy.parked()]
            story.taken = [msgspec.json.encode(message, order="sorted") for message in redox.messages]
            story.refused = [*redox.refused, *other.refused]
            yield story
        finally:
            for copy in copies:
                await copy.stop()


async def _something_to_do(
    cluster_dsn: str, name: str, folder: Path, redox_url: str, cloud_url: str
) -> dict[str, Situation]:
    """A database of this name in which every job has something to do."""
    admin = await asyncpg.connect(cluster_dsn)
    await admin.execute(f'create database "{name}"')
    await admin.close()
    dsn = with_database(cluster_dsn, name)
    connection = await connect(dsn)
    await migrate(connection)
    await connection.close()
    async with _house(dsn, folder, redox_url, cloud_url) as house:
        return {job: await make(house) for job, make in SITUATIONS.items()}


@asynccontextmanager
async def _house(dsn: str, folder: Path, redox_url: str, cloud_url: str) -> AsyncIterator[House]:
    settings = Settings(data_dir=folder, base_url="http://openward.test", webhooks_allow_private=True)
    pool = await open_pool(dsn, 2)
    yield House(Gate(pool, settings, Tools.open(settings, PARTNERS, RECORD_SYSTEM)), redox_url, PRIVATE, cloud_url)
    await pool.close()


async def _relink(dsn: str, folder: Path, redox_url: str) -> None:
    """Each copy has another side of its own, which would wonder at two messages of one number."""
    async with _house(dsn, folder, redox_url, "") as house, house.work() as work:
        await house.link(work)


async def _kill_twice(story: Story, copy: Copy, brake: Brake, cloud: Cloud, todo: dict[str, Situation]) -> None:
    calling = {name for name, one in todo.items() if one.stops_at == CALL}

    async def are_all_stopped() -> bool:
        await copy.hurry()
        story.stopped = await brake.stopped() | (calling if cloud.waiting == 2 else set())
        return story.stopped == set(todo)

    await until(are_all_stopped, 120, lambda: f"not begun: {set(todo) - story.stopped}\n{copy.log()}")
    copy.kill_worker()
    await brake.hold_ends()
    cloud.answer()
    await copy.end_leases()

    async def are_all_done() -> bool:
        story.done = copy.done()
        return set(todo) <= story.done

    await until(are_all_done, 120, lambda: f"not done: {set(todo) - story.done}\n{copy.log()}")
    copy.kill_worker()
    await brake.take_off()
    await copy.end_leases()


@pytest.mark.parametrize("job", JOBS)
async def test_a_job_loses_and_doubles_nothing(job: str, story: Story) -> None:
    assert job in SITUATIONS, "write in tests/journeys/killed how there comes to be something to do for this job"
    assert job in story.stopped
    assert job in story.done
    if job != connections.REVOKE:  # what it does is done elsewhere
        assert story.undisturbed[job] != story.before[job]
    assert story.disturbed[job] == story.undisturbed[job]


async def test_no_job_was_given_up(story: Story) -> None:
    assert story.parked == []


async def test_everybody_got_each_mail_once(story: Story) -> None:
    assert len(story.undisturbed["mails"]) > 10
    assert story.disturbed["mails"] == story.undisturbed["mails"]


async def test_what_was_sent_twice_is_the_same_to_the_letter(story: Story) -> None:
    """A message that was taken, but whose answer died with the worker, is sent once more."""
    answers = [message for message in story.taken if b"order-of-Deliver" in message]
    assert len(set(answers)) == 1
    assert story.refused == []
