"""The pages of a visit: who may open which side, what they allow the browser, notes, the signature, the staff's day."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import documentation, identity, visits
from openward.care.documentation import Question, QuestionType, Section
from openward.care.identity import System
from openward.care.visits import Appointment, Booking, Role, RoomSettings, Status
from openward.config import ConfigError, Settings
from openward.gateway.passes import COOKIE
from openward.wire import web
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

PAIN = Question(uuid4(), "Pain", QuestionType.SINGLE, ("none", "some"))
STORY = Question(uuid4(), "Story", QuestionType.TEXT)
SIGNS = Question(uuid4(), "Signs", QuestionType.MULTIPLE, ("fever", "cough"))


@dataclass
class Ward:
    """A clinic with a waiting room and one visit in it."""

    house: House
    clinic: Clinic
    visit: Appointment

    def path(self, role: Role) -> str:
        work = type("W", (), {"tools": self.house.tools})
        return f"/visits/{visits.link_token(work, self.visit.key, role)}"  # type: ignore[arg-type]

    async def now(self) -> Appointment:
        async with self.house.work() as work:
            return await visits.get(work, self.clinic.key, self.visit.key)

    async def move(self, to: Status) -> None:
        async with self.house.work() as work:
            await visits.move(work, self.clinic.key, self.visit.key, to)


@pytest.fixture
async def ward(house: House) -> Ward:
    clinic = await house.clinic("River Practice")
    person, _ = await clinic.patient("Ada <Byron>")
    async with house.work() as work:
        sections = [Section("Today", (PAIN, STORY, SIGNS))]
        await documentation.put_template(work, clinic.key, "Intake", sections)
        room = await visits.put_room(work, clinic.key, RoomSettings(name="GreatRoom", templates=("Intake",)))
        visit = await visits.book(work, clinic.key, person, Booking(room=room, reasons=["Insulin"]))
    return Ward(house, clinic, visit)


async def test_the_patients_page_greets_and_lets_arrive(ward: Ward) -> None:
    page = await ward.house.visitor().get(ward.path(Role.PATIENT))
    assert page.status_code == 200
    for words in ("River Practice", "Ada &lt;Byron&gt;", "Insulin", "GreatRoom"):
        assert words in page.text
    assert "Pain" not in page.text  # notes are the provider's
    assert page.headers["permissions-policy"].startswith("camera=(self), microphone=(self)")
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self' ws://openward.test" in policy
    assert "unsafe" not in policy
    assert "frame-src" not in policy
    assert (await ward.now()).status is Status.ARRIVED


async def test_the_providers_page_does_not_make_the_patient_arrive(ward: Ward) -> None:
    page = await ward.house.visitor().get(ward.path(Role.PROVIDER))
    assert page.status_code == 200
    assert "Pain" in page.text
    visit = await ward.now()
    assert visit.status is Status.SCHEDULED
    assert visit.call


async def test_other_pages_keep_the_camera_shut(ward: Ward) -> None:
    page = await ward.house.visitor().get("/signin")
    assert "camera=()" in page.headers["permissions-policy"]


@pytest.mark.parametrize("token", ["x", "A" * 44, "ä", "0" * 400], ids=["short", "like-one", "letters", "long"])
async def test_a_made_up_link_opens_nothing(house: House, token: str) -> None:
    assert (await house.visitor().get(f"/visits/{token}")).status_code == 404


async def test_an_ended_visit_says_good_bye(ward: Ward) -> None:
    await ward.move(Status.CANCELLED)
    for role in Role:
        page = await ward.house.visitor().get(ward.path(role))
        assert "This visit was cancelled" in page.text
        assert "data-socket" not in page.text


async def test_notes_are_kept_cleared_and_signed(ward: Ward) -> None:
    provider, path = ward.house.visitor(), ward.path(Role.PROVIDER)
    asked = [str(one.id) for one in (PAIN, STORY, SIGNS)]
    form = {"template": "Intake", "asked": asked, f"q:{PAIN.id}": "some", f"q:{STORY.id}": "Since <Monday>"}
    kept = await provider.post(f"{path}/notes", {**form, f"q:{SIGNS.id}": ["fever", "cough"]}, path)  # type: ignore[dict-item]
    assert kept.status_code == 303
    page = (await provider.get(path)).text
    assert "Since &lt;Monday&gt;" in page
    assert "<option selected>some</option>" in page
    assert page.count(" checked>") == 2
    await provider.post(f"{path}/notes", {"template": "Intake", "asked": asked}, path)  # type: ignore[dict-item]
    assert " checked>" not in (await provider.get(path)).text
    wrong = await provider.post(f"{path}/notes", form | {f"q:{PAIN.id}": "much"}, path)  # type: ignore[arg-type]
    assert wrong.status_code == 400
    assert (await provider.post(f"{path}/sign", {}, path)).status_code == 422
    await ward.move(Status.ARRIVED)
    await ward.move(Status.COMPLETED)
    assert (await provider.post(f"{path}/sign", {}, path)).status_code == 303
    assert (await ward.now()).status is Status.SIGNED
    assert (await provider.post(f"{path}/notes", form, "/signin")).status_code == 422  # type: ignore[arg-type]


async def test_the_patients_link_writes_no_notes(ward: Ward) -> None:
    patient, path = ward.house.visitor(), ward.path(Role.PATIENT)
    form = {"template": "Intake", "asked": str(PAIN.id), f"q:{PAIN.id}": "some"}
    assert (await patient.post(f"{path}/notes", form, "/signin")).status_code == 403
    assert (await patient.post(f"{path}/sign", {}, "/signin")).status_code == 403
    assert (await patient.post(f"{ward.path(Role.PROVIDER)}/notes", form, token="stale")).status_code == 400


async def test_a_pass_opens_its_own_call_for_a_while(ward: Ward) -> None:
    async with ward.house.work() as work:
        call = (await visits.open_call(work, ward.clinic.key, ward.visit.key, Role.PROVIDER)).call
        assert call
        good = visits.issue_pass(work, ward.visit.key, Role.PROVIDER, ward.clinic.member.key)
        patients = visits.issue_pass(work, ward.visit.key, Role.PATIENT)
        work.now -= timedelta(minutes=16)
        late = visits.issue_pass(work, ward.visit.key, Role.PROVIDER)
        other = visits.issue_pass(work, uuid4(), Role.PROVIDER)
        work.now += timedelta(minutes=16)
    path = f"/videocalls/{call.id}"
    shown = {}
    for name, token in {"good": good, "patient": patients, "late": late, "other": other, "none": ""}.items():
        visitor = ward.house.visitor()
        visitor.cookies[COOKIE] = token
        shown[name] = await visitor.get(path)
    assert [one.status_code for one in shown.values()] == [200, 200, 403, 403, 403]
    assert 'data-role="provider"' in shown["good"].text
    assert 'data-role="patient"' in shown["patient"].text
    assert "Open the visit again" in shown["late"].text
    stranger = ward.house.visitor()
    stranger.cookies[COOKIE] = good
    assert (await stranger.get(f"/videocalls/{uuid4()}")).status_code == 403
    assert (await stranger.get("/videocalls/none")).status_code == 403
    colleague = await ward.house.signed_in(ward.clinic.member)
    assert 'data-role="provider"' in (await colleague.get(path)).text
    outsider = await ward.house.signed_in((await ward.house.clinic()).admin)
    assert (await outsider.get(path)).status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {"video_engine_url": "https://meet.example.org/"},
        {"video_engine_url": "https://meet.example.org/{room}?jwt={token}"},
        {"video_engine_url": "https://meet.example.org/{room}", "video_engine_token": "jitsi"},
        {"video_engine_url": "https://meet.example.org/?jwt={token}", "video_engine_token": "jitsi"},
        {"video_engine_url": "https://meet.example.org/{room}?jwt={token}", "video_engine_token": "jitsi"},
        {"video_engine_url": "https://meet.example.org/{room}?jwt={token}", "video_engine_token": "zoom"},
        {"video_relay_only": True},
    ],
    ids=["no-room", "no-kind", "no-token", "no-room-for-jitsi", "no-key", "unknown-kind", "no-relay"],
)
def test_settings_of_calls_that_cannot_be_are_refused(web_settings: Settings, said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(web_settings, **said)


async def test_an_engine_may_be_shown_and_is_not_named_too_early(ward: Ward, web_settings: Settings, dsn: str) -> None:
    settings = replace(web_settings, video_engine_url="https://meet.example.org/{room}?lang=en")
    async with AsyncTestClient(build(settings, dsn, [web.WIRING]), base_url="http://openward.test") as client:
        pages = [await client.get(ward.path(role)) for role in Role]
    for page in pages:
        assert 'data-engine="https://meet.example.org"' in page.text
        assert "openward-" not in page.text
        assert "frame-src https://meet.example.org" in page.headers["content-security-policy"]
        assert 'camera=(self "https://meet.example.org")' in page.headers["permissions-policy"]


async def test_the_day_lists_checks_in_and_cancels(ward: Ward) -> None:
    staff = await ward.house.signed_in(ward.clinic.member)
    day = await staff.get("/visits")
    assert "Ada &lt;Byron&gt;" in day.text
    assert "expected" in day.text
    assert ward.path(Role.PROVIDER) in day.text
    async with ward.house.work() as work:
        name = await identity.name(work, ward.visit.key, System.SOLO)
    at = f"/visits/day/{name}"
    clinic = f"?clinic={ward.clinic.public}"
    assert (await staff.post(f"{at}/arrive{clinic}", {}, "/visits")).status_code == 303
    assert (await ward.now()).status is Status.ARRIVED
    again = await staff.post(f"{at}/arrive{clinic}", {}, "/visits")
    assert "said=visit-changed" in again.headers["location"]  # the same once more changes nothing
    assert "cancelled for good" in (await staff.get(f"{at}/cancel{clinic}")).text
    await staff.post(f"{at}/cancel{clinic}", {}, "/visits")
    assert (await ward.now()).status is Status.CANCELLED
    refused = await staff.post(f"{at}/missed{clinic}", {}, "/visits")
    assert "said=visit-refused" in refused.headers["location"]
    assert (await staff.post(f"{at}/nothing{clinic}", {}, "/visits")).status_code == 404


async def test_the_day_of_others_stays_theirs(ward: Ward) -> None:
    other = await ward.house.clinic()
    outsider = await ward.house.signed_in(other.admin)
    assert "Byron" not in (await outsider.get("/visits")).text
    async with ward.house.work() as work:
        name = await identity.name(work, ward.visit.key, System.SOLO)
    refused = await outsider.post(f"/visits/day/{name}/cancel?clinic={other.public}", {}, "/visits")
    assert refused.status_code == 404
    assert (await ward.now()).status is Status.SCHEDULED
    assert (await ward.house.visitor().get("/visits")).status_code == 303
    tomorrow = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    staff = await ward.house.signed_in(ward.clinic.member)
    assert "No visits on this day" in (await staff.get(f"/visits?day={tomorrow}")).text
    assert (await staff.get("/visits?day=someday")).status_code == 400
