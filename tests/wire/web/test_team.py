"""The team of a clinic: seen by all of it, changed by admins, never without one."""

import re
from typing import Any

import pytest

from openward.care import identity, organizations
from openward.care.identity import System
from openward.care.organizations import Restriction, Role

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with an admin and a member, whose user ids are known."""
    made = await house.clinic("Team Clinic")
    async with house.work() as work:
        made.admin_id = await identity.name(work, made.admin.key, System.USER)
        made.member_id = await identity.name(work, made.member.key, System.USER)
    return made


async def roles(house: Any, clinic: Any) -> dict[str, tuple[Role, ...]]:
    async with house.work() as work:
        return {one.email: one.roles for one in await organizations.members(work, clinic.key, limit=50)}


async def test_an_invite_waits_is_sent_again_and_withdrawn(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post("/clinic/team/invite", {"email": "New@Hill.example", "role": "member"}, "/clinic/team")
    assert answer.headers["location"] == "/clinic/team?said=invited"
    page = await visitor.get("/clinic/team?said=invited")
    assert "on its way by mail" in page.text
    assert "new@hill.example" in page.text
    key = re.search(r'name="invite" value="([^"]+)"', page.text)
    assert key
    again = await visitor.post("/clinic/team/resend", {"invite": key[1]}, "/clinic/team")
    assert again.headers["location"].endswith("invite-resent")
    gone = await visitor.post("/clinic/team/cancel", {"invite": key[1]}, "/clinic/team")
    assert gone.headers["location"].endswith("invite-canceled")
    assert "new@hill.example" not in await roles(house, clinic)
    late = await visitor.post("/clinic/team/resend", {"invite": key[1]}, "/clinic/team")
    assert late.headers["location"].endswith("invite-gone")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"email": "nobody", "role": "member"}, 400, "nobody"),
        ({"email": "a@b.example"}, 400, "Choose at least one role."),
        ({"email": "a@b.example", "role": "king"}, 400, "This role does not exist."),
        ({"email": "MEMBER", "role": "admin"}, 409, "Somebody with this address is a member or invited already."),
    ],
)
async def test_refused_invites_come_back(
    house: Any, clinic: Any, fields: dict[str, str], status: int, words: str
) -> None:
    visitor = await house.signed_in(clinic.admin)
    if fields["email"] == "MEMBER":
        fields = {**fields, "email": clinic.member.email}
    answer = await visitor.post("/clinic/team/invite", fields, "/clinic/team")
    assert answer.status_code == status
    assert words in answer.text
    assert f'value="{fields["email"]}"' in answer.text
    assert len(await roles(house, clinic)) == 2


async def test_the_invited_person_accepts_or_declines(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    for answer_path, is_in in (("accept", True), ("decline", False)):
        person = await house.person("Dr New")
        await visitor.post("/clinic/team/invite", {"email": person.email, "role": "member"}, "/clinic/team")
        invited = await house.signed_in(person)
        page = await invited.get("/me")
        assert "Team Clinic" in page.text
        key = re.search(r'name="invite" value="([^"]+)"', page.text)
        assert key
        answer = await invited.post(f"/me/invites/{answer_path}", {"invite": key[1]}, "/me")
        assert answer.status_code == 303
        assert (await invited.get("/clinic/team")).status_code == (200 if is_in else 403)
        assert (person.email in await roles(house, clinic)) == is_in
        late = await invited.post(f"/me/invites/{answer_path}", {"invite": key[1]}, "/me")
        assert late.headers["location"] == "/me?said=invite-gone"


async def test_restrictions_are_told_and_hold(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        await organizations.set_restrictions(work, clinic.key, [Restriction("hill.example", "hill-sso")])
    person = await house.person("Dr Far")
    visitor = await house.signed_in(clinic.admin)
    await visitor.post("/clinic/team/invite", {"email": person.email, "role": "member"}, "/clinic/team")
    invited = await house.signed_in(person)
    page = await invited.get("/me")
    assert "only takes other addresses" in page.text
    key = re.search(r'name="invite" value="([^"]+)"', page.text)
    assert key
    assert (await invited.post("/me/invites/accept", {"invite": key[1]}, "/me")).status_code == 403
    async with house.work() as work:
        await organizations.set_restrictions(work, clinic.key, [Restriction("example.org", "hill-sso")])
    assert "hill-sso" in (await invited.get("/me")).text


async def test_roles_and_name_are_changed(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = f"/clinic/team/{clinic.member_id}"
    page = await visitor.get(path)
    assert 'value="member" checked' in page.text
    answer = await visitor.post(path, {"name": "Dr  Second", "role": "admin"})
    assert answer.headers["location"] == "/clinic/team?said=saved"
    assert (await roles(house, clinic))[clinic.member.email] == (Role.ADMIN,)
    assert "Dr Second" in (await visitor.get("/clinic/team")).text
    refused = await visitor.post(path, {"name": "Kept Name"})
    assert refused.status_code == 400
    assert "Choose at least one role." in refused.text
    assert 'value="Kept Name"' in refused.text


async def test_the_last_admin_stays(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = f"/clinic/team/{clinic.admin_id}"
    words = "A clinic needs an administrator: make somebody else one first."
    answer = await visitor.post(path, {"name": "Me", "role": "member"})
    assert (answer.status_code, words in answer.text) == (422, True)
    answer = await visitor.post(f"{path}/remove", {})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert (await roles(house, clinic))[clinic.admin.email] == (Role.ADMIN,)


async def test_removing_asks_first(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = f"/clinic/team/{clinic.member_id}/remove"
    assert "Remove Dr Member from Team Clinic?" in (await visitor.get(path)).text
    assert clinic.member.email in await roles(house, clinic)
    assert (await visitor.post(path, {})).headers["location"].endswith("member-removed")
    assert clinic.member.email not in await roles(house, clinic)
    assert (await visitor.post(path, {}, "/clinic/team")).headers["location"].endswith("member-removed")


async def test_members_look_and_may_leave(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    page = await member.get("/clinic/team")
    assert clinic.admin.email in page.text
    assert "Invite a clinician" not in page.text
    other = f"/clinic/team/{clinic.admin_id}"
    assert (await member.get(other)).status_code == 403
    assert (await member.get(f"{other}/remove")).status_code == 403
    for path in (other, f"{other}/remove", "/clinic/team/invite", "/clinic/team/resend", "/clinic/team/cancel"):
        sent = {"email": "a@b.example", "role": "admin", "invite": "x"}
        assert (await member.post(path, sent, "/clinic/team")).status_code == 403
    own = f"/clinic/team/{clinic.member_id}/remove"
    assert "Leave Team Clinic?" in (await member.get(own)).text
    assert (await member.post(own, {})).headers["location"] == "/"
    assert (await member.get("/clinic/team")).status_code == 403


async def test_people_of_other_clinics_are_unknown(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    visitor = await house.signed_in(other.admin)
    for path in (f"/clinic/team/{clinic.member_id}", "/clinic/team/0123456789", "/clinic/team/x"):
        assert (await visitor.get(path)).status_code == 404


async def test_a_large_team_has_pages_and_a_search(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        for number in range(105):
            await organizations.add_member(
                work, clinic.key, person=None, email=f"m{number}@x.example", roles=[Role.MEMBER], invite=f"i{number}"
            )
    visitor = await house.signed_in(clinic.member)
    first = await visitor.get("/clinic/team")
    assert first.text.count("@x.example") == 100
    assert 'href="/clinic/team?page=1"' in first.text
    assert "Dr Admin" in (await visitor.get("/clinic/team", page="1")).text
    found = await visitor.get("/clinic/team", q="m77@x.example")
    assert found.text.count("m77@x.example") >= 1
    assert "m78@x.example" not in found.text
    assert (await visitor.get("/clinic/team", page="x")).status_code == 400
