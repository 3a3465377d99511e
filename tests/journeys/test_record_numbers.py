"""One rule for medical record numbers wherever patients are made or changed: unique under races, needed where asked."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response

from openward.care import accounts, identity, organizations, patients
from openward.care.identity import System
from openward.care.organizations import MRNRules, Role
from openward.care.patients import Details, Joining, Permission
from openward.care.work import PersonKey
from tests.wire.twine.conftest import Coaching, MakeCoaching, a_coaching
from tests.wire.twine.test_patients import told

__all__ = ["a_coaching"]
pytestmark = pytest.mark.anyio

CROWD = 16
PASSWORD = "correct-horse-9"
BORN = "1990-02-03"
MRN = "medical-record-number"


@dataclass
class House:
    """An organization that every system serves, with a caller of each."""

    coaching: Coaching
    service: dict[str, str]
    key: dict[str, str]
    cookies: dict[str, str]
    share_code: str

    @property
    def clinic(self) -> str:
        return f"/v1/clinics/{self.coaching.id}"

    async def rule(self, *, required: bool, unique: bool) -> None:
        body = {"required": required, "unique": unique}
        answer = await self.send("PUT", f"{self.clinic}/settings/mrn", json=body, headers=self.service)
        assert answer.status_code == 200, answer.text

    async def send(self, method: str, path: str, **more: Any) -> Response:
        return await self.coaching.client.request(method, path, follow_redirects=False, **more)

    async def patient(self, mrn: str | None = None) -> tuple[PersonKey, dict[str, str]]:
        """A new patient: his ids in the systems."""
        async with self.coaching.work() as work:
            details = Details("Pat Smith", None, mrn=mrn or secrets.token_hex(6))
            person = (await patients.create_custodial(work, self.coaching.organization, details)).person
            systems = {"user": System.USER, "twine": System.TWINE, "spid": System.SPID}
            return person, {word: await identity.name(work, person, system) for word, system in systems.items()}

    async def account(self) -> accounts.Account:
        async with self.coaching.work() as work:
            email = f"{secrets.token_hex(6)}@example.org"
            return await accounts.create(work, email=email, is_verified=True, full_name="Ana Ruiz")

    async def holders(self, mrn: str) -> int:
        """How many present patients have this number."""
        async with self.coaching.work() as work:
            return len(await patients.find(work, [self.coaching.organization], mrn=mrn, limit=100))

    async def everybody(self) -> int:
        async with self.coaching.work() as work:
            return len(await patients.find(work, [self.coaching.organization], limit=1000))


@pytest.fixture
async def house(a_coaching: MakeCoaching) -> House:
    coaching = await a_coaching()
    key = secrets.token_hex(16)
    async with coaching.work() as work:
        await organizations.set_tier(work, coaching.organization, "tier0300")
        token = await accounts.open_session(work, None, name="test")
        await accounts.put_api_key(work, coaching.organization, "k", secret=key)
        email = f"{secrets.token_hex(6)}@example.org"
        member = await accounts.create(work, email=email, password=PASSWORD, is_verified=True, full_name="Dr Member")
        await organizations.add_member(
            work, coaching.organization, person=member.key, email=email, roles=[Role.ADMIN], name="Dr Member"
        )
        code = await identity.name(work, coaching.organization, System.SHARE_CODE)
    made = House(coaching, {"x-tidepool-session-token": token}, {"api-key": key}, {}, code)
    await _sign_in(made, email)
    return made


async def _sign_in(house: House, email: str) -> None:
    answer = await _form(house, "/signin", {"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


async def _form(house: House, path: str, fields: dict[str, str]) -> Response:
    """Fill in the form on a page and send it."""
    page = await house.send("GET", path, headers=_cookie(house))
    _keep(house, page)
    found = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert found, page.text[:400]
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)
    sent = {"form_token": found[1]} | ({"seen": seen[1]} if seen else {}) | fields
    return _keep(house, await house.send("POST", path, data=sent, headers=_cookie(house)))


def _cookie(house: House) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in house.cookies.items())}


def _keep(house: House, answer: Response) -> Response:
    for line in answer.headers.get_list("set-cookie"):
        name, _, rest = line.partition("=")
        house.cookies[name] = rest.split(";")[0].strip('"')
    house.coaching.client.cookies.clear()
    return answer


Ask = Callable[[str | None], Awaitable[Response]]
"""Makes or changes one patient with this number (None: without one)."""


async def clinic_create(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        body = {"fullName": "Pat Smith", "birthDate": BORN} | ({"mrn": mrn} if mrn else {})
        return await house.send("POST", f"{house.clinic}/patients", json=body, headers=house.service)

    return ask


async def clinic_update(house: House) -> Ask:
    _, ids = await house.patient()

    async def ask(mrn: str | None) -> Response:
        body = {"fullName": "Pat Smith", "birthDate": BORN} | ({"mrn": mrn} if mrn else {})
        return await house.send("PUT", f"{house.clinic}/patients/{ids['user']}", json=body, headers=house.service)

    return ask


async def clinic_from_user(house: House) -> Ask:
    account = await house.account()

    async def ask(mrn: str | None) -> Response:
        body: dict[str, Any] = {"permissions": {"view": {}}} | ({"mrn": mrn} if mrn else {})
        path = f"{house.clinic}/patients/{account.user_id}"
        return await house.send("POST", path, json=body, headers=house.service)

    return ask


async def clinic_invite(house: House) -> Ask:
    account = await house.account()
    body = {"shareCode": house.share_code, "permissions": {"view": {}}}
    path = f"/confirm/send/invite/{account.user_id}/clinic"
    answer = await house.send("POST", path, json=body, headers=house.service)
    assert answer.status_code == 200, answer.text
    invite = answer.json()["key"]

    async def ask(mrn: str | None) -> Response:
        path = f"{house.clinic}/invites/patients/{invite}"
        return await house.send("PUT", path, json={"mrn": mrn} if mrn else {}, headers=house.service)

    return ask


async def solo_create(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        body = {"id": secrets.token_hex(8)} | ({"mrn": mrn} if mrn else {})
        return await house.send("POST", "/qapi/v1/patients", json=body, headers=house.key)

    return ask


async def solo_update(house: House) -> Ask:
    _, ids = await house.patient()
    path = f"/qapi/v1/patients/id/type/SPID/value/{ids['spid']}"

    async def ask(mrn: str | None) -> Response:
        return await house.send("PUT", path, json={"mrn": mrn or ""}, headers=house.key)

    return ask


def _named(mrn: str | None) -> list[dict[str, Any]]:
    own = {"system": "lab", "value": secrets.token_hex(8)}
    return [own] + ([{"system": MRN, "value": mrn}] if mrn else [])


async def coaching_create(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        return await house.coaching(
            "POST", "/patient", {"data": told(house.coaching.group("Lead"), identifiers=_named(mrn))}
        )

    return ask


async def coaching_bulk(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        lead = house.coaching.group("Lead")
        others = [told(lead, identifiers=_named(secrets.token_hex(8))) for _ in range(3)]
        return await house.coaching("POST", "/patient", {"data": [*others, told(lead, identifiers=_named(mrn))]})

    return ask


async def coaching_put(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        lead = house.coaching.group("Lead")
        own = {"system": "ehr", "value": secrets.token_hex(8)}
        query = {"identifier": own, "groups": [lead]}
        data = told(lead, identifiers=_named(mrn))
        return await house.coaching("PUT", "/patient", {"data": data, "meta": {"query": query}})

    return ask


async def coaching_patch(house: House) -> Ask:
    _, ids = await house.patient()

    async def ask(mrn: str | None) -> Response:
        data = {"type": "patient", "id": ids["twine"], "attributes": {"identifiers": _named(mrn)}}
        return await house.coaching("PATCH", f"/patient/{ids['twine']}", {"data": data})

    return ask


async def web_create(house: House) -> Ask:
    async def ask(mrn: str | None) -> Response:
        fields = {"full_name": "Pat Smith", "birth_date": BORN, "email": "", "mrn": mrn or ""}
        return await _form(house, "/patients/new", fields)

    return ask


async def web_update(house: House) -> Ask:
    _, ids = await house.patient()

    async def ask(mrn: str | None) -> Response:
        fields = {"full_name": "Pat Smith", "birth_date": BORN, "email": "", "mrn": mrn or ""}
        return await _form(house, f"/patients/{ids['user']}/edit", fields)

    return ask


def _clinic_refusal(answer: Response, why: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (400, 400), answer.text
    assert answer.json()["message"].endswith(f"mrn {why}"), answer.text


def _solo_refusal(answer: Response, why: str) -> None:
    sentence = {"is required": "not be blank", "must be unique": "already used"}[why]
    message = answer.json()["error"]["message"]
    assert answer.status_code == 400, answer.text
    assert message.startswith("Bad parameters [mrn: "), message
    assert sentence in message


def _coaching_refusal(answer: Response, why: str) -> None:
    assert answer.status_code == 409, answer.text
    [error] = answer.json()["errors"]
    assert error["code"] == "InvalidBodyParameter"
    end = "/attributes/identifiers" + ("" if why == "is required" else "/1")
    assert error["source"]["pointer"].endswith(end), error


def _web_refusal(answer: Response, _why: str) -> None:
    assert answer.status_code in (400, 409, 422), answer.status_code
    assert 'aria-invalid="true"' in answer.text


Refusal = Callable[[Response, str], None]
WAYS: dict[str, tuple[Callable[[House], Awaitable[Ask]], Refusal]] = {
    "clinic-create": (clinic_create, _clinic_refusal),
    "clinic-update": (clinic_update, _clinic_refusal),
    "clinic-from-user": (clinic_from_user, _clinic_refusal),
    "clinic-invite": (clinic_invite, _clinic_refusal),
    "solo-create": (solo_create, _solo_refusal),
    "solo-update": (solo_update, _solo_refusal),
    "coaching-create": (coaching_create, _coaching_refusal),
    "coaching-bulk": (coaching_bulk, _coaching_refusal),
    "coaching-put": (coaching_put, _coaching_refusal),
    "coaching-patch": (coaching_patch, _coaching_refusal),
    "web-create": (web_create, _web_refusal),
    "web-update": (web_update, _web_refusal),
}


async def _at_once(asks: list[Ask], mrn: str) -> list[Response]:
    """The client of tests holds a loop until it is answered: a thread for each caller."""

    async def one(ask: Ask) -> Response:
        return await ask(mrn)

    with ThreadPoolExecutor(len(asks)) as threads:
        loop = asyncio.get_running_loop()
        return list(await asyncio.gather(*[loop.run_in_executor(threads, asyncio.run, one(ask)) for ask in asks]))


def is_done(answer: Response) -> bool:
    """Whether the patient was made or changed; a form that was taken leads on."""
    return answer.is_success or answer.status_code == 303


@pytest.mark.parametrize("way", list(WAYS))
async def test_of_many_who_take_one_number_one_gets_it(house: House, way: str) -> None:
    await house.rule(required=False, unique=True)
    prepare, refusal = WAYS[way]
    asks = [await prepare(house) for _ in range(CROWD)]
    mrn = secrets.token_hex(6)
    answers = await _at_once(asks, mrn)
    assert sum(map(is_done, answers)) == 1, [(answer.status_code, answer.text[:200]) for answer in answers]
    for answer in answers:
        if not is_done(answer):
            refusal(answer, "must be unique")
    assert await house.holders(mrn) == 1


async def test_one_gets_it_whatever_system_he_comes_by(house: House) -> None:
    await house.rule(required=False, unique=True)
    asks = [await prepare(house) for prepare, _ in WAYS.values()]
    mrn = secrets.token_hex(6)
    answers = await _at_once(asks, mrn)
    assert sum(map(is_done, answers)) == 1, [(answer.status_code, answer.text[:200]) for answer in answers]
    assert {answer.status_code for answer in answers if not is_done(answer)} <= {400, 409, 422}
    assert await house.holders(mrn) == 1


@pytest.mark.parametrize("way", list(WAYS))
async def test_a_number_that_is_needed_may_not_be_missing(house: House, way: str) -> None:
    prepare, refusal = WAYS[way]
    ask = await prepare(house)
    await house.rule(required=True, unique=False)
    before = await house.everybody()
    answer = await ask(None)
    assert not is_done(answer), answer.text
    refusal(answer, "is required")
    assert await house.everybody() == before
    assert is_done(await ask(secrets.token_hex(6)))


@pytest.mark.parametrize("way", list(WAYS))
async def test_without_a_rule_numbers_may_be_shared_or_missing(house: House, way: str) -> None:
    prepare, _ = WAYS[way]
    mrn = secrets.token_hex(6)
    await house.patient(mrn)
    for value in (mrn, None):
        answer = await (await prepare(house))(value)
        assert is_done(answer), answer.text
    assert await house.holders(mrn) == 2


async def test_whoever_comes_back_finds_his_number_taken(house: House) -> None:
    """Removed and inactive patients come back by several ways, at once, and one of them has the number."""
    await house.rule(required=False, unique=True)
    mrn = secrets.token_hex(6)
    gone = []
    for _ in range(4):
        person, ids = await house.patient(mrn)
        async with house.coaching.work() as work:
            await patients.remove(work, house.coaching.organization, person)
        gone.append((person, ids))

    async def solo(ids: dict[str, str]) -> Response:
        path = f"/qapi/v1/patients/id/type/SPID/value/{ids['spid']}"
        return await house.send("PUT", path, json={"active": True}, headers=house.key)

    with ThreadPoolExecutor(len(gone)) as threads:
        loop = asyncio.get_running_loop()
        answers = await asyncio.gather(*[loop.run_in_executor(threads, asyncio.run, solo(ids)) for _, ids in gone])
    assert sum(map(is_done, answers)) == 1, [answer.text for answer in answers]
    assert await house.holders(mrn) == 1


async def test_patients_of_an_old_account_are_refused_one_by_one(house: House) -> None:
    """Several who are enrolled at once with one number, as a migration does it."""
    async with house.coaching.work() as work:
        await organizations.set_mrn_rules(work, house.coaching.organization, MRNRules(required=False, unique=True))
    people = [(await house.account()).key for _ in range(CROWD)]
    mrn = secrets.token_hex(6)

    async def enrol(person: PersonKey) -> bool:
        joining = Joining(frozenset({Permission.VIEW}), mrn=mrn, is_migrated=True)
        try:
            async with house.coaching.work() as work:
                await patients.enrol(work, house.coaching.organization, person, joining)
        except Exception as error:
            return "mrn" not in str(error)
        return True

    assert sorted(await asyncio.gather(*map(enrol, people))) == [False] * (CROWD - 1) + [True]
    assert await house.holders(mrn) == 1
