"""Both sides at once: a call begins once and ends once, whoever comes first, and nobody waits for ever."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import visits
from openward.care.visits import Booking, CallStatus, Role, Room, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from tests.care.visits.test_races import AT, Begin, begin, outcomes, place

pytestmark = pytest.mark.anyio
__all__ = ["begin", "place"]

P, D = Role.PATIENT, Role.PROVIDER
Act = Callable[[Work], Awaitable[Any]]


async def at_once(begin: Begin, acts: list[Act]) -> list[str]:
    """How each of these ended, each in a Work of its own."""

    async def run(act: Act) -> None:
        async with begin() as work:
            await act(work)

    return await outcomes([run(act) for act in acts])


@pytest.fixture
async def visit(begin: Begin, place: tuple[OrganizationKey, Room, PersonKey]) -> tuple[OrganizationKey, UUID]:
    organization, room, person = place
    async with begin() as work:
        return organization, (await visits.book(work, organization, person, Booking(room, AT))).key


async def stands(begin: Begin, at: tuple[OrganizationKey, UUID]) -> tuple[CallStatus | None, Status]:
    async with begin() as work:
        found = await visits.get(work, *at)
        return (found.call.status if found.call else None), found.status


async def test_a_call_is_opened_begun_and_ended_once(begin: Begin, visit: tuple[OrganizationKey, UUID]) -> None:
    opened = await at_once(begin, [lambda work, role=role: visits.open_call(work, *visit, role) for role in (P, D) * 4])  # type: ignore[misc]
    assert opened == ["done"] * 8
    assert await stands(begin, visit) == (CallStatus.WAITING, Status.ARRIVED)
    pages = {role: uuid4() for role in Role}
    for act in (visits.sit, visits.join):
        tried: list[Act] = [lambda work, role=role, act=act: act(work, *visit, role, pages[role]) for role in Role]  # type: ignore[misc]
        assert await at_once(begin, tried) == ["done", "done"]
    assert await stands(begin, visit) == (CallStatus.ON_CALL, Status.EXAM)
    hung_up = await at_once(begin, [lambda work: visits.hang_up(work, *visit, D)] * 4)
    assert hung_up == ["Unprocessable"] * 3 + ["done"]
    ends: list[Act] = [
        lambda work, good=good: visits.finish(work, *visit, D, is_complete=good)  # type: ignore[misc]
        for good in (True, False) * 3
    ]
    assert await at_once(begin, ends) == ["Unprocessable"] * 5 + ["done"]


async def test_leaving_and_starting_at_once_ends_one_way(begin: Begin, visit: tuple[OrganizationKey, UUID]) -> None:
    pages = {role: uuid4() for role in Role}
    async with begin() as work:
        for role in Role:
            await visits.open_call(work, *visit, role)
            await visits.sit(work, *visit, role, pages[role])
        await visits.join(work, *visit, P, pages[P])
    await at_once(
        begin,
        [
            lambda work: visits.join(work, *visit, D, pages[D]),
            lambda work: visits.move(work, *visit, Status.CANCELLED),
        ],
    )
    call, status = await stands(begin, visit)
    assert status is Status.CANCELLED
    assert call is CallStatus.INCOMPLETE
