"""Which event is told when: every row of the published table, and when nothing is."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest

from openward.care import identity, subscriptions, visits
from openward.care.identity import Identifier, System
from openward.care.subscriptions import Topic
from openward.care.visits import Outcome, Status
from openward.wire.solo.deliveries import WORDS
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio
AT = 1893456000
EPISODE = {"name": "care", "type": "covid", "from": "2030-01-01", "status": "ACTIVE"}


class Told:
    """A practice that wants to be told everything, and what it would be told."""

    def __init__(self, practice: Practice, key: UUID) -> None:
        self.practice, self.key = practice, key

    async def of(self, doing: Awaitable[Any]) -> list[str]:
        """The events of one act, in their order."""
        async with self.practice.work() as work:
            before = len(await subscriptions.deliveries(work, self.practice.organization, self.key, limit=1000))
        answer = await doing
        assert getattr(answer, "status_code", 200) < 300, answer.text
        async with self.practice.work() as work:
            found = await subscriptions.deliveries(work, self.practice.organization, self.key, limit=1000)
        return [WORDS[one.topic] for one in reversed(found[: len(found) - before])]

    async def visit(self) -> int:
        body = {"waitingRoom": "Room", "date": AT, "duration": 900}
        answer = await self.practice("POST", "/patients/P-1/appointments", body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def moved(self, number: int, to: Status, outcome: Outcome | None = None) -> None:
        async with self.practice.work() as work:
            key = await identity.resolve(work, Identifier(System.SAID, str(number)))
            await visits.move(work, self.practice.organization, key, to, outcome=outcome)


@pytest.fixture
async def told(a_practice: MakePractice) -> Told:
    practice = await a_practice({"waiting_rooms": [{"name": "Room"}], "episode_types": ["covid"]})
    async with practice.work() as work:
        made = await subscriptions.subscribe(work, practice.organization, "http://127.0.0.1:9/", list(Topic))
    found = Told(practice, made.subscription.key)
    assert await found.of(practice("POST", "/patients", {"id": "P-1", "mrn": "M-1"})) == ["patient:created"]
    return found


async def test_patients(told: Told) -> None:
    def update(**fields: Any) -> Awaitable[list[str]]:
        return told.of(told.practice("PUT", "/patients/P-1", fields))

    assert await update(gender="female") == ["patient:updated"]
    assert await update(gender="female") == []
    assert await update(mrn="M-1") == []
    assert await update(active=False, gender="male") == ["patient:deactivated"]
    assert await update(active=False) == []
    assert await update(active=True) == ["patient:updated"]


async def test_visits(told: Told) -> None:
    assert await told.of(told.visit()) == ["appointment:scheduled"]
    number = await told.visit()

    def update(**fields: Any) -> Awaitable[list[str]]:
        return told.of(told.practice("PUT", f"/appointments/{number}", fields))

    assert await update(date=AT) == []
    assert await update(reasons=["cough"], externalId="V-1") == []
    assert await update(date=AT + 60) == ["appointment:rescheduled"]
    assert await update(duration=1800) == ["appointment:rescheduled"]
    assert await update(date=AT, status="cancelled") == ["appointment:cancelled"]
    assert await update(status="cancelled") == []


@pytest.mark.parametrize(
    ("to", "outcome", "word"),
    [
        (Status.COMPLETED, None, "appointment:completed"),
        (Status.COMPLETED, Outcome.INCOMPLETE, "appointment:incompleted"),
        (Status.NO_SHOW, None, "appointment:no-show"),
        (Status.NO_SHOW, Outcome.LEFT, "appointment:lwbs"),
    ],
    ids=lambda value: str(value),
)
async def test_ends_of_visits(told: Told, to: Status, outcome: Outcome | None, word: str) -> None:
    number = await told.visit()
    assert await told.of(told.moved(number, Status.ARRIVED)) == []
    assert await told.of(told.moved(number, to, outcome)) == [word]
    if to is Status.COMPLETED:
        assert await told.of(told.moved(number, Status.SIGNED)) == []


async def test_episodes(told: Told) -> None:
    practice = told.practice
    keys = []
    for _ in range(2):
        assert await told.of(practice("POST", "/patients/P-1/episodes", EPISODE)) == ["episode:created"]
    keys = [one["id"] for one in (await practice("GET", "/patients/P-1/episodes")).json()["episodes"]]
    update = practice("PUT", f"/episodes/{keys[0]}", EPISODE | {"name": "more care"})
    assert await told.of(update) == ["episode:updated"]


async def test_what_is_refused_is_not_told(told: Told) -> None:
    async def refuse(method: str, path: str, body: Any) -> None:
        assert (await told.practice(method, path, body)).status_code >= 400

    assert await told.of(refuse("POST", "/patients", {"id": "P-1"})) == []
    assert await told.of(refuse("POST", "/patients/P-1/appointments", {"waitingRoom": "Other"})) == []
    assert await told.of(refuse("POST", "/patients/P-1/episodes", EPISODE | {"type": "unknown"})) == []
