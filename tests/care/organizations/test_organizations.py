"""Organizations, members and labels: what is kept, what is refused."""

import pytest

from openward.care import accounts, identity, organizations
from openward.care.errors import Conflict, Invalid, NotFound, Unprocessable
from openward.care.identity import System
from openward.care.organizations import Limit, Organization, PatientLimits, PhoneNumber, Profile, Role
from openward.care.organizations.rules import folded_tag, site_name, tag_name
from openward.care.work import PersonKey, Work

pytestmark = pytest.mark.anyio

FULL = Profile(
    name="Willow",
    address="1 Elm St",
    city="Palo Alto",
    postal_code="94301",
    state="CA",
    country="US",
    phone_numbers=(PhoneNumber("+1 555", "main"),),
    clinic_type="provider_practice",
    timezone="America/New_York",
    preferred_units="mg/dL",
)


async def a_person(work: Work, email: str = "ana@example.org", name: str = "Ana Ruiz") -> PersonKey:
    return (await accounts.create(work, email=email, full_name=name)).key


async def an_organization(work: Work, profile: Profile = FULL) -> tuple[Organization, PersonKey]:
    admin = await a_person(work)
    return await organizations.create(work, profile, admin=admin), admin


async def test_creation_makes_the_caller_admin_and_gives_all_names(work: Work) -> None:
    made, admin = await an_organization(work)
    member = await organizations.member(work, made.key, admin)
    assert (member.roles, member.email, member.name) == ((Role.ADMIN,), "ana@example.org", "Ana Ruiz")
    code = await identity.name(work, made.key, System.SHARE_CODE)
    assert (await organizations.by_share_code(work, code)).key == made.key
    assert identity.is_valid(System.CLINIC, await identity.name(work, made.key, System.CLINIC))
    assert made.limits == PatientLimits(hard=Limit(250))
    assert await organizations.get(work, made.key) == made


async def test_an_update_keeps_what_is_absent_but_phone_numbers_and_time_zone(work: Work) -> None:
    made, _ = await an_organization(work)
    after = await organizations.update(work, made.key, Profile(name="Oak", preferred_units="mmol/L"))
    assert after.profile.name == "Oak"
    assert after.profile.address == "1 Elm St"
    assert (after.profile.phone_numbers, after.profile.timezone) == (None, None)


@pytest.mark.parametrize(
    ("tier", "country", "is_limited"),
    [("tier0100", "US", True), ("tier0100", None, True), ("tier0100", "USA", False), ("tier0300", "US", False)],
)
async def test_only_the_lowest_tier_in_the_us_is_limited(
    work: Work, tier: str, country: str | None, is_limited: bool
) -> None:
    made, _ = await an_organization(work, Profile(name="Willow", country=country, preferred_units="mg/dL"))
    await organizations.set_tier(work, made.key, tier)
    in_force = organizations.limits_in_force(await organizations.get(work, made.key))
    assert (in_force.hard is not None) is is_limited


async def test_a_profile_is_complete_only_with_units_of_its_own(work: Work) -> None:
    made, _ = await an_organization(work)
    assert organizations.is_complete(made)
    empty, _ = (await organizations.create(work, Profile(), admin=None, is_migrated=False), None)
    assert not organizations.is_complete(empty)


async def test_the_last_admin_stays(work: Work) -> None:
    made, admin = await an_organization(work)
    with pytest.raises(Unprocessable):
        await organizations.update_member(work, made.key, admin, roles=[Role.MEMBER], name=None)
    with pytest.raises(Unprocessable):
        await organizations.remove_member(work, made.key, admin)
    other = await a_person(work, "bo@example.org", "Bo")
    await organizations.add_member(work, made.key, person=other, email="bo@example.org", roles=[Role.ADMIN])
    await organizations.remove_member(work, made.key, admin)
    with pytest.raises(NotFound):
        await organizations.member(work, made.key, admin)
    kept = await work.tx.fetchval(
        "select count(*) from organizations.archive where kind = 'member' and organization = $1", made.key
    )
    assert kept == 1


async def test_a_pending_admin_does_not_count(work: Work) -> None:
    made, admin = await an_organization(work)
    await organizations.add_member(
        work, made.key, person=None, invite="x" * 32, email="new@example.org", roles=[Role.ADMIN]
    )
    with pytest.raises(Unprocessable):
        await organizations.remove_member(work, made.key, admin)


async def test_person_invite_and_address_are_one_members_only(work: Work) -> None:
    made, admin = await an_organization(work)
    with pytest.raises(Conflict):
        await organizations.add_member(work, made.key, person=admin, email="else@example.org", roles=[Role.MEMBER])
    with pytest.raises(Conflict):
        await organizations.add_member(
            work, made.key, person=None, invite="i", email="ANA@example.org", roles=[Role.MEMBER]
        )


async def test_members_are_searched_by_words_best_match_first(work: Work) -> None:
    made, _ = await an_organization(work)
    for name in ("Ben Stone", "Ana Stone", "Carl Reed"):
        email = name.lower().replace(" ", ".") + "@example.org"
        person = await a_person(work, email, name)
        await organizations.add_member(work, made.key, person=person, email=email, name=name, roles=[Role.MEMBER])
    found = await organizations.members(work, made.key, search="ana stone")
    assert found[0].name == "Ana Stone"
    assert {one.name for one in found} == {"Ana Stone", "Ana Ruiz", "Ben Stone"}
    assert [one.name for one in await organizations.members(work, made.key, role=Role.ADMIN)] == ["Ana Ruiz"]


async def test_changed_roles_are_kept_in_the_history(work: Work) -> None:
    made, _ = await an_organization(work)
    other = await a_person(work, "bo@example.org", "Bo")
    await organizations.add_member(work, made.key, person=other, email="bo@example.org", roles=[Role.MEMBER])
    await organizations.update_member(work, made.key, other, roles=[Role.MEMBER, Role.PRESCRIBER], name="Bo B")
    await organizations.update_member(work, made.key, other, roles=[Role.PRESCRIBER, Role.MEMBER], name="Bo")
    history = await work.tx.fetchval(
        "select jsonb_array_length(role_history) from organizations.member where person = $1", other
    )
    assert history == 1


async def test_members_wait_until_the_organization_is_migrated(work: Work) -> None:
    made = await organizations.create(work, Profile(), admin=await a_person(work), is_migrated=False)
    with pytest.raises(Unprocessable):
        await organizations.add_member(work, made.key, person=None, invite="i", email="a@b.org", roles=[Role.MEMBER])


@pytest.mark.parametrize("name", ["", "x" * 21, " pump", "a/b", "a\x00"])
def test_bad_tag_names(name: str) -> None:
    with pytest.raises(Invalid):
        tag_name(name)


@pytest.mark.parametrize("name", ["Pump", "Type 1", ">250", "Ünïcode", "a\tb", "+x_"])
def test_good_tag_names(name: str) -> None:
    assert tag_name(name + " ") == name


@pytest.mark.parametrize("name", ["", " x", "a\tb", "x" * 201])
def test_bad_site_names(name: str) -> None:
    with pytest.raises(Invalid):
        site_name(name)


def test_tags_are_the_same_without_blanks_and_case() -> None:
    assert folded_tag("Type 1") == folded_tag("type1 ")


async def test_labels_are_unique_renamed_and_limited(work: Work) -> None:
    made, _ = await an_organization(work)
    tag = await organizations.create_tag(work, made.key, "Type 1")
    with pytest.raises(Conflict):
        await organizations.create_tag(work, made.key, "TYPE1")
    assert (await organizations.rename_tag(work, made.key, tag.key, "type1")).name == "type1"
    site = await organizations.create_site(work, made.key, "North")
    with pytest.raises(Conflict):
        await organizations.create_site(work, made.key, "north")
    assert (await organizations.rename_site(work, made.key, site.key, "North")).name == "North"
    for number in range(49):
        await organizations.create_tag(work, made.key, f"t{number}")
    with pytest.raises(Unprocessable):
        await organizations.create_tag(work, made.key, "Type 1")
    with pytest.raises(NotFound):
        await organizations.rename_tag(work, made.key, site.key, "x")
    with pytest.raises(NotFound):
        await organizations.delete_site(work, made.key, tag.key)


async def test_a_tag_id_that_nobody_has_used_can_be_given_back(work: Work) -> None:
    key, again = await organizations.tag_keys(work, ["ab" * 12, "ab" * 12, "cd" * 12])
    assert await identity.name(work, key, System.TAG) == "ab" * 12
    assert (await organizations.tag_keys(work, ["cd" * 12])) == [again]


async def test_deletion_archives_members_and_the_organization(work: Work) -> None:
    made, _ = await an_organization(work)
    await organizations.create_tag(work, made.key, "Pump")
    await organizations.delete(work, made.key)
    with pytest.raises(NotFound):
        await organizations.get(work, made.key)
    kinds = await work.tx.fetch("select kind from organizations.archive where organization = $1", made.key)
    assert sorted(row["kind"] for row in kinds) == ["member", "organization"]
