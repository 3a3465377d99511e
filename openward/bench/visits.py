"""Virtual care: free times of a full month, and how fast visits are booked while a webhook is told of each."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from openward.bench.figures import Figure, at_least, at_most, percentile
from openward.bench.inside import Inside, opened
from openward.bench.rig import Rig
from openward.bench.webhooks import Receiver
from openward.care import accounts, organizations, subscriptions, visits
from openward.care.organizations import Profile
from openward.care.subscriptions import Topic
from openward.care.visits import Room, RoomSettings, Window
from openward.care.work import OrganizationKey, Work

_AT_ONCE = 16
_PATIENTS = 100
_SECRET = secrets.token_urlsafe(24)
_KEY = {"api-key": _SECRET}


async def booked(rig: Rig, taken: int, posts: int) -> list[Figure]:
    """Slots of a month in a room with `taken` visits; then `posts` bookings over HTTP, 16 at once."""
    async with opened(rig) as inside:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        try:
            room = await inside.do(lambda work: _a_room(work, url))
            for number in range(_PATIENTS):
                await rig.call("POST", "/qapi/v1/patients", body={"id": f"P-{number}"}, headers=_KEY)
            month = await _fill(inside, room, taken)
            figures = await _slots(rig, inside, room, month, taken)
            return figures + await _bookings(rig, inside, posts)
        finally:
            server.close()


async def _a_room(work: Work, url: str) -> Room:
    """A practice with a key, a webhook and a room that is open all day for four visits at once."""
    key: OrganizationKey = (await organizations.create(work, Profile(name="Bench"), admin=None)).key
    await accounts.put_api_key(work, key, "bench", secret=_SECRET)
    await subscriptions.subscribe(work, key, url, [Topic.APPOINTMENT_BOOKED])
    hours = {day: (Window(0, 24 * 60),) for day in range(7)}
    said = RoomSettings("GreatRoom", timezone="America/New_York", capacity=4, hours=hours)
    return await visits.put_room(work, key, said)


async def _fill(inside: Inside, room: Room, count: int) -> tuple[int, int]:
    """Spread visits over a month to come; the month."""
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    span = int(begin.timestamp()), int((begin + timedelta(days=31)).timestamp())
    await inside.pool.execute(
        "insert into visits.appointment (key, organization, person, room, starts_at, duration_s, status, reasons,"
        " created_at, updated_at) select gen_random_uuid(), $1, gen_random_uuid(), $2,"
        " to_timestamp($3::bigint + n * 86400 * 31 / $4), 900, 'scheduled', '{}', now(), now()"
        " from generate_series(0::bigint, $4::bigint - 1) n",
        room.organization,
        room.key,
        span[0],
        count,
    )
    await inside.pool.execute("vacuum analyze visits.appointment")
    return span


async def _slots(rig: Rig, inside: Inside, room: Room, month: tuple[int, int], taken: int) -> list[Figure]:
    async def timed(work: Work) -> float:
        began = time.perf_counter()
        await visits.free_slots(work, room, month, 900)
        return time.perf_counter() - began

    alone = [await inside.do(timed) for _ in range(50)]
    path = f"/qapi/v1/appointment-slots?after={month[0]}&before={month[1]}&waitingRoom=GreatRoom"
    over_http = []
    for _ in range(50):
        began = time.perf_counter()
        await rig.call("GET", path, headers=_KEY)
        over_http.append(time.perf_counter() - began)
    what = f"free slots of a month, {taken:,} visits"
    return [
        at_most("visits", f"{what}, median", percentile(alone, 0.5) * 1000, "ms", 20),
        Figure("visits", "the same over HTTP, median", percentile(over_http, 0.5) * 1000, "ms"),
    ]


async def _bookings(rig: Rig, inside: Inside, posts: int) -> list[Figure]:
    async def book(number: int) -> None:
        path = f"/qapi/v1/patients/P-{number % _PATIENTS}/appointments"
        said: dict[str, Any] = {"waitingRoom": "GreatRoom", "externalId": f"V-{number}", "reasons": ["headache"]}
        await rig.call("POST", path, body=said, headers=_KEY)

    async def look(_number: int) -> None:
        async with rig.http.get(f"{rig.url}/health/live") as answer:
            await answer.read()

    async def insert(number: int) -> None:
        await inside.pool.execute("insert into bench_visit (id, said) values ($1, $2)", number, "V")

    await inside.pool.execute("create table bench_visit (id bigint primary key, said text not null)")
    await _rate(look, 100)
    nothing, row = await _rate(look, posts), await _rate(insert, posts)
    bare = 1 / (1 / nothing + 1 / row)
    await _rate(book, 100)
    rate = await _rate(lambda number: book(100 + number), posts)
    return [
        at_least("visits", f"bookings, {_AT_ONCE} at once, a webhook told of each", rate, "a second", 500),
        Figure("visits", "requests that do nothing", nothing, "a second"),
        Figure("visits", "single rows inserted and committed", row, "a second"),
        Figure("visits", "bookings over a bare request with one bare insert", rate / bare, "ratio"),
    ]


async def _rate(task: Callable[[int], Awaitable[None]], count: int) -> float:
    """How many a second, `_AT_ONCE` at a time."""
    numbers = iter(range(count))

    async def go() -> None:
        for number in numbers:
            await task(number)

    began = time.perf_counter()
    await asyncio.gather(*(go() for _ in range(_AT_ONCE)))
    return count / (time.perf_counter() - began)
