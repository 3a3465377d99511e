"""Who may call what: every operation of the Clinics API by every kind of caller, and what the refusals look like."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.config import Settings
from tests.wire.tidepool.clinics.conftest import Caller, House
from tests.wire.tidepool.clinics.ground import WORD, Cast, Ground, gather_cast
from tests.wire.tidepool.clinics.operations import OPERATIONS, Operation
from tests.wire.tidepool.contract import CLINIC

pytestmark = pytest.mark.anyio


def each(*rows: Operation) -> pytest.MarkDecorator:
    """A test for each of these rows of the table."""
    return pytest.mark.parametrize(
        "operation", rows, ids=[f"{one.method} {one.path.partition('?')[0]}" for one in rows]
    )


def _last_word(path: str) -> str:
    words = WORD.findall(path.partition("?")[0])
    return words[-1] if words else ""


def _user_id() -> str:
    return str(uuid4())


# What nobody has, by the word that it stands for.
MISSING = {
    **dict.fromkeys(("colleague", "newcomer", "patient", "migrating", "new_legacy", "subscribed_patient"), _user_id),
    **dict.fromkeys(("tag", "site", "summary"), partial(secrets.token_hex, 12)),
    "sent_invite": partial(secrets.token_urlsafe, 24),
}
# Who is content when it is gone, or finds nothing of somebody.
TOLERANT = {
    "DeletePatientTag": 204,
    "DeletePatientTagFromClinicPatients": 200,
    "DeleteInvite": 200,
    "DeleteUserFromClinics": 200,
    "UpdateClinicUserDetails": 204,
    "DeletePatientSummary": 204,
    "ListClinicsForClinician": 200,
    "ListClinicsForPatient": 200,
}
# Whose success says nothing.
SILENT = {
    *("DeleteClinician", "DeleteInvite", "DeleteInvitedClinician", "DismissClinicianInvite"),
    *("AssignPatientTagToClinicPatients", "DeletePatientTagFromClinicPatients", "UpdateTier", "RefreshPatientCount"),
    *("UpdateSuppressedNotifications", "DeleteUserFromClinics", "UpdatePatientSummary", "UpdatePatientDataSources"),
    *("MergeClinic", "ProcessEHRMessage", "XealthNotification"),
}
PAGED = [
    one
    for one in OPERATIONS
    if one.name
    in {
        *("ListClinics", "ListClinicians", "ListAllClinicians", "ListClinicsForClinician", "ListPatients"),
        *("ListClinicsForPatient", "FindPatients"),
    }
]
GUARDED = [one for one in OPERATIONS if not one.callers & set("RXT")]
BY_SERVICE = [one for one in OPERATIONS if "S" in one.callers]

# Who shows no session token; the bearer token of Xealth is taken for one and not found.
ANONYMOUS = {"Redox": 400, "holder of a link": 400, "Xealth": 401}
# Their path parameter has no published pattern.
LENIENT = {"MigrateLegacyClinicianPatients", "ListMigrations"}


@pytest.fixture(scope="module")
async def cast(settings: Settings, dsn: str, pool: Any, tools: Any) -> AsyncIterator[Cast]:
    """Everybody, and the server with every wire, for record systems have their own."""
    async with AsyncTestClient(build(settings, dsn), base_url="http://openward.test") as client:
        yield await gather_cast(House(client, pool, tools))


def test_the_table_holds_every_published_operation() -> None:
    assert {one.name for one in OPERATIONS} == CLINIC.operation_ids()


@each(*OPERATIONS)
async def test_everybody_gets_what_the_table_says(cast: Cast, operation: Operation) -> None:
    ground = Ground(cast, cast.stranger)
    path, body = await ground.fill(operation.path), await ground.fill(operation.body)
    has_own_guard = bool(operation.callers & set("RXT"))
    nobody = Caller(cast.house.client, None)
    found = {
        "no token": await nobody(operation.method, path, body),
        "unknown token": await replace(nobody, token=secrets.token_urlsafe(24))(operation.method, path, body),
    }
    wanted = {"no token": 401 if has_own_guard else 400, "unknown token": 401}
    for kind, (caller, letters) in cast.kinds.items():
        if _may(operation, caller, letters, path):
            own = Ground(cast, caller)
            own_path, own_body = await own.fill(operation.path), await own.fill(operation.body)
            found[kind], wanted[kind] = await caller(operation.method, own_path, own_body), operation.success
        else:
            found[kind] = await caller(operation.method, path, body)
            wanted[kind] = 401 if has_own_guard else ANONYMOUS.get(kind, 403)
    if ground.named and "self" in operation.callers:
        found["self"], wanted["self"] = await ground.named(operation.method, path, body), operation.success
    assert {kind: answer.status_code for kind, answer in found.items()} == wanted
    for kind, answer in found.items():
        if answer.status_code == 204 or (answer.is_success and operation.name in SILENT):
            assert answer.content == b"", kind
        elif answer.is_success and answer.content and "json" in answer.headers["content-type"]:
            assert CLINIC.faults(operation.name, answer.status_code, answer.json()) == [], kind
        elif not answer.is_success:
            _is_refusal(answer)


def _may(operation: Operation, caller: Caller, letters: str, path: str) -> bool:
    """Whether the table lets somebody do it: as one of his kind, or as the person whom the path names."""
    if operation.callers & set(letters.split()):
        return True
    return bool({"P", "self"} & operation.callers and caller.user_id and caller.user_id in path)


def _is_refusal(answer: Response) -> None:
    """Exactly `{"code", "message"}`, and nothing of our insides."""
    body = answer.json()
    assert set(body) == {"code", "message"}, body
    assert body["code"] == answer.status_code
    assert isinstance(body["message"], str)
    assert body["message"]


@each(*GUARDED)
async def test_who_may_not_learns_nothing_else(cast: Cast, operation: Operation) -> None:
    """Rights come before the shape of path, query and body, and before what exists."""
    ground = Ground(cast, cast.stranger)
    path = await ground.fill(operation.path)
    refused = [
        caller
        for kind, (caller, letters) in cast.kinds.items()
        if kind not in ANONYMOUS and not _may(operation, caller, letters, path)
    ]
    for spoilt in (WORD.sub("nonsense", operation.path), WORD.sub(secrets.token_hex(12), operation.path)):
        for caller in refused:
            answer = await caller(operation.method, f"{spoilt.partition('?')[0]}?limit=none", content=b"{")
            _is_refusal(answer)
            assert answer.status_code == 403, spoilt


@each(*GUARDED)
async def test_a_link_is_no_session(cast: Cast, operation: Operation) -> None:
    """A link to the patient's data opens what is served to links and nothing else, in a header neither."""
    link = await Ground(cast, cast.holder).word("link")
    path = await Ground(cast, cast.stranger).fill(operation.path)
    in_query = await cast.holder(operation.method, f"{path}{'&' if '?' in path else '?'}restricted_token={link}")
    in_header = await replace(cast.stranger, token=link)(operation.method, path)
    assert (in_query.status_code, in_header.status_code) == (400, 401)


@each(*[one for one in BY_SERVICE if "{clinic}" in one.path])
async def test_unknown_and_misshapen_clinics(cast: Cast, operation: Operation) -> None:
    """A service is told that a clinic is not there (404) or cannot be there (400, or 404 where no pattern is given)."""
    ground = Ground(cast, cast.service)
    body = await ground.fill(operation.body)
    for clinic, wanted in ((secrets.token_hex(12), 404), ("nonsense", 404 if operation.name in LENIENT else 400)):
        path = await ground.fill(operation.path.replace("{clinic}", clinic))
        answer = await cast.service(operation.method, path, body)
        if operation.name == "ListMigrations" and answer.is_success:
            assert answer.json() == []
        else:
            assert answer.status_code == wanted, path
            _is_refusal(answer)


@each(*[one for one in BY_SERVICE if _last_word(one.path) in MISSING])
async def test_unknown_and_misshapen_things(cast: Cast, operation: Operation) -> None:
    """The same for what is in a clinic; some calls are content that it is gone."""
    word = _last_word(operation.path)
    body = await Ground(cast, cast.service).fill(operation.body)
    for value, wanted in ((MISSING[word](), TOLERANT.get(operation.name, 404)), ("non sense", 400)):
        if word == "sent_invite" and wanted == 400:
            wanted = TOLERANT.get(operation.name, 404)  # any text may be an invite
        elif operation.name == "EnableNewClinicExperience":
            wanted = 404
        path = await Ground(cast, cast.service).fill(operation.path.replace(f"{{{word}}}", value))
        answer = await cast.service(operation.method, path, body)
        assert answer.status_code == wanted, (path, answer.text)
        if not answer.is_success:
            _is_refusal(answer)


@each(*[one for one in BY_SERVICE if one.body is not None])
async def test_broken_bodies_are_400(cast: Cast, operation: Operation) -> None:
    path = await Ground(cast, cast.service).fill(operation.path)
    for broken in (b"{", b'"text"', b"[1]", b"\xff"):
        answer = await cast.service(operation.method, path, content=broken)
        assert answer.status_code == 400, broken
        _is_refusal(answer)


@each(*PAGED)
async def test_pages_are_asked_for_with_whole_numbers(cast: Cast, operation: Operation) -> None:
    path = await Ground(cast, cast.service).fill(operation.path)
    caller = cast.service if "S" in operation.callers else cast.member
    for wrong in ("offset=-1", "limit=0", "limit=ten", "limit=-1", "offset=1.5", "limit="):
        answer = await caller("GET", f"{path}?{wrong}")
        assert answer.status_code == 400, wrong
        _is_refusal(answer)
    assert (await caller("GET", f"{path}?offset=100000&limit=100000")).status_code == 200


async def test_an_unknown_route_is_told_to_callers_who_are_known(cast: Cast) -> None:
    """The token comes first, then the route."""
    nobody = Caller(cast.house.client, None)
    for path in ("/v1/clinics/none/such/route", "/v1/clinicians/a/b/c", "/v1/patients/a/b"):
        answers = [await one("GET", path) for one in (nobody, replace(nobody, token="unknown"), cast.stranger)]
        assert [answer.status_code for answer in answers] == [400, 401, 404]
        for answer in answers:
            _is_refusal(answer)
