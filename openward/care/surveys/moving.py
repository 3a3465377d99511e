"""Health profiles in a merge of organizations: answers go over with the questions that they answer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from openward.care.surveys import definition_store, moving_store
from openward.care.surveys.definitions import known_definitions
from openward.care.surveys.model import Definition
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Everything of one organization belongs to another, which goes on asking its own questions.

    Where both ask something else under one number, the source's question is kept under a new one, asked no more.
    Whoever has a profile in both goes on with the target's: answers are put together by the time they were given.
    """
    await definition_store.lock(work, target)
    theirs, ours = await known_definitions(work, source), await known_definitions(work, target)
    brought, renumbered = _brought(theirs, ours, await moving_store.answered(work, source))
    await definition_store.put(work, target, brought)
    await moving_store.renumber(work, source, renumbered)
    await moving_store.join_profiles(work, source, target)
    await moving_store.move(work, source, target)


def _brought(
    theirs: Mapping[int, Definition], ours: Mapping[int, Definition], answered: Iterable[int]
) -> tuple[list[Definition], dict[int, int]]:
    """The questions that come along because they have answers, and which of them change their number."""
    brought, renumbered = [], {}
    free = max([0, *theirs, *ours]) + 1
    for number in sorted(answered):
        if number in theirs and not _is_same(theirs[number], ours.get(number)):
            if number in ours:
                renumbered[number] = free
                free += 1
            brought.append(replace(theirs[number], number=renumbered.get(number, number), is_active=False))
    return brought, renumbered


def _is_same(one: Definition, other: Definition | None) -> bool:
    return other is not None and (one.text, one.format, one.choices) == (other.text, other.format, other.choices)
