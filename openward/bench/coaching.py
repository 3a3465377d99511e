"""Coaching: patients made by the thousand over HTTP, against the same rows written by SQL alone."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from openward.bench.figures import Figure, at_least
from openward.bench.inside import Inside, opened
from openward.bench.rig import Rig
from openward.care import accounts, identity, organizations
from openward.care.identity import System
from openward.care.organizations import Profile
from openward.care.work import OrganizationKey, Work

_BATCH = 1000
_CLIENTS = 4
_TABLES = {
    "accounts.account": "person",
    "accounts.document": "person",
    "identity.person": "entity",
    "patients.enrolment": "person",
    "patients.demographics": "person",
    "patients.identifier": "person",
    "patients.group_place": "person",
    "roster.entry": "person",
    "roster.label": "person",
}
"""What a new patient has rows in, and the column that says whose they are."""


async def created(rig: Rig, batches: int) -> list[Figure]:
    """`batches` requests of a thousand patients each, some at once; each patient has a number of his own."""
    async with opened(rig) as inside:
        organization, group, token = await inside.do(_a_place)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/vnd.api+json"}
        bodies = [_body(group) for _ in range(batches)]

        async def post(body: bytes) -> None:
            async with rig.http.post(f"{rig.url}/pub/patient", data=body, headers=headers) as answer:
                text = await answer.read()
                if answer.status != 201:
                    raise RuntimeError(f"{answer.status} {text[:300]!r}")

        await post(_body(group))  # statements are prepared, modules loaded
        rate = await _rate(post, bodies)
        bare = await _bare(inside, organization)
    return [
        at_least("coaching", f"patients made over HTTP, {_BATCH:,} a request", rate, "a second", 10_000),
        Figure("coaching", "the same rows by INSERT ... SELECT into equally indexed tables", bare, "a second"),
        at_least("coaching", "patients over HTTP over the rows alone", rate / bare, "ratio", 0.5),
    ]


async def _a_place(work: Work) -> tuple[OrganizationKey, str, str]:
    """An organization with a group and a program: keys and token."""
    made = await organizations.create(work, Profile(name="Bench", country="DE"), admin=None)
    group = await organizations.create_group(work, made.key, "Everybody")
    secret = await accounts.put_client(work, made.key, "bench", "bench")
    tokens, _ = await accounts.grant_client_tokens(work, "bench", str(secret))
    return made.key, await identity.name(work, group.key, System.TWINE), tokens.access


def _body(group: str) -> bytes:
    def one(number: int) -> dict[str, Any]:
        value = secrets.token_hex(8)
        return {
            "type": "patient",
            "attributes": {
                "first_name": f"Given{number}",
                "last_name": f"Family{value}",
                "birth_date": f"{1930 + number % 80}-0{1 + number % 9}-1{number % 10}",
                "gender": "female",
                "phone_numbers": [{"type": "home", "value": "+1 555 0100"}],
                "identifiers": [{"system": "bench", "value": value}],
            },
            "relationships": {"groups": {"data": [{"type": "group", "id": group}]}},
        }

    return json.dumps({"data": [one(number) for number in range(_BATCH)]}).encode()


async def _bare(inside: Inside, organization: OrganizationKey) -> float:
    """The rows of these patients again, by one statement a table and batch, into tables of the same shape."""
    pool = inside.pool
    await pool.execute("create schema bench_rows")
    for table in _TABLES:
        await pool.execute(f"create table bench_rows.{table.replace('.', '_')} (like {table} including all)")
    people = [
        row["person"]
        for row in await pool.fetch("select person from patients.enrolment where organization = $1", organization)
    ]
    chunks = [people[start : start + _BATCH] for start in range(0, len(people), _BATCH)]

    async def insert(chunk: list[Any]) -> None:
        async with pool.acquire() as connection, connection.transaction():
            for table, column in _TABLES.items():
                columns = await _columns(connection, table)
                await connection.execute(
                    f"insert into bench_rows.{table.replace('.', '_')} ({columns}) overriding system value"  # noqa: S608
                    f" select {columns} from {table} where {column} = any($1::uuid[])",
                    chunk,
                )

    return await _rate(insert, chunks)


async def _columns(connection: Any, table: str) -> str:
    names = await connection.fetchval(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
        table,
    )
    return str(names)


async def _rate(task: Callable[[Any], Awaitable[None]], batches: list[Any]) -> float:
    """How many patients a second, `_CLIENTS` batches at a time."""
    waiting = iter(batches)

    async def go() -> None:
        for batch in waiting:
            await task(batch)

    began = time.perf_counter()
    await asyncio.gather(*(go() for _ in range(_CLIENTS)))
    return _BATCH * len(batches) / (time.perf_counter() - began)
