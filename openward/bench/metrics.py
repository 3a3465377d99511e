"""Coaching: health metrics in batches of a thousand, and pages deep in a million of them."""

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from openward.bench.figures import Figure, at_least, at_most, percentile
from openward.bench.inside import Inside, opened
from openward.bench.rig import Rig
from openward.care import accounts, identity, organizations, patients
from openward.care.identity import System
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.wire.twine.query import cursor

_PATH = "/pub/patient_health_metric"
_BATCH = 1000
_AT_ONCE = 4
_PATIENTS = 1000
_LABS = (("ldl_cholesterol", "mg/dl"), ("weight", "kg"), ("heart_rate", "bpm"), ("creatinine", "umol/l"))
_FILL = (
    "insert into observations.observation (id, organization, person, type, occurred_at, created_at, value, canonical,"
    " unit) select decode(lpad(to_hex(n), 24, '0'), 'hex'), $1, ($2::uuid[])[1 + n % $3], 'heart_rate',"
    " $4::timestamptz - n * interval '1 minute', now(), 60 + n % 60, 60 + n % 60, 'bpm' from generate_series(1, $5) n"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """An organization, its patients with their ids, and the headers of a program that may write of them."""

    organization: OrganizationKey
    people: Sequence[PersonKey]
    names: Sequence[str]
    headers: dict[str, str]


async def written(rig: Rig, batches: int, depth: int) -> list[Figure]:
    """`batches` batches over HTTP, four at once; then pages of a list of `depth` metrics more."""
    async with opened(rig) as inside:
        place = await inside.do(_place)
        await _post(rig, place, [_body(place, _LABS, number) for number in range(4)])
        bodies = [_body(place, _LABS, 10 + number) for number in range(batches)]
        rate = await _post(rig, place, bodies)
        copied = await _copy(inside, batches)
        glucose = [_body(place, (("blood_glucose", "mg/dl"),), 10 + number) for number in range(max(4, batches // 5))]
        with_readings = await _post(rig, place, glucose)
        pages = await _pages(rig, inside, place, depth)
    return [
        at_least("metrics", f"metrics in batches of {_BATCH:,}, {_AT_ONCE} at once", rate, "a second", 20_000),
        Figure("metrics", "plain binary COPY of equal rows", copied, "a second"),
        Figure("metrics", "metrics over COPY", rate / copied, "ratio"),
        Figure("metrics", "glucose metrics, each a reading of another patient", with_readings, "a second"),
        *pages,
    ]


async def _place(work: Work) -> _Place:
    organization = (await organizations.create(work, Profile(name="Bench", timezone="UTC"), admin=None)).key
    await organizations.set_tier(work, organization, "tier0300")
    people = []
    for number in range(_PATIENTS):
        details = Details(full_name=f"Patient {number}", birth_date=None)
        people.append((await patients.create_custodial(work, organization, details)).person)
    names = await identity.names(work, people, System.TWINE)
    secret = await accounts.put_client(work, organization, "bench", "bench")
    tokens, _ = await accounts.grant_client_tokens(work, "bench", str(secret))
    headers = {"authorization": f"Bearer {tokens.access}", "content-type": "application/vnd.api+json"}
    return _Place(organization, people, [names[person] for person in people], headers)


def _body(place: _Place, kinds: Sequence[tuple[str, str]], number: int) -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=number)
    return json.dumps({"data": [_item(place, *kinds[item % len(kinds)], at, item) for item in range(_BATCH)]}).encode()


def _item(place: _Place, kind: str, unit: str, at: datetime, item: int) -> dict[str, Any]:
    patient = {"type": "patient", "id": place.names[item % _PATIENTS]}
    said = {"type": kind, "unit": unit, "value": 60 + secrets.randbelow(60), "occurred_at": at.isoformat()}
    return {
        "type": "patient_health_metric",
        "attributes": said,
        "relationships": {"patient": {"data": patient}},
    }


async def _post(rig: Rig, place: _Place, bodies: Sequence[bytes]) -> float:
    """Metrics a second."""
    left = iter(bodies)

    async def go() -> None:
        for body in left:
            async with rig.http.post(rig.url + _PATH, data=body, headers=place.headers) as answer:
                if answer.status != 200:
                    raise RuntimeError((await answer.text())[:300])
                await answer.read()

    began = time.perf_counter()
    await asyncio.gather(*(go() for _ in range(_AT_ONCE)))
    return len(bodies) * _BATCH / (time.perf_counter() - began)


async def _copy(inside: Inside, batches: int) -> float:
    """Rows a second into an equal table, a batch a transaction, on one connection."""
    async with inside.pool.acquire() as connection:
        await connection.execute("create table bench_observation (like observations.observation including indexes)")
        rows = await connection.fetch("select * from observations.observation limit $1", _BATCH)
        columns, records = list(rows[0].keys()), [tuple(row) for row in rows]
        place = columns.index("id")
        began = time.perf_counter()
        for _ in range(batches):
            fresh = [(*row[:place], secrets.token_bytes(12), *row[place + 1 :]) for row in records]
            await connection.copy_records_to_table("bench_observation", columns=columns, records=fresh)
        return batches * _BATCH / (time.perf_counter() - began)


async def _pages(rig: Rig, inside: Inside, place: _Place, depth: int) -> list[Figure]:
    """The first page of all, the last but one by cursor, and pages of one patient."""
    oldest = datetime.now(UTC) - timedelta(days=30)
    people = list(place.people)
    await inside.pool.execute(_FILL, place.organization, people, _PATIENTS, oldest, depth)
    await inside.pool.execute(
        "insert into observations.tally (organization, part, count) values ($1, 99, $2)", place.organization, depth
    )
    await inside.pool.execute("vacuum analyze observations.observation")
    deep = cursor([(oldest - timedelta(minutes=depth - 100)).isoformat(), "0" * 24])
    first = await _median(rig, place, "?page[limit]=50")
    last = await _median(rig, place, f"?page[limit]=50&page[after]={deep}")
    patient = await _median(rig, place, f"?page[limit]=50&filter[patient]={place.names[7]}")
    numbered = await _median(rig, place, f"?page[size]=50&page[number]={depth // 50}", 5)
    what = f"of {depth:,} metrics, 50 a page"
    return [
        Figure("metrics", f"the first page {what}, median", first, "ms"),
        at_most("metrics", "the deepest page by cursor over the first", last / first, "ratio", 1.5),
        at_most(
            "metrics",
            f"the page of one patient with {depth // _PATIENTS:,} over the first",
            patient / first,
            "ratio",
            1.5,
        ),
        Figure("metrics", "the deepest page by number", numbered, "ms"),
    ]


async def _median(rig: Rig, place: _Place, query: str, times: int = 40) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = await rig.call("GET", _PATH + query, headers=place.headers)
        taken.append((time.perf_counter() - began) * 1000)
        if not found["data"]:
            raise RuntimeError("the page is empty")
    return percentile(taken, 0.5)
