"""Reviews and requests come newest first, also when who began first gets to the record last."""

from datetime import date, timedelta

import pytest

from openward.care import accounts, organizations, patients
from openward.care.organizations import Profile
from openward.care.patients import Details, Enrolment
from openward.care.work import Actor, ActorKind, Work

pytestmark = pytest.mark.anyio

LATE = timedelta(seconds=2)


@pytest.fixture
async def enrolment(work: Work) -> Enrolment:
    """A patient of a clinic, with one of its clinicians as the caller."""
    clinic = await organizations.create(work, Profile(name="Willow"), admin=None, tier="tier0300")
    person = await accounts.create(work, email="ana@example.org", full_name="Ana")
    work.actor = Actor(ActorKind.PERSON, person.key)
    return await patients.create_custodial(work, clinic.key, Details(full_name="Joan Doe", birth_date=date(1990, 2, 3)))


async def test_of_reviews(work: Work, enrolment: Enrolment) -> None:
    await patients.add_review(work, enrolment.organization, enrolment.person)
    first, work.now = work.now, work.now - LATE
    reviews = await patients.add_review(work, enrolment.organization, enrolment.person)
    assert [review.at for review in reviews] == [first, first]
    work.now = first + LATE
    reviews = await patients.add_review(work, enrolment.organization, enrolment.person)
    assert [review.at for review in reviews] == [first + LATE, first]


async def test_of_requests_to_connect(work: Work, enrolment: Enrolment) -> None:
    await patients.request_connection(work, enrolment.organization, enrolment.person, "dexcom")
    first, work.now = work.now, work.now - LATE
    found = await patients.request_connection(work, enrolment.organization, enrolment.person, "dexcom")
    assert [request.at for request in found.connection_requests["dexcom"]] == [first, first]
    work.now = first + LATE
    found = await patients.request_connection(work, enrolment.organization, enrolment.person, "dexcom")
    assert [request.at for request in found.connection_requests["dexcom"]] == [first + LATE, first, first]
