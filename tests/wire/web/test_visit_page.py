"""The staff's page of a visit and the patient's visits, episodes and documents: booked, written, signed, refused."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from httpx import Response

from openward.care import documentation, episodes, identity, visits
from openward.care.documentation import Question, QuestionType, Section
from openward.care.identity import System
from openward.care.visits import Appointment, Booking, RoomSettings, Status, Window
from openward.care.work import PersonKey
from tests.wire.web.conftest import Clinic, House, Visitor

pytestmark = pytest.mark.anyio

PAIN = Question(uuid4(), "Pain", QuestionType.SINGLE, ("none", "some"))
STORY = Question(uuid4(), "Story", QuestionType.TEXT)
PDF = b"%PDF-1.4 made up"
PNG = b"\x89PNG\r\n\x1a\n made up"
ALWAYS = {day: (Window(0, 1440),) for day in range(7)}


@dataclass
class Ward:
    """A clinic that is always open, one patient of it, and one visit of his."""

    house: House
    clinic: Clinic
    person: PersonKey
    user: str
    visit: Appointment
    room_id: str
    path: str

    async def now(self) -> Appointment:
        async with self.house.work() as work:
            return await visits.get(work, self.clinic.key, self.visit.key)

    async def visits(self) -> list[Appointment]:
        async with self.house.work() as work:
            return await visits.of_person(work, self.clinic.key, self.person)

    async def move(self, to: Status) -> None:
        async with self.house.work() as work:
            await visits.move(work, self.clinic.key, self.visit.key, to)

    async def files(self) -> list[documentation.Attachment]:
        async with self.house.work() as work:
            return await documentation.attachments(work, self.clinic.key, self.visit.key)


@pytest.fixture
async def ward(house: House) -> Ward:
    clinic = await house.clinic("River Practice")
    person, user = await clinic.patient("Ada <Byron>")
    async with house.work() as work:
        await documentation.put_template(work, clinic.key, "Intake", [Section("Today", (PAIN, STORY))])
        said = RoomSettings("Blue room", hours=ALWAYS, enforces_capacity=True, templates=("Intake",))
        room = await visits.put_room(work, clinic.key, said)
        starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        visit = await visits.book(work, clinic.key, person, Booking(room, starts_at, reasons=["Insulin"]))
        room_id = await identity.name(work, room.key, System.SOLO)
        path = f"/visits/day/{await identity.name(work, visit.key, System.SOLO)}"
        await episodes.set_types(work, clinic.key, ["Pregnancy"])
    return Ward(house, clinic, person, user, visit, room_id, path)


def token_of(page: Response) -> str:
    found = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert found
    return found[1]


async def upload(
    visitor: Visitor,
    path: str,
    content: bytes,
    media: str = "application/pdf",
    name: str = "../Lab <1>.pdf",
    token: str = "",
) -> Response:
    token = token or token_of(await visitor.get(path))
    return await visitor.client.post(
        f"{path}/files",
        data={"form_token": token},
        files={"file": (name, content, media)},
        headers=visitor._head(),
        follow_redirects=False,
    )


async def test_the_page_shows_the_visit_and_strangers_see_none(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    page = await member.get(ward.path)
    for words in ("Ada &lt;Byron&gt;", "Insulin", "Blue room", "expected", "Pain", "Check in", "Links"):
        assert words in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert ward.path in (await member.get("/visits", day=ward.visit.starts_at.date().isoformat())).text
    stranger = await ward.house.signed_in((await ward.house.clinic("Other")).admin)
    token = token_of(await stranger.get("/clinic"))
    assert (await stranger.get(ward.path)).status_code == 404
    for act in ("move", "plan", "provider", "episode", "notes", "remark", f"files/{uuid4()}/delete"):
        assert (await stranger.post(f"{ward.path}/{act}", {"to": "arrived"}, token=token)).status_code in (400, 404), (
            act
        )
    for path in ("care", "book", "episodes/new"):
        assert (await stranger.get(f"/patients/{ward.user}/{path}")).status_code == 404
        assert (await stranger.post(f"/patients/{ward.user}/{path}", {"slot": "x"}, token=token)).status_code in (
            404,
            405,
        )
    assert (await upload(stranger, ward.path, PDF, token=token)).status_code == 404
    assert (await ward.now()).status is Status.SCHEDULED
    assert await ward.files() == []
    for wrong in ("/visits/day/nothing", f"/visits/day/{uuid4()}"):
        assert (await member.get(wrong)).status_code == 404
    assert (await ward.house.visitor().get(ward.path)).headers["location"].startswith("/signin")


async def test_a_visit_goes_its_way_to_the_signature(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    move = f"{ward.path}/move"
    for to in (Status.ARRIVED, Status.EXAM, Status.COMPLETED):
        answer = await member.post(move, {"to": to}, form_at=ward.path)
        assert answer.headers["location"] == f"{ward.path}?said=visit-changed"
        assert (await ward.now()).status is to
    assert (await member.post(move, {"to": Status.ARRIVED}, form_at=ward.path)).headers["location"].endswith("refused")
    assert (await member.post(move, {"to": "anywhere"}, form_at=ward.path)).status_code == 400
    notes = {"template": "Intake", "asked": str(PAIN.id), f"q:{PAIN.id}": "some"}
    assert (await member.post(f"{ward.path}/notes", notes, form_at=ward.path)).status_code == 303
    story = {"template": "Intake", "asked": str(STORY.id), f"q:{STORY.id}": "Fell <down>"}
    await member.post(f"{ward.path}/notes", story, form_at=ward.path)
    said = {"template": "Intake", "body": "Seen with\na colleague"}
    await member.post(f"{ward.path}/remark", said, form_at=ward.path)
    page = (await member.get(ward.path)).text
    # What was not asked stays: two people may write in one note.
    for words in ("<option selected>some</option>", "Fell &lt;down&gt;", "Seen with\na colleague", "Dr Member"):
        assert words in page
    bad_id = {"template": "Intake", "asked": "x"}
    wrongs = (("notes", notes | {f"q:{PAIN.id}": "terrible"}), ("notes", bad_id), ("remark", said | {"body": " "}))
    for path, wrong in wrongs:
        assert (await member.post(f"{ward.path}/{path}", wrong, form_at=ward.path)).status_code == 400
    assert (await member.post(f"{ward.path}/notes", notes | {"template": "No"}, form_at=ward.path)).status_code == 404
    answer = await member.post(move, {"to": Status.SIGNED}, form_at=ward.path)
    assert answer.headers["location"] == f"{ward.path}?said=visit-signed"
    for path, sent in (("notes", notes), ("remark", said)):
        assert (await member.post(f"{ward.path}/{path}", sent, form_at=ward.path)).status_code == 422
    assert "Sign off</button>" not in (await member.get(ward.path)).text


async def test_time_reasons_provider_and_episode_are_changed(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    plan = f"{ward.path}/plan"
    at = ward.visit.starts_at
    form = (await member.get(ward.path)).text
    found = re.search(r'name="starts_at" required value="([^"]+)"', form)
    assert found
    # The reasons alone: a start that knows seconds stays what it is.
    await member.post(plan, {"starts_at": found[1], "minutes": "15", "reasons": "A\n\n B"}, form_at=ward.path)
    now = await ward.now()
    assert (now.starts_at, now.duration_s, now.reasons) == (at, 900, ("A", "B"))
    await member.post(plan, {"starts_at": "2031-07-01T10:00", "minutes": "20", "reasons": ""}, form_at=ward.path)
    now = await ward.now()
    assert (now.starts_at, now.duration_s, now.reasons) == (datetime(2031, 7, 1, 8, tzinfo=UTC), 1200, ())
    for wrong in (
        {"starts_at": "never"},
        {"minutes": "0"},
        {"minutes": "1e9"},
        {"minutes": "nan"},
        {"reasons": "x" * 501},
    ):
        sent = {"starts_at": "2031-07-01T10:00", "minutes": "20", "reasons": ""} | wrong
        answer = await member.post(plan, sent, form_at=ward.path)
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), wrong
    async with ward.house.work() as work:
        user = await identity.name(work, ward.clinic.member.key, System.USER)
        await visits.as_provider(work, ward.clinic.key, ward.clinic.member.key)
    for _ in range(2):
        await member.post(f"{ward.path}/provider", {"provider": user}, form_at=ward.path)
    assert (await ward.now()).providers == (ward.clinic.member.key,)
    assert (await member.post(f"{ward.path}/provider", {"provider": ward.user}, form_at=ward.path)).status_code == 400
    care = f"/patients/{ward.user}/care"
    new = f"/patients/{ward.user}/episodes/new"
    fields = {"name": "First child", "type": "Pregnancy", "status": "active", "begins_on": "2031-01-01"}
    assert (await member.post(new, fields)).headers["location"] == f"{care}?said=saved"
    for wrong in ({"name": ""}, {"type": "No"}, {"status": "no"}, {"begins_on": "x"}, {"ends_on": "2030-12-31"},
                  {"objective": "x" * 2001}):  # fmt: skip
        assert (await member.post(new, fields | wrong)).status_code == 400, wrong
    page = (await member.get(care)).text
    found = re.search(rf'href="(/patients/{ward.user}/episodes/([0-9a-f-]{{36}}))"', page)
    assert found
    await member.post(found[1], fields | {"name": "Second child", "ends_on": "2031-09-30"})
    assert "Second child" in (await member.get(care)).text
    await member.post(f"{ward.path}/episode", {"episode": found[2]}, form_at=ward.path)
    assert (await ward.now()).episode is not None
    answer = await member.post(f"{ward.path}/episode", {"episode": str(uuid4())}, form_at=ward.path)
    assert answer.status_code == 404
    await member.post(f"{ward.path}/episode", {"episode": ""}, form_at=ward.path)
    assert (await ward.now()).episode is None
    _, other = await ward.clinic.patient("Ben Marsh")
    assert (await member.get(f"/patients/{other}/episodes/{found[2]}")).status_code == 404


async def test_files_come_are_looked_at_and_go(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    assert (await upload(member, ward.path, PDF)).headers["location"] == f"{ward.path}?said=file-kept"
    (kept,) = await ward.files()
    assert (kept.title, kept.media_type, kept.size_bytes) == ("..Lab <1>.pdf", "application/pdf", len(PDF))
    await upload(member, ward.path, PNG, "image/png", "Foot.png")
    seen = await member.get(f"{ward.path}/files/{kept.key}")
    assert (seen.content, seen.headers["content-type"]) == (PDF, "application/pdf")
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["content-disposition"].startswith("inline")
    assert "default-src 'none'" in seen.headers["content-security-policy"]
    image = (await ward.files())[1]
    policy = (await member.get(f"{ward.path}/files/{image.key}")).headers["content-security-policy"]
    assert policy.endswith("sandbox")
    assert "Lab &lt;1&gt;.pdf" in (await member.get(ward.path)).text
    for content, media, status, words in (
        (b"hello there", "application/pdf", 400, "whatever its name says"),
        (b"", "application/pdf", 400, "Choose a file"),
        (b"<svg/>", "image/svg+xml", 400, "whatever its name says"),
        (PDF + b"x" * (5 << 20), "application/pdf", 413, "larger than 5 MB"),
    ):
        answer = await upload(member, ward.path, content, media)
        assert (answer.status_code, words in answer.text) == (status, True), media
    assert (await upload(member, ward.path, PDF, token="0" * 64)).status_code == 400
    plain = await member.post(f"{ward.path}/files", {"file": "x"}, form_at=ward.path)
    assert plain.status_code == 400
    assert len(await ward.files()) == 2
    stranger = await ward.house.signed_in((await ward.house.clinic("Other")).admin)
    gone = f"{ward.path}/files/{kept.key}"
    assert (await stranger.get(gone)).status_code == 404
    for wrong in ("nothing", uuid4()):
        assert (await member.get(f"{ward.path}/files/{wrong}")).status_code == 404
    assert "Remove the file" in (await member.get(f"{gone}/delete")).text
    for _ in range(2):
        answer = await member.post(f"{gone}/delete", {}, form_at=ward.path)
        assert answer.headers["location"] == f"{ward.path}?said=file-removed"
    assert [one.key for one in await ward.files()] == [image.key]
    assert (await member.get(gone)).status_code == 404


async def test_a_visit_is_booked_once_and_not_into_a_full_room(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    book = f"/patients/{ward.user}/book"
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    page = (await member.get(book, room=ward.room_id, day=day)).text
    slots = re.findall(r'name="slot" value="([^"]+)"', page)
    assert len(slots) >= 92
    assert slots[0].startswith(f"{day}T00:00:00")
    fields = {"room": ward.room_id, "day": day, "slot": slots[40], "reasons": "Pump\nSensor"}
    for _ in range(2):
        answer = await member.post(book, fields)
        assert answer.status_code == 303
        assert (await member.get(answer.headers["location"])).status_code == 200
    assert len(await ward.visits()) == 2
    made = (await ward.visits())[0]
    assert (made.starts_at.isoformat(), made.duration_s, made.reasons) == (
        datetime.fromisoformat(slots[40]).astimezone(UTC).isoformat(),
        900,
        ("Pump", "Sensor"),
    )
    assert slots[40] not in (await member.get(book, room=ward.room_id, day=day)).text
    _, other = await ward.clinic.patient("Ben Marsh")
    full = await member.post(f"/patients/{other}/book", fields)
    assert (full.status_code, "waiting room is full" in full.text) == (409, True)
    for wrong in ({"slot": ""}, {"slot": "2031-07-01T10:00"}, {"room": "x"}, {"minutes": "0"}, {"other": "soon"}):
        assert (await member.post(book, fields | wrong)).status_code in (400, 404), wrong
    assert (await member.post(book, fields | {"episode": str(uuid4())})).status_code == 404
    own = fields | {"other": f"{day}T23:50", "minutes": "7.5"}
    assert (await member.post(book, own)).status_code == 303
    assert (await ward.visits())[0].duration_s == 450


async def test_the_patients_page_shows_visits_episodes_and_documents(ward: Ward) -> None:
    member = await ward.house.signed_in(ward.clinic.member)
    async with ward.house.work() as work:
        answers = [("How do you feel?", "Well, <thanks>")]
        when = datetime(2031, 5, 1, 9, tzinfo=UTC)
        await documentation.add_document(work, ward.clinic.key, ward.person, "Check-in form", when, answers)
    page = (await member.get(f"/patients/{ward.user}")).text
    for words in (ward.path, f"/patients/{ward.user}/book", "Check-in form", f"/patients/{ward.user}/care"):
        assert words in page
    care = (await member.get(f"/patients/{ward.user}/care")).text
    for words in ("How do you feel?", "Well, &lt;thanks&gt;", "Blue room", "Insulin"):
        assert words in care
    # A clinic without virtual care is spared all of it.
    other = await ward.house.clinic("Glucose only")
    _, user = await other.patient("Cy Lund")
    admin = await ward.house.signed_in(other.admin)
    assert "Virtual care" not in (await admin.get(f"/patients/{user}")).text
    assert "no waiting room yet" in (await admin.get(f"/patients/{user}/book")).text
