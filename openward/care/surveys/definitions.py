"""The questions of an organization: its own set, or the built-in one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openward.care.surveys import definition_store
from openward.care.surveys.model import Definition
from openward.care.work import OrganizationKey, Work


async def definitions(work: Work, organization: OrganizationKey) -> tuple[Definition, ...]:
    """The questions that are asked, by number."""
    own = await definition_store.own(work, organization)
    active = tuple(one for one in own if one.is_active)
    return active or tuple(one for one in await definition_store.own(work, None) if one.is_active)


async def known_definitions(work: Work, organization: OrganizationKey) -> Mapping[int, Definition]:
    """All questions that may have been asked, those put aside too, by number; what is asked goes first."""
    built_in, own = await definition_store.own(work, None), await definition_store.own(work, organization)
    active = [one for one in own if one.is_active]
    return {one.number: one for one in (*built_in, *own, *(active or built_in))}


async def put_definitions(work: Work, organization: OrganizationKey, wanted: Sequence[Definition]) -> None:
    """Ask exactly these from now on; none means the built-in set. Others are put aside, and their answers kept."""
    await definition_store.lock(work, organization)
    own = await definition_store.own(work, organization)
    kept = {one.number for one in wanted}
    gone = [replace(one, is_active=False) for one in own if one.is_active and one.number not in kept]
    new = [one for one in wanted if one not in own]
    if gone or new:
        await definition_store.put(work, organization, [*gone, *new])
