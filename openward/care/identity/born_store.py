"""The SQL of `identity.person`: the names that a person is born with, in one narrow row.

They go to `identity.identifier`, a row each, as soon as something is to happen to them that this row cannot say.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.identity.shapes import Identifier, System, hex24
from openward.care.work import Work
from openward.infra.db import uuid_of

NOWHERE: Final = UUID(int=0)
"""Stands for "unique over all organizations" in the key of a name."""

COLUMNS: Final = {
    System.USER: "user_id",
    System.SOLO: "user_id",
    System.PRACTICE_PATIENT: "user_id",
    System.SPID: "spid",
    System.TWINE: "twine",
}
"""In which systems people are born with names, and where these stand."""

_TYPES: Final = {"user_id": "uuid", "spid": "bigint", "twine": "text"}
_SHAPES: Final = {
    "user_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"),
    "spid": re.compile(r"[1-9][0-9]{0,17}\Z"),
    "twine": re.compile(r"[a-f0-9]{24}\Z"),
}


@dataclass(frozen=True, slots=True)
class Born:
    """A new person with the names that we make up ourselves; the SPID comes from a sequence."""

    person: UUID
    user_id: UUID
    twine: str


def draw(work: Work, people: Sequence[UUID]) -> list[Born]:
    """Names for new people. The user id is a random UUID (version 4), and that of virtual care, too."""
    random = secrets.token_bytes(16 * len(people))
    return [
        Born(person, _version4(random[16 * place : 16 * place + 16]), hex24(work.now))
        for place, person in enumerate(people)
    ]


def _version4(sixteen: bytes) -> UUID:
    return uuid_of(sixteen[:6] + bytes((sixteen[6] & 0x0F | 0x40, sixteen[7], sixteen[8] & 0x3F | 0x80)) + sixteen[9:])


async def mint(work: Work, born: Sequence[Born]) -> dict[UUID, dict[System, str]]:
    """Keep the names of new people; all of them by system. `Conflict` when one is taken."""
    rows = await work.tx.fetch(
        "insert into identity.person (entity, user_id, twine, created_at)"
        " select g.*, $1 from unnest($2::uuid[], $3::uuid[], $4::text[]) g (entity, user_id, twine)"
        " where not exists (select from identity.identifier i where i.system = $5 and i.scope = $6"
        "  and i.value = g.twine and i.is_exclusive) on conflict do nothing returning entity, spid",
        work.now,
        [one.person for one in born],
        [one.user_id for one in born],
        [one.twine for one in born],
        System.TWINE,
        NOWHERE,
    )
    if len(rows) < len(born):
        await work.tx.execute(
            "delete from identity.person where entity = any($1::uuid[])", [row["entity"] for row in rows]
        )
        raise Conflict("this identifier is taken", code="identifier-taken")
    spids = {row["entity"]: row["spid"] for row in rows}
    return {
        one.person: {
            System.USER: str(one.user_id),
            System.SPID: str(spids[one.person]),
            System.SOLO: str(one.user_id),
            System.TWINE: one.twine,
        }
        for one in born
    }


async def put_many(work: Work, born: Sequence[Born], practice: UUID) -> list[Born]:
    """Keep the names of very many new people of an organization; `Conflict` ends the caller's transaction."""
    try:
        await work.tx.copy_records_to_table(
            "person",
            schema_name="identity",
            columns=["entity", "user_id", "twine", "practice", "created_at"],
            records=[(one.person, one.user_id, one.twine, practice, work.now) for one in born],
        )
    except asyncpg.UniqueViolationError:
        raise Conflict("this identifier is taken", code="identifier-taken") from None
    return list(born)


def _value(column: str, text: str) -> object:
    """A name as the column has it; None for one of another shape."""
    if not _SHAPES[column].match(text):
        return None
    return {"user_id": UUID, "spid": int, "twine": str}[column](text)


def _is_scoped(system: System) -> bool:
    return system is System.PRACTICE_PATIENT


def condition(name: Identifier, place: int) -> tuple[str, list[object]]:
    """Who is born with this name: a condition on `identity.person` and its arguments from `place` on; "" for nobody."""
    column = COLUMNS.get(name.system)
    if column is None or (name.organization is not None) is not _is_scoped(name.system):
        return "", []
    value = _value(column, name.value)
    if value is None:
        return "", []
    practice = f" and practice = ${place + 1}" if name.organization else ""
    return f"{column} = ${place}::{_TYPES[column]}{practice}", [value, *([name.organization] if practice else [])]


def any_of(system: System, organization: UUID | None, values: Sequence[str], place: int) -> tuple[str, list[object]]:
    """`select value, entity` of those who are born with one of these names, and its argument; "" for nobody."""
    column = COLUMNS.get(system)
    if column is None or organization is not None or _is_scoped(system):
        return "", []
    fitting = [value for text in values if (value := _value(column, text)) is not None]
    return (
        f"select {column}::text, entity from identity.person where {column} = any(${place}::{_TYPES[column]}[])",  # noqa: S608
        [fitting],
    )


def shown(system: System, organization: UUID | None) -> str:
    """`select entity, value, is_retired, created_at` of those of `$1` who are born with a name; `$3` is its scope."""
    column = COLUMNS.get(system)
    if column is None or (organization is not None) is not _is_scoped(system):
        return ""
    practice = " and practice = $3" if organization else ""
    return (
        f"select entity, {column}::text, false, created_at from identity.person"  # noqa: S608 -- our own words
        f" where entity = any($1::uuid[]){practice}"
    )


_SPREAD: Final = (
    "with gone as ({gone} returning entity)"
    " insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select n.system, n.scope, n.value, n.entity, n.kind, n.is_exclusive, n.created_at"
    " from identity.name n join gone on gone.entity = n.entity where {which} on conflict do nothing"
)


async def spread(work: Work, people: Sequence[UUID]) -> None:
    """Give the names of these people rows of their own."""
    await work.tx.execute(
        _SPREAD.format(gone="delete from identity.person where entity = any($1::uuid[])", which="true"),
        list(people),
    )


async def spread_practice(work: Work, practice: UUID) -> None:
    """Give the names by which programs of an organization ask for its patients rows of their own."""
    await work.tx.execute(
        _SPREAD.format(
            gone="update identity.person set practice = null where practice = $1",
            which="n.system = 'solo-practice-patient' and n.scope = $1",
        ),
        practice,
    )


async def leave_practice(work: Work, name: Identifier, person: UUID) -> None:
    """Take the name by which programs of an organization ask for somebody off him."""
    born, arguments = condition(name, 2)
    if born:
        await work.tx.execute(
            f"update identity.person set practice = null where entity = $1 and {born}",  # noqa: S608 -- our own words
            person,
            *arguments,
        )
