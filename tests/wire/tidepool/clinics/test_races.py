"""Many who do the same at the same moment, and one who does it twice because the first answer never came."""

import asyncio
import json
import secrets
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from httpx import Response

from tests.wire.tidepool.clinics.ground import Ground, gather_cast

pytestmark = pytest.mark.anyio
CROWD = 16
ORPHAN_SITES = """select count(*) from patients.enrolment e, unnest(e.sites) given where removed_at is null
                  and not exists (select from organizations.site s where s.key = given)"""
MISCOUNTED = """select organization, label from roster.tally full join
                (select organization, label, count(*) found from roster.label group by 1, 2) counted
                using (organization, label)
                where label <> '00000000-0000-0000-0000-000000000000'
                and coalesce(total, 0) <> coalesce(found, 0)"""
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


async def answers_at_once(*calls: Any) -> list[Response]:
    """Make the calls side by side. The client of tests holds a loop until it is answered: a thread for each caller."""
    with ThreadPoolExecutor(len(calls)) as threads:
        loop = asyncio.get_running_loop()
        answers: list[Response] = await asyncio.gather(
            *[loop.run_in_executor(threads, asyncio.run, one) for one in calls]
        )
        return answers


async def at_once(*calls: Any) -> Counter[int]:
    """The same; how often each status was answered."""
    return Counter(answer.status_code for answer in await answers_at_once(*calls))


async def test_the_callers_race(ground: Ground) -> None:
    """All of them are under way before one is answered, or nothing here would prove anything."""
    path = await ground.fill("/v1/clinics/{clinic}")
    async with ground.cast.house.work() as work:
        await work.tx.execute(
            "select from organizations.organization where key ="
            " (select entity from identity.name where value = $1 limit 1) for update",
            path.rsplit("/", 1)[1],
        )
        calls = [ground.cast.admin("POST", f"{path}/patient_tags", {"name": f"n {place}"}) for place in range(4)]
        race = asyncio.create_task(at_once(*calls))
        async with asyncio.timeout(20):
            while await ground.cast.house.pool.fetchval(WAITING) < len(calls):  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)
        assert not race.done()
    assert await race == {200: len(calls)}


@pytest.fixture
async def ground(house: Any) -> Ground:
    """A clinic with its staff, asked for words by the tests."""
    cast = await gather_cast(house)
    ground = Ground(cast, cast.admin)
    await ground.word("clinic")
    return ground


async def listed(ground: Ground, what: str) -> Any:
    return (await ground.cast.service("GET", await ground.fill(f"/v1/clinics/{{clinic}}{what}"))).json()


@pytest.mark.parametrize(("rules", "refused"), [(None, 409), ({"required": True, "unique": True}, 400)])
async def test_one_patient(ground: Ground, rules: Any, refused: int) -> None:
    """The address of the account makes it unique, or the MRN where the clinic says so."""
    path = await ground.fill("/v1/clinics/{clinic}")
    body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": "m1"}
    if rules:
        assert (await ground.cast.service("PUT", f"{path}/settings/mrn", rules)).status_code == 200
    else:
        body["email"] = await ground.word("address")
    found = await at_once(*[ground.cast.member("POST", f"{path}/patients", body) for _ in range(CROWD)])
    assert found == {200: 1, refused: CROWD - 1}
    assert (await listed(ground, "/patients"))["meta"]["totalCount"] == 1


async def test_one_enrolment_of_a_user(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{clinic}/patients/{newcomer}")
    found = await at_once(*[ground.cast.service("POST", path, {"permissions": {"view": {}}}) for _ in range(CROWD)])
    assert found == {200: 1, 409: CROWD - 1}
    assert (await listed(ground, "/patients"))["meta"]["totalCount"] == 1


async def test_one_clinician(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{clinic}/clinicians")
    body = await ground.fill({"id": "{newcomer}", "email": "{address}", "roles": ["CLINIC_ADMIN"]})
    found = await at_once(*[ground.cast.service("POST", path, body) for _ in range(CROWD)])
    assert found == {200: 1, 409: CROWD - 1}
    assert len(await listed(ground, f"/clinicians?email={body['email']}")) == 1


async def test_one_invite_to_an_address(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{clinic}/invites/clinicians")
    body = await ground.fill({"email": "{address}", "roles": ["CLINIC_MEMBER"]})
    found = await at_once(*[ground.cast.admin("POST", path, body) for _ in range(CROWD)])
    assert found == {200: 1, 409: CROWD - 1}
    assert len(await listed(ground, f"/clinicians?email={body['email']}")) == 1


@pytest.mark.parametrize(("path", "kept"), [("patient_tags", "patientTags"), ("sites", "sites")])
async def test_one_label_and_never_more_than_fifty(ground: Ground, path: str, kept: str) -> None:
    at = await ground.fill(f"/v1/clinics/{{clinic}}/{path}")
    found = await at_once(*[ground.cast.admin("POST", at, {"name": "Same"}) for _ in range(CROWD)])
    assert found == {200: 1, 409: CROWD - 1}
    for place in range(44):
        assert (await ground.cast.admin("POST", at, {"name": f"n {place}"})).status_code == 200
    found = await at_once(*[ground.cast.admin("POST", at, {"name": f"late {place}"}) for place in range(CROWD)])
    assert found == {200: 5, 422: CROWD - 5}
    names = [one["name"] for one in (await listed(ground, ""))[kept]]
    assert len(names) == len(set(names)) == 50


async def test_one_acceptance_of_an_invite_to_a_clinician(ground: Ground) -> None:
    path = await ground.fill("/v1/clinicians/{invitee}/invites/{own_invite}")
    invitee = ground.named
    assert invitee
    found = await at_once(*[invitee("PUT", path) for _ in range(CROWD)])
    assert found == {200: 1, 404: CROWD - 1}
    assert [one["id"] for one in await listed(ground, f"/clinicians?email={invitee.email}")] == [invitee.user_id]


async def test_one_acceptance_of_what_a_patient_offers(ground: Ground) -> None:
    """Whoever comes later finds the invite answered."""
    path = await ground.fill("/v1/clinics/{clinic}/invites/patients/{patient_invite}")
    body = {"fullName": "Pat Smith", "birthDate": "1990-02-03"}
    found = await at_once(*[ground.cast.member("PUT", path, body) for _ in range(CROWD)])
    assert found[200] >= 1
    assert set(found) <= {200, 403}
    assert (await listed(ground, "/patients"))["meta"]["totalCount"] == 1
    assert await listed(ground, "/invites/patients") == []


async def test_one_migration(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{waiting_clinic}")
    assert ground.named
    found = await at_once(*[ground.named("POST", f"{path}/migrate") for _ in range(CROWD)])
    assert found == {200: 1, 422: CROWD - 1}
    kept = (await ground.cast.service("GET", f"{path}/migrations")).json()
    assert [one["userId"] for one in kept] == [ground.named.user_id]


async def test_one_migration_of_an_account_over_all_clinics(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{clinic}/migrations")
    body = await ground.fill({"userId": "{legacy_colleague}"})
    found = await at_once(*[ground.cast.service("POST", path, body) for _ in range(CROWD)])
    assert found == {202: 1, 409: CROWD - 1}


async def test_the_patient_limit_is_strict(ground: Ground) -> None:
    path = await ground.fill("/v1/clinics/{clinic}")
    limit = {"hardLimit": {"plan": 5}}
    assert (await ground.cast.service("PUT", f"{path}/settings/patient_count", limit)).status_code == 200
    body = {"fullName": "Pat Smith", "birthDate": "1990-02-03"}
    found = await at_once(*[ground.cast.member("POST", f"{path}/patients", body) for _ in range(CROWD)])
    assert found == {200: 5, 402: CROWD - 5}
    assert (await listed(ground, "/patient_count"))["plan"] == 5


async def test_one_admin_stays(ground: Ground) -> None:
    """Two admins leave at the same moment: the clinic keeps one of them."""
    path = await ground.fill("/v1/clinics/{clinic}/clinicians")
    await ground.word("colleague")
    assert ground.named
    admins = [ground.cast.admin, ground.named]
    raised = {"email": ground.named.email, "roles": ["CLINIC_ADMIN"]}
    assert (await ground.cast.service("PUT", f"{path}/{ground.named.user_id}", raised)).status_code == 200
    assert await at_once(*[one("DELETE", f"{path}/{one.user_id}") for one in admins]) == {200: 1, 422: 1}
    assert len(await listed(ground, "/clinicians?role=CLINIC_ADMIN")) == 2  # and the one who never answered


async def test_permissions_taken_back_at_once(ground: Ground) -> None:
    """The patient is let go once, whichever permission goes last."""
    path = await ground.fill("/v1/clinics/{clinic}/patients/{patient}/permissions")
    names = ["view", "upload", "note"]
    assert await at_once(*[ground.cast.patient("DELETE", f"{path}/{name}") for name in names]) == {204: 3}
    assert (await listed(ground, "/patients"))["meta"]["totalCount"] == 0


async def test_sites_that_go_while_they_are_given(ground: Ground) -> None:
    """Nobody is left with a site that is gone, and every count is that of the rows."""
    path = await ground.fill("/v1/clinics/{clinic}")
    # Without a limit of patients, new ones do not wait for one another.
    assert (await ground.cast.service("POST", f"{path}/tier", {"tier": "tier0300"})).status_code == 200
    for _ in range(3):
        names = [f"s {secrets.token_hex(4)}" for _ in range(3)]
        sites = [(await ground.cast.admin("POST", f"{path}/sites", {"name": name})).json() for name in names]
        tag = (await ground.cast.admin("POST", f"{path}/patient_tags", {"name": secrets.token_hex(4)})).json()["id"]
        body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "sites": sites, "tags": [tag]}
        known = [(await ground.cast.member("POST", f"{path}/patients", body)).json()["id"] for _ in range(3)]
        found = await at_once(
            *[ground.cast.member("PUT", f"{path}/patients/{one}", body) for one in known],
            *[ground.cast.member("POST", f"{path}/patients", body) for _ in range(4)],
            ground.cast.service("POST", f"{path}/sites/{sites[0]['id']}/merge", {"id": sites[1]["id"]}),
            ground.cast.service("DELETE", f"{path}/sites/{sites[2]['id']}"),
            ground.cast.service("POST", f"{path}/patient_tags/{tag}/site"),
            *[ground.cast.member("POST", f"{path}/patients", body) for _ in range(4)],
        )
        assert set(found) <= {200, 204, 422}, found
    async with ground.cast.house.work() as work:
        assert await work.tx.fetchval(ORPHAN_SITES) == 0
        assert await work.tx.fetch(MISCOUNTED) == []
    clinic = await listed(ground, "")
    patients = (await listed(ground, "/patients?limit=1000"))["data"]
    counted = Counter(site["id"] for one in patients for site in one["sites"])
    assert Counter({site["id"]: site.get("numPatients", 0) for site in clinic["sites"]}) == counted


async def test_a_claim_and_changes_by_the_clinic(ground: Ground) -> None:
    """The account is its owner's once, and nothing that the clinic was told to be written is lost."""
    path = await ground.fill("/v1/clinics/{clinic}")
    service = ground.cast.service
    for _ in range(3):
        body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "email": f"c{secrets.token_hex(6)}@example.org"}
        user = (await ground.cast.member("POST", f"{path}/patients", body)).json()["id"]
        key = (await service("GET", f"/confirm/signup/{user}")).json()["key"]
        claim = {"password": "Correct-horse-7", "birthday": "1990-02-03"}
        changes = [
            ground.cast.member("PUT", f"{path}/patients/{user}", body | {"mrn": f"m {place}"}) for place in range(6)
        ]
        claims = [service("PUT", f"/confirm/accept/signup/{key}", claim) for _ in range(3)]
        answers = await answers_at_once(*changes[:3], *claims, *changes[3:])
        assert Counter(answer.status_code for answer in answers) == {200: 7, 404: 2}
        kept = (await service("GET", f"{path}/patients/{user}")).json()
        assert "custodian" not in kept["permissions"]
        async with ground.cast.house.work() as work:
            named = await work.tx.fetch(
                "select value from identity.name where system = 'mrn' and entity ="
                " (select entity from identity.name where value = $1 and system = 'tidepool-user')",
                user,
            )
        assert [row["value"] for row in named] == [kept["mrn"]]


async def test_one_enrolment_under_a_rule_for_mrns(ground: Ground) -> None:
    """Who comes later is told of the patient, not of the number that he has himself."""
    path = await ground.fill("/v1/clinics/{clinic}")
    assert (await ground.cast.service("PUT", f"{path}/settings/mrn", {"required": True, "unique": True})).is_success
    for place in range(3):
        user = await ground.newcomer()
        body = {"permissions": {"view": {}}, "mrn": f"m {place}"}
        calls = [ground.cast.service("POST", f"{path}/patients/{user}", body) for _ in range(CROWD)]
        assert await at_once(*calls) == {200: 1, 409: CROWD - 1}


class Wire:
    """A real connection, to be cut where it hurts."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call that is waited for: the status and what was said."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, method=method, headers={"x-tidepool-session-token": self.token})
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except OSError as error:
            return getattr(error, "code", None), None

    def cut(self, path: str, body: Any, *, after: float = 1.0) -> None:
        """Send a POST, or only this part of its body, and hang up without reading."""
        data = json.dumps(body).encode()
        place = urlsplit(self.url)
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {place.netloc}\r\nx-tidepool-session-token: {self.token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        with socket.create_connection((place.hostname or "", place.port or 80)) as connection:
            connection.sendall(head.encode() + data[: int(len(data) * after)])


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("after", [1.0, 0.5], ids=["before the answer", "within the body"])
def test_a_post_that_is_repeated_after_a_cut_does_no_harm(live_server: tuple[str, Path], after: float) -> None:
    """What clients do after a broken connection: send it again. It is there once, and they are told so."""
    wire = Wire(live_server[0], "")
    email = f"cut-{secrets.token_hex(4)}@example.org"
    request = Request(
        wire.url + "/auth/user",
        data=json.dumps({"username": email, "emails": [email], "password": "Correct-horse-7"}).encode(),
        method="POST",
    )
    with urlopen(request, timeout=30) as answer:
        wire.token = answer.headers["x-tidepool-session-token"]
    path = f"/v1/clinics/{wire.call('POST', '/v1/clinics', {'name': 'Cut', 'preferredBgUnits': 'mg/dL'})[1]['id']}"
    patient = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "email": f"p-{email}"}
    for rest, body in (("patients", patient), ("patient_tags", {"name": "Once"}), ("sites", {"name": "Once"})):
        for _ in range(3):
            wire.cut(f"{path}/{rest}", body, after=after)
        assert wire.call("POST", f"{path}/{rest}", body)[0] in (200, 409)
        assert wire.call("POST", f"{path}/{rest}", body)[0] == 409
    clinic = wire.call("GET", path)[1]
    assert [one["name"] for one in clinic["patientTags"]] == [one["name"] for one in clinic["sites"]] == ["Once"]
    assert wire.call("GET", f"{path}/patients")[1]["meta"]["totalCount"] == 1
