"""Giving names to entities, finding entities by name, and naming many entities at once."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import born_store, store
from openward.care.identity.born_store import Born
from openward.care.identity.shapes import BORN_WITH, Identifier, Kind, System, mint_value, require, skip
from openward.care.work import Work, new_key

_DRAWS = 5


async def mint(work: Work, entity: UUID, kind: Kind) -> dict[System, str]:
    """Give a new entity its name in every served system, in this transaction; returns them by system."""
    return (await mint_many(work, [entity], kind))[entity]


async def mint_many(work: Work, entities: Sequence[UUID], kind: Kind) -> dict[UUID, dict[System, str]]:
    """`mint` for many entities at once, in one statement.

    An id may be taken, because clients name tags that we do not know and might guess the next ones: then the count of
    ids goes on somewhere else.
    """
    for _ in range(_DRAWS):
        try:
            return await _mint(work, entities, kind)
        except Conflict:
            skip()
    return await _mint(work, entities, kind)


async def _mint(work: Work, entities: Sequence[UUID], kind: Kind) -> dict[UUID, dict[System, str]]:
    if kind is Kind.PERSON:
        return await born_store.mint(work, born_store.draw(work, entities))
    systems = BORN_WITH.get(kind, ())
    made = [(system, mint_value(system, entity, work.now), entity) for entity in entities for system in systems]
    born: dict[UUID, dict[System, str]] = {entity: {} for entity in entities}
    for system, value, entity in await store.insert_minted(work, kind, made):
        born[entity][system] = value
    return born


async def mint_people(work: Work, people: Sequence[UUID], practice: UUID) -> list[Born]:
    """`mint` for very many new people at once, whom programs of an organization may ask for by the user id, too.

    Their SPIDs are not read back.
    """
    return await born_store.put_many(work, born_store.draw(work, people), practice)


async def add(work: Work, name: Identifier, entity: UUID, kind: Kind) -> None:
    """Give an entity a name that came from outside; `Invalid` for a bad shape, `Conflict` when it is taken."""
    require(name.system, name.value)
    await store.insert_one(work, name, entity, kind)


async def add_many(work: Work, names: Sequence[tuple[Identifier, UUID]], kind: Kind) -> None:
    """Give many new entities names that came from outside; `Invalid`, `Conflict` as `add`.

    One statement, unless people are born with names of the system.
    """
    for name, _ in names:
        require(name.system, name.value)
    at_once = [one for one in names if one[0].system not in born_store.COLUMNS]
    if at_once:
        await store.insert_many(work, at_once, kind)
    for name, entity in names:
        if name.system in born_store.COLUMNS:
            await store.insert_one(work, name, entity, kind)


async def adopt(work: Work, system: System, values: Sequence[str], kind: Kind) -> dict[str, UUID]:
    """Names from outside that nobody has become those of new entities; who does so at the same time gets the same."""
    given = {require(system, value): new_key(work) for value in values}
    await store.insert_new(work, system, kind, given)
    return await store.by_values(work, system, None, list(given))


async def resolve(work: Work, name: Identifier) -> UUID:
    """Exactly one entity, or `NotFound`; `Invalid` when the shape is wrong or several share the name."""
    require(name.system, name.value)
    found = await store.entities(work, name)
    if not found:
        raise NotFound("not found")
    if len(set(found)) > 1:
        raise Invalid("several share this identifier", code="identifier-ambiguous")
    return found[0]


async def find(work: Work, name: Identifier) -> UUID | None:
    """Like `resolve`, but None for an unknown or misshapen name."""
    try:
        return await resolve(work, name)
    except (NotFound, Invalid):
        return None


async def match(work: Work, name: Identifier) -> list[UUID]:
    """Every candidate, for look-ups that have to show them all."""
    require(name.system, name.value)
    return await store.entities(work, name)


async def resolve_many(work: Work, system: System, values: Sequence[str]) -> dict[str, UUID]:
    """The known ones among many names; unknown ones are simply absent."""
    return await store.by_values(work, system, None, values) if values else {}


async def names(work: Work, keys: Sequence[UUID], system: System, organization: UUID | None = None) -> dict[UUID, str]:
    """What a system calls these entities; one query for a whole list."""
    return await store.values(work, keys, system, organization) if keys else {}


async def name(work: Work, key: UUID, system: System, organization: UUID | None = None) -> str:
    """What a system calls this entity, or `NotFound`."""
    found = await names(work, [key], system, organization)
    if key not in found:
        raise NotFound("not found")
    return found[key]


async def merge(work: Work, source: UUID, target: UUID) -> None:
    """Never lost: an old name keeps answering, with the entity that took the other's place."""
    await store.repoint(work, source, target)


async def remove(work: Work, given: Identifier, entity: UUID) -> None:
    """Take a client-given name off an entity, because it was given another."""
    await store.delete(work, given, entity)
