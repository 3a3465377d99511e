"""Virtual care set up by its pages: rooms, forms, people, programs, places; who may, what is refused, whose it is."""

import re
from uuid import uuid4

import pytest

from openward.care import accounts, assistance, documentation, episodes, identity, visits
from openward.care.documentation import QuestionType
from openward.care.errors import NotAuthenticated
from openward.care.identity import System
from openward.care.visits import RoomSettings, Window
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

PATH = "/clinic/practice"
PARTS = ("", "/rooms", "/forms", "/staff", "/keys", "/places")
ROOM = {
    "name": " Morning  room ",
    "service_line": "Diabetes",
    "slot": "22.5",
    "capacity": "2",
    "enforces": "on",
    "timezone": "Europe/Paris",
    "mon": "13-17, 9:30–12.00",
    "sun": "20:00 to 24:00",
    "closed": "2027-12-25\n2027-12-24",
    "template": "Intake",
}
FORM = [("name", "Intake"), ("section", "Today"), ("id", ""), ("question", "Story"), ("type", "text"), ("tag", "story"),
        ("id", ""), ("question", "Pain"), ("type", "single"), ("choices", "none\n some \n\n")]  # fmt: skip


async def the_rooms(clinic: Clinic) -> list[visits.Room]:
    async with clinic.house.work() as work:
        return await visits.rooms(work, clinic.key)


async def the_forms(clinic: Clinic) -> list[documentation.Template]:
    async with clinic.house.work() as work:
        return await documentation.templates(work, clinic.key)


async def a_form(clinic: Clinic, name: str = "Intake") -> documentation.Template:
    async with clinic.house.work() as work:
        question = documentation.Question(uuid4(), "Story", QuestionType.TEXT)
        return await documentation.create_template(work, clinic.key, name, [documentation.Section("S", (question,))])


async def test_members_look_and_strangers_do_not(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    form = await a_form(clinic)
    async with house.work() as work:
        room = await visits.create_room(work, clinic.key, RoomSettings("Blue room"))
        room_id = await identity.name(work, room.key, System.SOLO)
        made = await accounts.create_api_key(work, clinic.key, "Scheduler", is_read_only=False)
    member, stranger = await house.signed_in(clinic.member), await house.signed_in(other.admin)
    for part in (*PARTS, f"/rooms/{room_id}", f"/forms/{form.key}"):
        answer = await member.get(PATH + part)
        assert answer.status_code == 200, part
        assert (made.secret or "?") not in answer.text
    assert "Scheduler" in (await member.get(f"{PATH}/keys")).text
    assert "Webhooks" not in (await member.get(PATH)).text
    token = re.search(r'name="form_token" value="([^"]*)"', (await member.get(PATH)).text)
    assert token
    for part in ("/types", "/teams", "/rooms/new", f"/rooms/{room_id}", "/forms/new", f"/forms/{form.key}", "/keys",
                 "/keys/change", "/keys/revoke", "/keys/linking", "/keys/distance", "/places/location",
                 "/places/device", "/staff/0123456789"):  # fmt: skip
        assert (await member.post(PATH + part, {"name": "x"}, token=token[1])).status_code == 403, part
        assert (await stranger.post(PATH + part, {"name": "x"}, token="wrong")).status_code in (400, 404), part
    for part in (f"/rooms/{room_id}", f"/forms/{form.key}", "/forms/nothing", "/rooms/nothing"):
        assert (await stranger.get(PATH + part)).status_code == 404
        assert (await stranger.post(PATH + part, {**ROOM, "do": "save"}, form_at=PATH)).status_code == 404
    assert (await house.visitor().get(PATH)).headers["location"].startswith("/signin")


async def test_a_room_is_made_and_changed(house: House) -> None:
    clinic = await house.clinic()
    await a_form(clinic)
    admin = await house.signed_in(clinic.admin)
    answer = await admin.post(f"{PATH}/rooms/new", ROOM)
    assert answer.headers["location"] == f"{PATH}/rooms?said=room-made"
    (room,) = await the_rooms(clinic)
    said = room.settings
    assert (said.name, said.service_line, said.slot_duration_s) == ("Morning room", "Diabetes", 1350)
    assert (said.capacity, said.enforces_capacity, said.timezone) == (2, True, "Europe/Paris")
    assert said.hours == {0: (Window(570, 720), Window(780, 1020)), 6: (Window(1200, 1440),)}
    assert [day.isoformat() for day in said.closed] == ["2027-12-24", "2027-12-25"]
    assert said.templates == ("Intake",)
    listed = (await admin.get(f"{PATH}/rooms")).text
    found = re.search(rf'href="({PATH}/rooms/[0-9a-f-]{{36}})"', listed)
    assert found
    assert "09:30–12:00, 13:00–17:00" in listed
    form = await admin.get(found[1])
    assert 'value="22.5"' in form.text
    assert "2027-12-24" in form.text
    again = await admin.post(f"{PATH}/rooms/new", ROOM)
    assert (again.status_code, "of this name already" in again.text) == (409, True)
    same = {**ROOM, "name": "Evening room", "mon": "", "enforces": ""}
    assert (await admin.post(found[1], same)).headers["location"] == f"{PATH}/rooms?said=saved"
    (room,) = await the_rooms(clinic)
    assert (room.name, sorted(room.settings.hours), room.settings.enforces_capacity) == ("Evening room", [6], False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("slot", "0"),
        ("slot", "1441"),
        ("capacity", "0"),
        ("mon", "9-8"),
        ("mon", "9-12, 11-13"),
        ("mon", "nine"),
        ("mon", "9:75-10"),
        ("closed", "2027-02-30"),
        ("timezone", "Mars/Base"),
        ("template", "No such form"),
    ],
)
async def test_a_bad_room_comes_back_as_it_was_typed(house: House, field: str, value: str) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    answer = await admin.post(f"{PATH}/rooms/new", {**ROOM, "template": "", field: value})
    assert answer.status_code == 400
    assert 'value="Diabetes"' in answer.text
    assert 'role="alert"' in answer.text
    assert await the_rooms(clinic) == []


async def test_a_form_is_written_by_buttons(house: House) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    page = await admin.get(f"{PATH}/forms/new")
    token = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert token

    async def send(path: str, items: list[tuple[str, str]], do: str = "save") -> tuple[int, str]:
        sent = [("form_token", token[1]), *((name, value) for name, value in items if name != "do"), ("do", do)]
        body = "&".join(f"{name}={value}" for name, value in ((a, b.replace("\n", "%0D%0A")) for a, b in sent))
        answer = await admin.client.post(
            path,
            content=body,
            headers={**admin._head(), "content-type": "application/x-www-form-urlencoded"},
            follow_redirects=False,
        )
        return answer.status_code, answer.headers.get("location", answer.text)

    status, text = await send(f"{PATH}/forms/new", FORM, "ask-0")
    assert (status, text.count('name="question"'), 'value="Story"' in text) == (200, 3, True)
    assert (await send(f"{PATH}/forms/new", FORM, "section"))[1].count('name="section"') == 2
    moved = (await send(f"{PATH}/forms/new", FORM, "down-0-0"))[1]
    assert moved.index('value="Pain"') < moved.index('value="Story"')
    assert "Story" not in (await send(f"{PATH}/forms/new", FORM, "drop-0-0"))[1]
    assert (await send(f"{PATH}/forms/new", FORM, "drop-9-9"))[0] == 200
    assert await the_forms(clinic) == []
    assert await send(f"{PATH}/forms/new", FORM) == (303, f"{PATH}/forms?said=form-made")
    (made,) = await the_forms(clinic)
    (story, pain) = made.sections[0].questions
    assert (story.name, story.type, story.tag, pain.choices) == ("Story", "text", "story", ("none", "some"))
    assert (await send(f"{PATH}/forms/new", FORM))[0] == 409
    # Another name and another order: questions keep their ids, rooms follow the name.
    async with house.work() as work:
        await visits.create_room(work, clinic.key, RoomSettings("Room", templates=("Intake",)))
    items = [("name", "First visit"), ("section", "Today"), ("id", str(pain.id)), ("question", "Pain"),
             ("type", "multiple"), ("choices", "none"), ("id", str(story.id)), ("question", "Story"),
             ("type", "text"), ("id", ""), ("question", ""), ("section", "")]  # fmt: skip
    assert (await send(f"{PATH}/forms/{made.key}", items))[0] == 303
    (changed,) = await the_forms(clinic)
    assert (changed.key, changed.name, changed.edition) == (made.key, "First visit", 2)
    assert [one.id for one in changed.sections[0].questions] == [pain.id, story.id]
    assert (await the_rooms(clinic))[0].settings.templates == ("First visit",)
    for wrong in ([("name", ""), *items[1:]], items[:2], [*items[:5], ("choices", ""), *items[6:]],
                  [("name", "x"), ("section", ""), *items[2:]],
                  [("name", "x"), ("section", "S"), ("id", ""), ("question", "Q"), ("choices", "free text has none")],
                  [("name", "x"), ("section", "S"), *([("id", ""), ("question", "Q")] * 2)],
                  [("name", "x"), ("section", "S"), *([("id", ""), ("question", "Q")] * 201)]):  # fmt: skip
        status, text = await send(f"{PATH}/forms/{made.key}", wrong)
        assert (status, 'role="alert"' in text) == (400, True), wrong[:8]
    assert (await the_forms(clinic))[0] == changed


async def test_keys_are_shown_once_and_revoked(house: House) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    page = await admin.post(f"{PATH}/keys", {"name": "Scheduler", "read_only": "on"})
    found = re.search(r'class="code secret">([^<]+)<', page.text)
    assert found
    assert page.headers["cache-control"] == "no-store"
    assert found[1] not in (await admin.get(f"{PATH}/keys")).text
    async with house.work() as work:
        actor, key = await accounts.by_api_key(work, found[1])
    assert (actor.organization, key.is_read_only) == (clinic.key, True)
    assert (await admin.post(f"{PATH}/keys", {"name": "Scheduler"})).status_code == 409
    assert (await admin.post(f"{PATH}/keys", {"name": " "})).status_code == 400
    await admin.post(f"{PATH}/keys/change", {"name": "Scheduler", "to": "write"}, form_at=f"{PATH}/keys")
    async with house.work() as work:
        assert not (await accounts.by_api_key(work, found[1]))[1].is_read_only
    asked = await admin.get(f"{PATH}/keys/revoke", name="Scheduler")
    assert "Revoke the key “Scheduler”?" in asked.text
    assert (await admin.get(f"{PATH}/keys/revoke", name="No")).status_code == 404
    for _ in range(2):
        answer = await admin.post(f"{PATH}/keys/revoke", {"name": "Scheduler"}, form_at=f"{PATH}/keys")
        assert answer.headers["location"] == f"{PATH}/keys?said=key-revoked"
    async with house.work() as work:
        with pytest.raises(NotAuthenticated):
            await accounts.by_api_key(work, found[1])


async def test_the_linking_secret_is_made_replaced_and_bounded(house: House) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    at = f"{PATH}/keys"

    async def opens(secret: str) -> object:
        async with house.work() as work:
            found = await accounts.open_with_secrets(work, lambda one: one if one == secret else None)
            return None if found is None else (found.organization, found.most_apart and found.most_apart.seconds)

    page = await admin.post(f"{at}/linking", {"secret": ""}, form_at=at)
    found = re.search(r'class="code secret">([^<]+)<', page.text)
    assert found
    assert await opens(found[1]) == (clinic.key, None)
    assert (await admin.post(f"{at}/distance", {"minutes": "15"}, form_at=at)).status_code == 303
    given = f"a-secret-of-{clinic.public}"
    assert (await admin.post(f"{at}/linking", {"secret": given}, form_at=at)).status_code == 303
    assert (await opens(found[1]), await opens(given)) == (None, (clinic.key, 900))
    assert given not in (await admin.get(at)).text
    for path, wrong in (
        ("linking", {"secret": "short"}),
        ("distance", {"minutes": "x"}),
        ("distance", {"minutes": "0"}),
    ):
        assert (await admin.post(f"{at}/{path}", wrong, form_at=at)).status_code == 400
    other = await house.clinic("Other")
    stranger = await house.signed_in(other.admin)
    assert (await stranger.post(f"{at}/linking", {"secret": given}, form_at=at)).status_code == 409
    await admin.post(f"{at}/distance", {"minutes": ""}, form_at=at)
    assert await opens(given) == (clinic.key, None)


async def test_staff_types_and_teams(house: House) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    async with house.work() as work:
        ids = {who: await identity.name(work, who.key, System.USER) for who in (clinic.admin, clinic.member)}
    said = {"first_name": "Bob", "last_name": "Marsh", "username": "dr.bob", "provider": "on"}
    at = f"{PATH}/staff"
    assert (await admin.post(f"{at}/{ids[clinic.member]}", said, form_at=at)).status_code == 303
    taken = await admin.post(f"{at}/{ids[clinic.admin]}", {**said, "username": "DR.BOB"}, form_at=at)
    assert (taken.status_code, "is a colleague" in taken.text) == (409, True)
    assert (await admin.post(f"{at}/{ids[clinic.member]}", {**said, "last_name": ""}, form_at=at)).status_code == 400
    stranger = await house.person("Stranger")
    async with house.work() as work:
        foreign = await identity.name(work, stranger.key, System.USER)
    assert (await admin.post(f"{at}/{foreign}", said, form_at=at)).status_code == 404
    await admin.post(f"{at}/{ids[clinic.member]}", {**said, "provider": "", "assistant": "on"}, form_at=at)
    async with house.work() as work:
        (one,) = await visits.all_staff(work, clinic.key)
    assert (one.person, one.username, one.is_provider, one.is_assistant) == (clinic.member.key, "dr.bob", False, True)
    await admin.post(f"{PATH}/types", {"types": " Pregnancy \nPump start\npregnancy\n\n"}, form_at=PATH)
    await admin.post(f"{PATH}/teams", {"teams": "https://graph.example.org/v1.0/"}, form_at=PATH)
    async with house.work() as work:
        assert await episodes.types(work, clinic.key) == ["Pregnancy", "Pump start"]
        assert await visits.teams_url(work, clinic.key) == "https://graph.example.org/v1.0"
    assert (await admin.post(f"{PATH}/teams", {"teams": "graph"}, form_at=PATH)).status_code == 400
    assert (await admin.post(f"{PATH}/types", {"types": "x" * 256}, form_at=PATH)).status_code == 400
    await admin.post(f"{PATH}/teams", {"teams": ""}, form_at=PATH)
    async with house.work() as work:
        assert await visits.teams_url(work, clinic.key) is None


async def test_places_and_devices(house: House) -> None:
    clinic = await house.clinic()
    admin = await house.signed_in(clinic.admin)
    async with house.work() as work:
        room = await visits.create_room(work, clinic.key, RoomSettings("Neurology"))
        room_id = await identity.name(work, room.key, System.SOLO)
    at, geolocation = f"{PATH}/places", "3f0c6a2e-9c55-4c6e-8a57-0f7b7d0c9f11"
    fields = {"name": "North wing", "geolocation": geolocation, "room": room_id}
    assert (await admin.post(f"{at}/location", fields, form_at=at)).status_code == 303
    async with house.work() as work:
        (location,) = await assistance.locations(work, clinic.key)
        location_id = await identity.name(work, location.key, System.SOLO)
    assert (location.name, str(location.geolocation_id), location.room) == ("North wing", geolocation, room.key)
    for wrong in ({"name": ""}, {"name": "x", "geolocation": "y"}, {"name": "x", "room": "z"}):
        assert (await admin.post(f"{at}/location", wrong, form_at=at)).status_code == 400
    device = {"serial_number": "SN-1", "care_location": "Bed 4", "location": location_id, "room": "12", "bed": "4"}
    assert (await admin.post(f"{at}/device", device, form_at=at)).status_code == 303
    for more in ({"serial_number": ""}, {"location": "z"}, {"floor": "x" * 256}):
        assert (await admin.post(f"{at}/device", device | more, form_at=at)).status_code == 400
    form = (await admin.get(at, device="SN-1")).text
    assert re.search(rf'value="{location_id}" selected', form)
    assert "offline" in form
    async with house.work() as work:
        await assistance.report_in(work, clinic.key, "SN-1")
        (made,) = await assistance.devices(work, clinic.key)
        device_id = await identity.name(work, made.key, System.SOLO)
    assert (made.settings.care_location, made.settings.location, made.settings.bed) == ("Bed 4", location.key, "4")
    assert "online</span>" in (await admin.get(at)).text
    out = {"id": device_id, "to": "out", "back": "places"}
    answer = await admin.post("/clinic/assistance/device", out, form_at=at)
    assert answer.headers["location"] == f"{at}?said=saved"
    assert "out of service" in (await admin.get(at)).text
