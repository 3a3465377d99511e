"""A practice with a room and a patient."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from openward.care import organizations, patients, visits
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.visits import Appointment, Booking, Room, RoomSettings, Window
from openward.care.work import OrganizationKey, PersonKey, Work

WEEKDAYS = range(5)


@dataclass(frozen=True)
class Practice:
    """An organization, its waiting room `GreatRoom`, open 9 to 17 from Monday to Friday, and a patient."""

    work: Work
    organization: OrganizationKey
    room: Room
    person: PersonKey

    async def book(self, **said: Any) -> Appointment:
        """A visit of the patient in the room."""
        return await visits.book(self.work, self.organization, self.person, Booking(**({"room": self.room} | said)))


def settings(**said: Any) -> RoomSettings:
    """A room open 9 to 17 from Monday to Friday."""
    hours = {day: (Window(9 * 60, 17 * 60),) for day in WEEKDAYS}
    return RoomSettings(**({"name": "GreatRoom", "hours": hours} | said))


MakePractice = Callable[..., Awaitable[Practice]]


@pytest.fixture
def a_practice(work: Work) -> MakePractice:
    """Makes practices; the words are settings of the room."""

    async def make(**said: Any) -> Practice:
        organization = (
            await organizations.create(work, Profile(name="Practice", timezone="America/New_York"), admin=None)
        ).key
        room = await visits.put_room(work, organization, settings(**said))
        patient = await patients.create_custodial(work, organization, Details(full_name="Ada Byron", birth_date=None))
        return Practice(work, organization, room, patient.person)

    return make


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    """One practice."""
    return await a_practice()
