"""SQL of many accounts at once, and of `accounts.access`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care.work import PersonKey, Work
from openward.infra.db import to_json


async def insert(work: Work, people: Sequence[PersonKey], roles: Sequence[str]) -> None:
    """Write new accounts without address and password."""
    await work.tx.execute(
        "insert into accounts.account (person, roles, created_at, created_by, modified_at, modified_by)"
        " select person, $2, $3, $4, $3, $4 from unnest($1::uuid[]) person",
        people,
        list(roles),
        work.now,
        work.actor.person,
    )


async def insert_documents(work: Work, collection: str, bodies: Sequence[tuple[PersonKey, Mapping[str, Any]]]) -> None:
    """Write a document of each of these new accounts."""
    await work.tx.copy_records_to_table(
        "document",
        schema_name="accounts",
        columns=["person", "collection", "body", "modified_at"],
        records=[(person, collection, to_json(body), work.now) for person, body in bodies],
    )


async def note_access(work: Work, person: UUID) -> None:
    """Somebody signed in."""
    await work.tx.execute(
        "insert into accounts.access (person, first_at, last_at) values ($1, $2, $2)"
        " on conflict (person) do update set last_at = excluded.last_at",
        person,
        work.now,
    )


async def accesses(work: Work, people: Sequence[UUID]) -> dict[PersonKey, tuple[datetime, datetime]]:
    """First and last time by person."""
    rows = await work.tx.fetch(
        "select person, first_at, last_at from accounts.access where person = any($1::uuid[])", list(people)
    )
    return {PersonKey(row["person"]): (row["first_at"], row["last_at"]) for row in rows}
