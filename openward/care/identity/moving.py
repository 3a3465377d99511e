"""Names in a merge of organizations: never lost, they go on to whatever took the place of what they meant."""

from collections.abc import Mapping
from uuid import UUID

from openward.care.identity import moving_store
from openward.care.identity.shapes import System
from openward.care.work import Work


async def hand_over(work: Work, places: Mapping[UUID, UUID], systems: frozenset[System] = frozenset(System)) -> None:
    """Names of the old entities in these systems mean the new ones from now on, which go on showing their own."""
    if places:
        await moving_store.hand_over(work, places, sorted(systems))


async def move_scope(work: Work, source: UUID, target: UUID) -> None:
    """Names that were given within one organization are good within the other; see `clashes`, to be asked before."""
    await moving_store.move_scope(work, source, target)


async def clashes(work: Work, source: UUID, target: UUID) -> int:
    """How many names that mean one entity only mean another in each of the two organizations."""
    return await moving_store.clashes(work, source, target)
