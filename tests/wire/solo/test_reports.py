"""Reports: the CSV dump and encounter reports, from the order to the day when they are gone."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pyzipper
from httpx import Response

from openward.care import episodes, identity, patients, reactions, reports, visits
from openward.care.episodes import Content
from openward.care.episodes import Status as EpisodeStatus
from openward.care.identity import Identifier, System
from openward.care.patients import Details
from openward.care.visits import Appointment, Booking
from openward.care.work import PersonKey, Work
from openward.config import ConfigError
from openward.gateway.request import Gate
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

SOLO = {
    "waiting_rooms": [
        {"name": "GreatRoom", "service_line": 'Demo, "line"', "service_type": "Demo"},
        {"name": "Other"},
    ],
    "episode_types": ["covid"],
    "report_presets": [{"name": "Default"}],
}
DUMP = "/reports/csv-data-dump"
BLANK = "This value should not be blank."
NO_DATE = "This value is not a valid date."
PASSWORD = "IK5adv2N5V-gr£9v6"


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    return await a_practice(SOLO)


async def a_patient(practice: Practice, name: str = "Ada Byron", **more: Any) -> PersonKey:
    async with practice.work() as work:
        made = await patients.create_custodial(work, practice.organization, Details(name, date(1983, 8, 15), **more))
        return made.person


async def a_visit(
    practice: Practice, person: PersonKey, at: datetime, *, room: str = "GreatRoom", **more: Any
) -> Appointment:
    async with practice.work() as work:
        found = await visits.room_by_name(work, practice.organization, room)
        return await visits.book(work, practice.organization, person, Booking(found, at, **more))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def dumped(practice: Practice, first: str, last: str) -> list[dict[str, str]]:
    answer = await practice("GET", DUMP, params={"from": first, "to": last})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def test_a_dump_says_everything_of_each_visit(practice: Practice) -> None:
    person = await a_patient(practice, "Ada King Byron", mrn="=1+2")
    async with practice.work() as work:
        episode = await episodes.create(
            work, practice.organization, person, Content("n", "covid", EpisodeStatus.ACTIVE, date(2023, 1, 1))
        )
    visit = await a_visit(
        practice,
        person,
        at("2023-07-01T13:30:00+00:00"),
        duration_s=600,
        reasons=["-cough", 'said "ah"'],
        external_id="@x,y",
        account_number="12\r\n3",
        episode=episode,
    )
    answer = await practice("GET", DUMP, params={"from": "2023-07-01", "to": "2023-07-02"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="csv-data-dump-2023-07-01-2023-07-02.csv"'
    async with practice.work() as work:
        number = await identity.name(work, visit.key, System.SAID)
        spid = await identity.name(work, person, System.SPID)
        external = await identity.name(work, person, System.PRACTICE_PATIENT, practice.organization)
        episode_id = await identity.name(work, episode, System.SOLO)
    assert answer.content.decode() == (
        ",".join(reports.COLUMNS)
        + f'\r\n{number},"\'@x,y","12\r\n3",{spid},{external},\'=1+2,Byron,Ada King,1983-08-15,,'
        'GreatRoom,"Demo, ""line""",Demo,2023-07-01T09:30:00-04:00,600,"\'-cough; said ""ah""",scheduled,,,,,'
        f"{episode_id}\r\n"
    )


async def test_days_are_those_of_the_practice_and_both_count(practice: Practice, a_practice: MakePractice) -> None:
    person = await a_patient(practice)
    moments = [  # New York: the clocks go forward on 12 March
        "2023-03-11T04:59:59+00:00",
        "2023-03-11T05:00:00+00:00",
        "2023-03-13T03:59:59+00:00",
        "2023-03-13T04:00:00+00:00",
    ]
    for moment in moments:
        await a_visit(practice, person, at(moment))
    inside = ["2023-03-11T00:00:00-05:00", "2023-03-12T23:59:59-04:00"]
    assert [row["scheduled_at"] for row in await dumped(practice, "2023-03-11", "2023-03-12")] == inside
    assert len(await dumped(practice, "0001-01-01", "9999-12-31")) == 4
    empty = await practice("GET", DUMP, params={"from": "2020-02-10", "to": "2020-02-11"})
    assert empty.content.decode() == ",".join(reports.COLUMNS) + "\r\n"
    other = await a_practice(SOLO)
    assert await dumped(other, "0001-01-01", "9999-12-31") == []


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ({}, "from: This value should not be blank., to: This value should not be blank."),
        ({"from": "2020-02-10"}, "to: This value should not be blank."),
        ({"from": "2020-02-30", "to": "x"}, f"from: {NO_DATE}, to: {NO_DATE}"),
        ({"from": "2020-02-10", "to": "2020-02-09"}, "to: This value should not be before from."),
    ],
)  # fmt: skip
async def test_a_dump_needs_two_days(practice: Practice, query: dict[str, str], faults: str) -> None:
    answer = await practice("GET", DUMP, params=query)
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{faults}]"}})
    assert (await practice("GET", DUMP, params=query, headers={"api-key": "x"})).status_code == 401


async def test_names_are_the_usual_ones(practice: Practice) -> None:
    body = {
        "id": "P-9",
        "gender": "female",
        "name": [
            {"use": "official", "firstName": "Augusta", "lastName": "King"},
            {"use": "usual", "firstName": "Ada", "lastName": "de Byron"},
        ],
    }
    answer = await practice("POST", "/patients", body)
    assert answer.status_code == 201, answer.text
    async with practice.work() as work:
        name = Identifier(System.PRACTICE_PATIENT, "P-9", practice.organization)
        person = PersonKey(await identity.resolve(work, name))
    await a_visit(practice, person, at("2024-01-01T12:00:00+00:00"))
    (row,) = await dumped(practice, "2024-01-01", "2024-01-01")
    assert (row["first_name"], row["last_name"], row["gender"], row["birth_date"]) == ("Ada", "de Byron", "female", "")
    assert row["patient_external_id"] == "P-9"


def order(practice: Practice, **changed: Any) -> dict[str, Any]:
    return {
        "from": "2024-08-15T15:52:01+00:00",
        "to": "2024-08-15T15:52:01+00:00",
        "presetId": practice.provisioned["report_presets"][0]["id"],
        "password": PASSWORD,
    } | changed


async def ordered(practice: Practice, **changed: Any) -> str:
    answer = await practice("POST", "/encounter-report/create", order(practice, **changed))
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "pending"
    assert set(answer.json()) == {"id", "status"}
    return str(UUID(answer.json()["id"]))


async def key_of(work: Work, name: str) -> UUID:
    return await identity.resolve(work, Identifier(System.SOLO, name))


async def build(practice: Practice, name: str, **settings: Any) -> None:
    """What the worker does with the job of this order."""
    async with practice.work() as work:
        key = await key_of(work, name)
    tools = replace(practice.tools, settings=replace(practice.tools.settings, **settings))
    gate = Gate(practice.pool, tools.settings, tools)
    await reactions.JOBS[reports.BUILD].run(gate, {"report": str(key)})


async def state(practice: Practice, name: str) -> str:
    answer = await practice("GET", f"/encounter-report/status/{name}")
    assert (answer.status_code, answer.json()["id"]) == (200, name)
    return str(answer.json()["status"])


async def download(practice: Practice, name: str) -> Response:
    return await practice("GET", f"/encounter-report/download/{name}")


def opened(content: bytes, name: str, password: str = PASSWORD) -> list[dict[str, str]]:
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"encounter-report-{name}.csv"]
        text = archive.read(archive.namelist()[0], pwd=password.encode()).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_a_report_is_ordered_built_and_opened(practice: Practice) -> None:
    person = await a_patient(practice)
    for moment in ("2024-08-15T15:52:00", "2024-08-15T15:52:01", "2024-08-15T15:52:02"):
        await a_visit(practice, person, at(f"{moment}+00:00"), external_id=moment)
    name = await ordered(practice)
    assert await state(practice, name) == "pending"
    answer = await download(practice, name)
    assert (answer.status_code, answer.json()) == (409, {"error": {"message": "Report is not ready"}})
    await build(practice, name)
    assert await state(practice, name) == "completed"
    answer = await download(practice, name)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert [row["appointment_external_id"] for row in opened(answer.content, name)] == ["2024-08-15T15:52:01"]
    with pyzipper.AESZipFile(io.BytesIO(answer.content)) as archive:
        info = archive.infolist()[0]
        assert (info.wz_aes_version, info.wz_aes_strength, info.CRC) == (2, 3, 0)
    with pytest.raises(RuntimeError, match="password"):
        opened(answer.content, name, "wrong")
    await build(practice, name)  # a job that runs twice changes nothing
    assert (await download(practice, name)).content == answer.content
    async with practice.pool.acquire() as connection:
        row = await connection.fetchrow(
            "select * from reports.encounter_report where organization = $1", practice.organization
        )
    assert row["sealed_password"] is None
    assert PASSWORD not in str(dict(row))


async def test_a_report_has_its_time(practice: Practice) -> None:
    name = await ordered(practice)
    await build(practice, name)
    async with practice.work() as work:
        key = await key_of(work, name)
        found = await reports.report_order(work, practice.organization, key)
        assert found.content
        assert found.expires_at is not None
        assert timedelta(days=7) - timedelta(minutes=1) < found.expires_at - found.created_at < timedelta(days=7.01)
        late = replace_now(work, found.expires_at - timedelta(milliseconds=1))
        assert await reports.report_file(late, practice.organization, key)
    files = practice.tools.settings.data_dir / "blobs" / "reports"
    assert (files / found.content[:2] / found.content).exists()
    async with practice.pool.acquire() as connection:
        await connection.execute("update reports.encounter_report set expires_at = now() where key = $1", key)
    gone = (410, {"error": {"message": "Report has expired"}})
    answer = await download(practice, name)
    assert (answer.status_code, answer.json()) == gone
    async with practice.work() as work:
        await reactions.JOBS[reports.SWEEP].run(work, {})
    assert not (files / found.content[:2] / found.content).exists()
    answer = await download(practice, name)
    assert (answer.status_code, answer.json()) == gone
    assert await state(practice, name) == "completed"


def replace_now(work: Work, now: datetime) -> Work:
    return replace(work, now=now)


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"from": None, "password": ""}, f"from: {BLANK}, password: {BLANK}"),
        ({"from": "2024-08-15T15:52:01"}, "from: This value is not a valid date."),
        ({"to": "2024-08-15"}, "to: This value is not a valid date."),
        ({"to": "2024-02-30T15:52:01+00:00"}, "to: This value is not a valid date."),
        ({"to": "2024-08-15T17:52:00+02:00"}, "to: This value should not be before from."),
        ({"presetId": "1"}, "presetId: This is not a valid UUID."),
        ({"presetId": str(UUID(int=7))}, "presetId: Preset not found."),
        ({"password": "p" * 129}, "password: This value is too long. It should have 128 characters or less."),
    ],
)  # fmt: skip
async def test_an_order_must_be_whole(practice: Practice, changed: dict[str, Any], faults: str) -> None:
    answer = await practice("POST", "/encounter-report/create", order(practice, **changed))
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{faults}]"}})


async def test_an_order_may_ask_for_all_time(practice: Practice) -> None:
    person = await a_patient(practice)
    await a_visit(practice, person, at("2024-08-15T15:52:01+00:00"), external_id="V-1")
    name = await ordered(practice, **{"from": "0001-01-01T00:00:00+00:00", "to": "9999-12-31T23:59:59.999999+00:00"})
    await build(practice, name)
    assert len(opened((await download(practice, name)).content, name)) == 1


async def test_foreign_reports_and_presets_are_not_found(practice: Practice, a_practice: MakePractice) -> None:
    other = await a_practice(SOLO)
    name = await ordered(practice)
    for path in ("status", "download"):
        for asked in (name, str(uuid4()), "1", practice.provisioned["report_presets"][0]["id"]):
            answer = await other("GET", f"/encounter-report/{path}/{asked}")
            assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Report not found"}})
    answer = await other("POST", "/encounter-report/create", order(practice))
    assert answer.json() == {"error": {"message": "Bad parameters [presetId: Preset not found.]"}}


async def test_a_preset_chooses_columns_rooms_and_statuses(practice: Practice) -> None:
    person = await a_patient(practice)
    for place, room in enumerate(("GreatRoom", "Other", "Other")):
        made = await a_visit(practice, person, at("2024-08-15T15:00:00+00:00"), room=room, external_id=f"v{place}")
    async with practice.work() as work:
        await visits.move(work, practice.organization, made.key, visits.Status.CANCELLED)
        other = await visits.room_by_name(work, practice.organization, "Other")
        choice = reports.Choice(("status", "appointment_external_id"), (other.key,), ("scheduled",))
        preset = await reports.create_preset(work, practice.organization, "Few", choice)
        chosen = await identity.name(work, preset.key, System.SOLO)
    name = await ordered(practice, **{"from": "2024-08-15T00:00:00Z", "to": "2024-08-16T00:00:00Z", "presetId": chosen})
    async with practice.work() as work:
        await reports.delete_preset(work, practice.organization, preset.key)
    await build(practice, name)
    rows = opened((await download(practice, name)).content, name)
    assert rows == [{"appointment_external_id": "v1", "status": "scheduled"}]


@contextmanager
def broken_files(practice: Practice) -> Iterator[None]:
    """The folder of the archives cannot be written to."""
    folder = practice.tools.settings.data_dir / "blobs" / "reports"
    aside = folder.with_name("reports-aside")
    if folder.exists():
        folder.rename(aside)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    try:
        yield
    finally:
        folder.unlink()
        if aside.exists():
            aside.rename(folder)


async def test_a_report_fails_after_five_tries(practice: Practice) -> None:
    name = await ordered(practice)
    with broken_files(practice):
        for _ in range(reports.MOST_TRIES - 1):
            with pytest.raises(OSError):  # noqa: PT011 -- whatever the file system says
                await build(practice, name)
            assert await state(practice, name) == "pending"
        await build(practice, name)
    assert await state(practice, name) == "failed"
    answer = await download(practice, name)
    assert (answer.status_code, answer.json()) == (409, {"error": {"message": "Report generation failed"}})
    await build(practice, name)
    assert await state(practice, name) == "failed"


async def test_a_lost_job_is_deferred_again(practice: Practice) -> None:
    name = await ordered(practice)
    async with practice.work() as work:
        key = await key_of(work, name)
        late = replace(work, now=datetime.now(UTC) + timedelta(minutes=11), tasks=[])
        await reactions.JOBS[reports.SWEEP].run(late, {})
        assert str(key) in [task.data["report"] for task in late.tasks]


async def test_the_old_cipher_is_a_setting(practice: Practice) -> None:
    person = await a_patient(practice)
    await a_visit(practice, person, at("2024-08-15T15:52:01+00:00"), external_id="V-1")
    name = await ordered(practice)
    await build(practice, name, reports_zip_cipher="zipcrypto")
    content = (await download(practice, name)).content
    assert [row["appointment_external_id"] for row in opened(content, name)] == ["V-1"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:  # which knows the old cipher only
        assert b"V-1" in archive.read(f"encounter-report-{name}.csv", pwd=PASSWORD.encode())
    with pytest.raises(ConfigError, match="neither"):
        replace(practice.tools.settings, reports_zip_cipher="none")
