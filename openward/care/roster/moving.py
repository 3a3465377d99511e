"""What a merge of organizations does to their lists: a few statements, however long they are."""

from collections.abc import Mapping
from uuid import UUID

from openward.care.roster import label_store, moving_store
from openward.care.work import OrganizationKey, PersonKey, Work


async def move(
    work: Work,
    source: OrganizationKey,
    target: OrganizationKey,
    people: Mapping[PersonKey, bool],
    tags: Mapping[UUID, UUID],
) -> None:
    """Put one list into another, whose patients are by now `people` (true: active); counts follow.

    tags: tags of the source that another tag takes the place of.
    """
    active = [person for person, is_active in people.items() if is_active]
    moved = await moving_store.move_entries(work, source, target, active)
    gained = await moving_store.move_labels(work, source, target, active, tags)
    await moving_store.empty(work, source)
    await label_store.tally(work, target, gained | {label_store.ALL: moved})
