"""The SQL that moves many names at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care.identity import born_store
from openward.care.identity.shapes import System
from openward.care.work import Work


async def hand_over(work: Work, places: Mapping[UUID, UUID], systems: Sequence[System]) -> None:
    """Re-point names, as retired ones."""
    await born_store.spread(work, list(places))
    await work.tx.execute(
        "update identity.identifier i set entity = place.after, is_retired = true"
        " from unnest($1::uuid[], $2::uuid[]) place (before, after)"
        " where i.entity = place.before and i.system = any($3::text[])",
        list(places),
        list(places.values()),
        [str(system) for system in systems],
    )


async def move_scope(work: Work, source: UUID, target: UUID) -> None:
    """Give names another scope; where the entity has a name of that system there, the moved one counts as retired."""
    await born_store.spread_practice(work, source)
    await work.tx.execute(
        "delete from identity.identifier s using identity.identifier t where s.scope = $1 and t.scope = $2"
        " and t.system = s.system and t.value = s.value and t.entity = s.entity",
        source,
        target,
    )
    await work.tx.execute(
        "update identity.identifier s set scope = $2, is_retired = is_retired or exists ("
        "  select from identity.identifier t where t.entity = s.entity and t.system = s.system and t.scope = $2)"
        " where s.scope = $1",
        source,
        target,
    )


async def clashes(work: Work, source: UUID, target: UUID) -> int:
    """Names of both scopes that are exclusive and mean different entities."""
    return int(
        await work.tx.fetchval(
            "select count(*) from identity.name s join identity.name t"
            " on t.scope = $2 and t.system = s.system and t.value = s.value and t.entity <> s.entity"
            " where s.scope = $1 and (s.is_exclusive or t.is_exclusive)",
            source,
            target,
        )
    )
