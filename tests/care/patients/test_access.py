"""Who may see or write a person's data."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from openward.care import accounts, organizations, patients
from openward.care.errors import NotAllowed
from openward.care.organizations import Profile, Role
from openward.care.patients import Details, Joining, Permission
from openward.care.work import NOBODY, Actor, ActorKind, OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio


async def a_person(work: Work, name: str) -> PersonKey:
    return (await accounts.create(work, email=f"{name}@example.org", full_name=name)).key


async def a_clinic(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Willow"), admin=None, tier="tier0300")).key


async def a_member(work: Work, clinic: OrganizationKey, name: str, role: Role = Role.MEMBER) -> PersonKey:
    person = await a_person(work, name)
    await organizations.add_member(work, clinic, person=person, email=f"{name}@example.org", roles=[role])
    return person


@contextmanager
def acting(work: Work, actor: Actor) -> Iterator[None]:
    before, work.actor = work.actor, actor
    yield
    work.actor = before


def signed_in(person: PersonKey) -> Actor:
    return Actor(ActorKind.PERSON, person)


async def granted(work: Work, actor: Actor, person: PersonKey) -> set[Permission]:
    with acting(work, actor):
        return {permission for permission in Permission if await patients.may(work, person, permission)}


async def test_services_and_the_person_himself_may_everything(work: Work) -> None:
    person = await a_person(work, "ana")
    assert await granted(work, work.actor, person) == set(Permission)
    assert await granted(work, signed_in(person), person) == set(Permission)


async def test_nobody_and_strangers_may_nothing(work: Work) -> None:
    person, stranger = await a_person(work, "ana"), await a_person(work, "sue")
    assert await granted(work, NOBODY, person) == set()
    assert await granted(work, signed_in(stranger), person) == set()
    with acting(work, signed_in(stranger)), pytest.raises(NotAllowed):
        await patients.require(work, person, Permission.VIEW)


async def test_a_link_shows_its_own_person_only(work: Work) -> None:
    person, other = await a_person(work, "ana"), await a_person(work, "sue")
    link = Actor(ActorKind.LINK, person)
    assert await granted(work, link, person) == {Permission.VIEW}
    assert await granted(work, link, other) == set()


async def test_grants_between_people_count(work: Work) -> None:
    person, friend = await a_person(work, "ana"), await a_person(work, "sue")
    await accounts.set_grant(work, person, friend, ["view", "note"])
    assert await granted(work, signed_in(friend), person) == {Permission.VIEW, Permission.NOTE}
    assert await granted(work, signed_in(person), friend) == set()


async def test_members_have_what_the_enrolment_gives_while_it_lasts(work: Work) -> None:
    clinic, other = await a_clinic(work), await a_clinic(work)
    member, prescriber = await a_member(work, clinic, "mel"), await a_member(work, clinic, "pre", Role.PRESCRIBER)
    outsider = await a_member(work, other, "out")
    person = await a_person(work, "ana")
    await patients.enrol(work, clinic, person, Joining(permissions=frozenset({Permission.VIEW, Permission.UPLOAD})))
    assert await granted(work, signed_in(member), person) == {Permission.VIEW, Permission.UPLOAD}
    assert await granted(work, signed_in(prescriber), person) == set()
    assert await granted(work, signed_in(outsider), person) == set()
    assert await granted(work, Actor(ActorKind.CLIENT, organization=clinic), person) == {
        Permission.VIEW,
        Permission.UPLOAD,
    }
    assert await granted(work, Actor(ActorKind.CLIENT, organization=other), person) == set()
    await patients.remove(work, clinic, person)
    assert await granted(work, signed_in(member), person) == set()


async def test_custody_ends_when_the_account_is_claimed(work: Work) -> None:
    clinic = await a_clinic(work)
    member = await a_member(work, clinic, "mel")
    made = await patients.create_custodial(work, clinic, Details("Kid", date(2015, 1, 1), email="kid@example.org"))
    assert Permission.CUSTODIAN in await granted(work, signed_in(member), made.person)
    await patients.claimed(work, accounts.AccountClaimed(made.person))
    assert await granted(work, signed_in(member), made.person) == {
        Permission.VIEW,
        Permission.UPLOAD,
        Permission.NOTE,
    }


async def test_letting_go_of_a_custodial_patient_frees_the_address_and_keeps_the_record(work: Work) -> None:
    clinic = await a_clinic(work)
    made = await patients.create_custodial(work, clinic, Details("Kid", date(2015, 1, 1), email="kid@example.org"))
    await patients.remove(work, clinic, made.person)
    assert await accounts.by_email(work, "kid@example.org") is None
    archived = await work.tx.fetchval(
        "select content ->> 'full_name' from patients.archive where person = $1", made.person
    )
    assert archived == "Kid"
    assert (await accounts.get(work, made.person)).email is None
