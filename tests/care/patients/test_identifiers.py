"""Finding patients by the names that other systems give them."""

import pytest

from openward.care import organizations, patients
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio


async def _organization(work: Work, name: str) -> OrganizationKey:
    return (await organizations.create(work, Profile(name=name), admin=None)).key


async def _patient(work: Work, organization: OrganizationKey, mrn: str | None = None) -> PersonKey:
    return (await patients.create_custodial(work, organization, Details("Ada Roe", None, mrn=mrn))).person


async def _named(work: Work, organization: OrganizationKey, person: PersonKey, system: str, value: str) -> None:
    await work.tx.execute(
        "insert into patients.identifier (organization, person, place, system, value, is_unique)"
        " values ($1, $2, 0, $3, $4, false)",
        *(organization, person, system, value),
    )


async def test_by_identifiers_within_the_organization_and_its_groups(work: Work) -> None:
    here, there = await _organization(work, "Here"), await _organization(work, "There")
    ada, bob, other = await _patient(work, here, "77"), await _patient(work, here), await _patient(work, there, "77")
    for organization, person in ((here, ada), (here, bob), (there, other)):
        await _named(work, organization, person, "lab", "L-1")
    group = await organizations.create_group(work, here, "Lead")
    await patients.put_groups(work, here, {bob: [group.key]})
    number, lab, unknown = ("medical-record-number", "77"), ("lab", "L-1"), ("lab", "77")
    found = await patients.by_identifiers(work, here, None, [number, lab, unknown])
    assert found == {number: (ada,), lab: tuple(sorted((ada, bob))), unknown: ()}
    assert await patients.by_identifiers(work, here, [group.key], [number, lab]) == {number: (), lab: (bob,)}
    assert await patients.by_identifiers(work, here, None, []) == {}
