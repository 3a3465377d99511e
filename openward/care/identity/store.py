"""The SQL of the room: `identity.identifier`, `identity.person` and the sequences behind numeric names."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care.errors import Conflict
from openward.care.identity import born_store
from openward.care.identity.born_store import NOWHERE
from openward.care.identity.shapes import SHARED, Identifier, Kind, System
from openward.care.work import Work

_INSERT = (
    "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select $1, $2, $3, $4, $5, $6, $7"
)


async def insert_one(work: Work, name: Identifier, entity: UUID, kind: Kind) -> None:
    """Write one name; `Conflict` when it belongs to another entity, or is this one's, already."""
    born, arguments = born_store.condition(name, 8)
    done = await work.tx.execute(
        f"{_INSERT}{f' where not exists (select from identity.person where {born})' if born else ''}"
        " on conflict do nothing",
        name.system,
        name.organization or NOWHERE,
        name.value,
        entity,
        kind,
        name.system not in SHARED,
        work.now,
        *arguments,
    )
    if done.endswith(" 0"):
        raise Conflict("this identifier is taken", code="identifier-taken")


async def insert_many(work: Work, names: Sequence[tuple[Identifier, UUID]], kind: Kind) -> None:
    """Write names of new entities; `Conflict` when one is taken, and then the caller goes back behind it."""
    done = await work.tx.execute(
        "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
        " select g.system, g.scope, g.value, g.entity, $1, not g.system = any($2::text[]), $3"
        " from unnest($4::text[], $5::uuid[], $6::text[], $7::uuid[]) g (system, scope, value, entity)"
        " on conflict do nothing",
        kind,
        [str(system) for system in SHARED],
        work.now,
        [name.system for name, _ in names],
        [name.organization or NOWHERE for name, _ in names],
        [name.value for name, _ in names],
        [entity for _, entity in names],
    )
    if int(done.rsplit(" ", 1)[1]) < len(names):
        raise Conflict("this identifier is taken", code="identifier-taken")


async def insert_minted(
    work: Work, kind: Kind, rows: Sequence[tuple[System, str | None, UUID]]
) -> list[tuple[System, str, UUID]]:
    """Write names that we have just made up, all or none, in one statement; the names as they were written.

    A value of None is the next number of its system. `Conflict` when a name is taken already.
    """
    kept = await work.tx.fetch(
        "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
        " select system, $1, coalesce(value, case system when $7 then nextval('identity.spid')::text"
        "  when $8 then nextval('identity.said')::text end), entity, $6, true, $2"
        " from unnest($3::text[], $4::text[], $5::uuid[]) made (system, value, entity)"
        " on conflict do nothing returning system, value, entity",
        NOWHERE,
        work.now,
        [system for system, _, _ in rows],
        [value for _, value, _ in rows],
        [entity for _, _, entity in rows],
        kind,
        System.SPID,
        System.SAID,
    )
    if len(kept) < len(rows):
        await work.tx.execute(
            "delete from identity.identifier i using unnest($2::text[], $3::text[]) made (system, value)"
            " where i.scope = $1 and i.system = made.system and i.value = made.value and i.is_exclusive",
            NOWHERE,
            [row["system"] for row in kept],
            [row["value"] for row in kept],
        )
        raise Conflict("this identifier is taken", code="identifier-taken")
    return [(System(row["system"]), row["value"], row["entity"]) for row in kept]


async def insert_new(work: Work, system: System, kind: Kind, given: Mapping[str, UUID]) -> None:
    """Write those names that nobody has; always in the same order, so that two writers do not wait for each other."""
    values = sorted(given)
    await work.tx.execute(
        "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
        " select $1, $2, value, entity, $3, true, $4 from unnest($5::text[], $6::uuid[]) given (value, entity)"
        " on conflict do nothing",
        system,
        NOWHERE,
        kind,
        work.now,
        values,
        [given[value] for value in values],
    )


async def entities(work: Work, name: Identifier) -> list[UUID]:
    """Whom this name means: none, one, or several for shared names."""
    born, arguments = born_store.condition(name, 4)
    rows = await work.tx.fetch(
        "select entity, created_at from identity.identifier where system = $1 and scope = $2 and value = $3"  # noqa: S608
        f" and {_side(name.system)}"
        + (f" union all select entity, created_at from identity.person where {born}" if born else "")  # noqa: S608
        + " order by created_at, entity",
        name.system,
        name.organization or NOWHERE,
        name.value,
        *arguments,
    )
    return [row["entity"] for row in rows]


async def by_values(work: Work, system: System, organization: UUID | None, values: Sequence[str]) -> dict[str, UUID]:
    """Many names of one system at once."""
    born, arguments = born_store.any_of(system, organization, values, 4)
    rows = await work.tx.fetch(
        "select value, entity from identity.identifier where system = $1 and scope = $2"  # noqa: S608 -- constants
        f" and value = any($3::text[]) and {_side(system)}{f' union all {born}' if born else ''}",
        system,
        organization or NOWHERE,
        list(values),
        *arguments,
    )
    return {row["value"]: row["entity"] for row in rows}


async def values(work: Work, keys: Sequence[UUID], system: System, organization: UUID | None) -> dict[UUID, str]:
    """The first name of each entity in this system, so that an entity with old names too shows its own."""
    born = born_store.shown(system, organization)
    rows = await work.tx.fetch(
        "select distinct on (entity) entity, value from ("  # noqa: S608 -- constants
        "select entity, value, is_retired, created_at from identity.identifier"
        f" where entity = any($1::uuid[]) and system = $2 and scope = $3{f' union all {born}' if born else ''}"
        ") known order by entity, is_retired, created_at, value",
        list(keys),
        system,
        organization or NOWHERE,
    )
    return {row["entity"]: row["value"] for row in rows}


async def repoint(work: Work, source: UUID, target: UUID) -> None:
    """All names of `source` mean `target` from now on, as retired ones: the target keeps showing its own."""
    await born_store.spread(work, [source])
    await work.tx.execute(
        "delete from identity.identifier s using identity.identifier t where s.entity = $1 and t.entity = $2"
        " and (t.system, t.scope, t.value) = (s.system, s.scope, s.value)",
        source,
        target,
    )
    await work.tx.execute(
        "update identity.identifier set entity = $2, is_retired = true where entity = $1", source, target
    )


async def delete(work: Work, name: Identifier, entity: UUID) -> None:
    """Take one name off an entity (a client gave it another)."""
    await work.tx.execute(
        "delete from identity.identifier where system = $1 and scope = $2 and value = $3 and entity = $4",
        name.system,
        name.organization or NOWHERE,
        name.value,
        entity,
    )
    if name.system is System.PRACTICE_PATIENT:
        await born_store.leave_practice(work, name, entity)


def _side(system: System) -> str:
    """Which of the two unique indexes has the names of a system."""
    return "not is_exclusive" if system in SHARED else "is_exclusive"
