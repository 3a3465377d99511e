"""Meetings in Microsoft Teams: one for each visit, made over real sockets by the token of whoever asks first."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from openward.care import visits
from openward.care.visits import Turn
from openward.care.work import Work
from openward.infra.db import connect
from openward.simulators.teams import REFUSED, Teams
from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.visiting import ROOM, admit, bad, book, key_of, told

pytestmark = pytest.mark.anyio


@pytest.fixture
def served() -> Iterator[tuple[Teams, str]]:
    """A stand-in for Graph and its address, on a loop of its own: the test client holds the tests' loop meanwhile."""
    teams, loop, found = Teams(), asyncio.new_event_loop(), []
    ready = threading.Event()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(teams.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}/v1.0")
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield teams, found[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
async def a_teams_practice(a_practice: MakePractice) -> Callable[[str | None], Awaitable[Practice]]:
    """Makes practices with a patient whose Graph is at this address."""

    async def make(url: str | None) -> Practice:
        made = await a_practice({"waiting_rooms": [ROOM]} | ({"teams": {"graph_url": url}} if url else {}))
        await admit(made)
        return made

    return make


async def ask(practice: Practice, number: int, token: str | None = "token") -> Any:
    headers = {} if token is None else {"Teams-Auth-Token": token}
    return await practice("GET", f"/appointments/{number}/msteams-provider-link", headers=headers)


async def test_a_visit_has_one_meeting(served: tuple[Teams, str], a_teams_practice: Any) -> None:
    teams, url = served
    practice = await a_teams_practice(url)
    number = await book(practice, date=1499441179, duration=60, reasons=["headache"])
    answer = await ask(practice, number)
    assert (answer.status_code, list(answer.json())) == (200, ["id", "msTeamsProviderVisitUrl"])
    assert answer.json()["id"] == number
    (meeting,) = teams.meetings
    assert answer.json()["msTeamsProviderVisitUrl"] == meeting["joinWebUrl"]
    assert meeting["joinWebUrl"].startswith("https://teams.microsoft.com/v2/?meetingjoin=true")
    assert datetime.fromisoformat(meeting["startDateTime"]).timestamp() == 1499441179
    assert datetime.fromisoformat(meeting["endDateTime"]).timestamp() == 1499441239
    assert meeting["subject"] == f"Visit {number}"
    assert (await ask(practice, number, "another")).json() == answer.json()
    assert len(teams.meetings) == 1
    assert (await ask(practice, await book(practice))).json() != answer.json()


async def test_of_many_at_once_one_makes_the_meeting(a_teams_practice: Any, dsn: str) -> None:
    practice = await a_teams_practice("http://127.0.0.1:1/v1.0")
    key = await key_of(practice, await book(practice))
    async with practice.work() as work:
        visit, sample = await visits.get(work, practice.organization, key), work

    async def claim() -> Turn:
        connection = await connect(dsn)
        try:
            async with connection.transaction():
                return await visits.claim_meeting(Work(connection, sample.actor, sample.now, sample.tools), visit)
        finally:
            await connection.close()

    turns = await asyncio.gather(*(claim() for _ in range(16)))
    assert sorted(turns) == [Turn.ANOTHER] * 15 + [Turn.MINE]


async def test_who_comes_second_waits_for_the_meeting_of_the_first(
    served: tuple[Teams, str], a_teams_practice: Any, dsn: str
) -> None:
    teams, url = served
    practice = await a_teams_practice(url)
    number = await book(practice)
    key = await key_of(practice, number)
    async with practice.work() as work:
        sample = work
        assert await visits.claim_meeting(work, await visits.get(work, practice.organization, key)) is Turn.MINE

    async def keep() -> None:
        connection = await connect(dsn)
        async with connection.transaction():
            work = Work(connection, sample.actor, sample.now, sample.tools)
            await visits.keep_meeting(work, practice.organization, key, "https://meet.example.org/1")
            kept = await visits.keep_meeting(work, practice.organization, key, "x")
            assert kept.meeting_url == "https://meet.example.org/1"
        await connection.close()

    first = threading.Thread(target=lambda: asyncio.run(keep()))
    first.start()
    answer = await ask(practice, number)
    first.join()
    assert answer.json() == {"id": number, "msTeamsProviderVisitUrl": "https://meet.example.org/1"}
    assert not teams.meetings


async def test_refusals(served: tuple[Teams, str], a_teams_practice: Any) -> None:
    teams, url = served
    practice = await a_teams_practice(url)
    number = await book(practice)
    for token in (None, "", "  "):
        assert told(await ask(practice, number, token)) == bad("Teams-Auth-Token: This value should not be blank.")
    assert told(await ask(practice, number, REFUSED)) == (401, "")
    for status in (429, 500, 200):
        teams.status = status
        assert told(await ask(practice, number)) == (502, "Microsoft Teams can not be reached")
    teams.status = 403
    assert told(await ask(practice, number)) == (401, "")
    teams.status = 201
    assert told(await ask(practice, 10**15)) == (404, "Appointment not found")
    assert not teams.meetings
    assert (await ask(practice, number)).status_code == 200
    await practice("PUT", f"/appointments/{number}", {"status": "cancelled"})
    assert told(await ask(practice, number)) == (409, "Appointment is cancelled")


async def test_nobody_there(a_teams_practice: Any) -> None:
    practice = await a_teams_practice("http://127.0.0.1:1/v1.0")
    number = await book(practice)
    for _ in range(2):
        assert told(await ask(practice, number)) == (502, "Microsoft Teams can not be reached")


async def test_a_practice_without_teams(a_teams_practice: Any) -> None:
    practice = await a_teams_practice(None)
    number = await book(practice)
    assert told(await ask(practice, number)) == (409, "Microsoft Teams is not configured")
    other = await a_teams_practice(None)
    assert told(await ask(other, number)) == (404, "Appointment not found")
