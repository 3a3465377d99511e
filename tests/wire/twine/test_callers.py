"""Every operation by every kind of caller: what is let in, and what the refusals look like."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from openward.care import accounts, identity, notices, surveys
from openward.care import coaching as plans
from openward.care.coaching import Outcome
from openward.care.identity import Identifier, System
from openward.care.work import Actor, ActorKind, PersonKey
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.contract import JSON_API, faults, statuses
from tests.wire.twine.operations import KEYED, TOKEN, Operation, nobodys, organization_part, settle

pytestmark = pytest.mark.anyio

REFUSALS = {401: "Unauthorized", 403: "Forbidden", 404: "ResourceNotFound", 409: "InvalidBodyParameter"}


class House:
    """An organization in which there is one of everything, all of the group Lead."""

    def __init__(self, coaching: Coaching, ids: dict[str, str]) -> None:
        self.coaching = coaching
        self.ids = ids

    async def call(
        self, operation: Operation, token: str | None, ids: dict[str, str] | None = None, **more: Any
    ) -> Response:
        """One operation with this token; the answer is one that is published, with the id of the request twice."""
        method, path, body, query = operation.request(ids or self.ids)
        headers = {} if token is None else {"authorization": token}
        if body is not None:
            headers |= {"content-type": JSON_API}
            more = {"json": body} | more
        more["headers"] = headers | more.get("headers", {})
        more["params"] = query | more.get("params", {})
        answer: Response = await self.coaching.client.request(method, f"/pub{path}", **more)
        where = (operation.name, answer.status_code, answer.text)
        assert answer.headers["x-request-id"] == answer.json()["meta"]["req_id"], where
        assert UUID(answer.headers["x-request-id"]), where
        assert answer.status_code in statuses(operation.name), where
        assert faults(operation.name, answer.status_code, answer.json()) == [], where
        return answer

    async def refused(self, operation: Operation, status: int, *words: Any, **more: Any) -> Response:
        """One operation that is answered with this status, and says nothing but why."""
        answer = await self.call(operation, *words, **more)
        where = (operation.name, answer.status_code, answer.text)
        assert answer.status_code == status, where
        assert answer.json().keys() == {"meta", "errors"}, where
        assert {one["status"] for one in answer.json()["errors"]} == {str(status)}, where
        return answer


def bearer(coaching: Coaching) -> str:
    return f"Bearer {coaching.token}"


@pytest.fixture
async def house(a_coaching: MakeCoaching) -> House:
    """With what our own pages alone make, too: a result, an answer and a mail."""
    coaching = await a_coaching(organization_part())
    async with coaching.work() as work:
        _, token = await accounts.by_client_token(work, coaching.token)
    ids = await settle(coaching, coaching.provisioned, token, coaching.id)
    async with coaching.work() as work:
        person = PersonKey(await identity.resolve(work, Identifier(System.TWINE, ids["patient"])))
        himself = replace(work, actor=Actor(ActorKind.PERSON, person, credential="test"))
        await surveys.answer(himself, coaching.organization, person, {int(ids["definition"]): "0"})
        action = await identity.resolve(work, Identifier(System.TWINE, ids["action"]))
        await plans.check_off(work, action, Outcome(datetime(2026, 1, 1, tzinfo=UTC)))
        values: dict[str, Any] = {
            "name": "",
            "invited_by": "",
            "clinic": "",
            "has_account": True,
            "link": "http://x.test",
            "days": 3,
        }
        to = f"{secrets.token_hex(6)}@example.org"
        await notices.send(work, "custodial_claim", to, person=person, organization=coaching.organization, **values)
    for word, path in (("result", "/result"), ("answer", "/health_profile_answer"), ("mail", "/email_history")):
        name = "filter[receiver]" if word == "mail" else "filter[patient]"
        listed = await coaching("GET", path, params={name: ids["patient"]})
        ids[word] = listed.json()["data"][0]["id"]
    client = coaching.provisioned["clients"][0]
    return House(coaching, ids | {name: client[name] for name in ("client_id", "client_secret")})


async def test_a_token_of_the_organization_is_let_in_everywhere(house: House) -> None:
    seen = set()
    for operation in (TOKEN, *KEYED):
        answer = await house.call(operation, None if operation is TOKEN else bearer(house.coaching))
        assert answer.status_code == operation.status, (operation.name, answer.text)
        assert answer.headers["content-type"] == JSON_API, operation.name
        seen.add(answer.headers["x-request-id"])
    assert len(seen) == 62
    gone = await house.refused(KEYED[-1], 404, bearer(house.coaching))  # what was deleted
    assert gone.json()["errors"][0]["code"] == "ResourceNotFound"


async def test_without_a_known_token_nothing_is_said_anywhere(house: House) -> None:
    for token in (None, "", "Bearer", "Bearer nobody", f"Basic {house.coaching.token}", house.coaching.token):
        for operation in KEYED:
            for ids in (house.ids, nobodys(house.ids)):
                answer = await house.refused(operation, 401, token, ids)
                [error] = answer.json()["errors"]
                assert (error["code"], error["detail"]) == ("Unauthorized", "A valid bearer token is required")
                assert answer.headers["www-authenticate"] == "Bearer"


async def test_what_another_organization_has_is_forbidden_and_what_nobody_has_is_not_found(
    house: House, a_coaching: MakeCoaching
) -> None:
    stranger = bearer(await a_coaching())
    for operation in KEYED:
        answer = await house.call(operation, stranger)
        assert answer.status_code == operation.stranger, (operation.name, answer.text)
        if operation.stranger != 200:
            assert [one["code"] for one in answer.json()["errors"]] == ["Forbidden"], operation.name
        answer = await house.call(operation, stranger, nobodys(house.ids))
        assert answer.status_code == operation.for_unknown, (operation.name, answer.text)
        if answer.status_code == 200 and "count" in answer.json()["meta"]:
            assert (answer.json()["data"] == []) == bool(operation.query), operation.name
        for error in answer.json().get("errors", ()):
            assert error["code"] == REFUSALS[answer.status_code], operation.name


OPEN_TO_ALL = {"fetchOrganization", "fetchHealthQuestionDefinitions", "fetchHealthQuestionDefinition"}


async def test_a_token_of_another_group_reaches_nothing(house: House) -> None:
    confined = bearer(await house.coaching.confined_to("Other"))
    for operation in KEYED:
        answer = await house.call(operation, confined)
        if operation.name in OPEN_TO_ALL:
            assert answer.status_code == 200, operation.name
        elif operation.name == "fetchGroups":  # those of the organization, as far as the token reaches
            assert [one["attributes"]["name"] for one in answer.json()["data"]] == ["Other"]
        else:
            assert answer.status_code == 403, (operation.name, answer.text)


async def test_bodies_of_another_media_type_are_forbidden(house: House) -> None:
    for operation in (TOKEN, *KEYED):
        if operation.body is None:
            continue
        for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
            await house.refused(operation, 403, bearer(house.coaching), headers={"content-type": media})
    for operation in KEYED:
        if operation.body is not None:
            answer = await house.call(
                operation, bearer(house.coaching), headers={"content-type": "application/json; charset=utf-8"}
            )
            assert answer.status_code == operation.status, (operation.name, answer.text)


async def test_unknown_parameters_and_bodies_that_are_no_json_are_named(house: House) -> None:
    for operation in (TOKEN, *KEYED):
        answer = await house.refused(operation, 409, bearer(house.coaching), params={"bogus": "1"})
        [error] = answer.json()["errors"]
        assert (error["code"], error["source"]) == ("InvalidParameter", {"parameter": "bogus"}), operation.name
        if operation.body is not None:
            answer = await house.refused(operation, 409, bearer(house.coaching), json=None, content=b'{"data": ')
            [error] = answer.json()["errors"]
            assert (error["code"], error["source"]) == ("InvalidBodyParameter", {"pointer": ""}), operation.name


async def test_what_is_no_operation_is_not_found(house: House) -> None:
    for method, path in (
        ("GET", "/nothing"),
        ("DELETE", f"/patient/{house.ids['patient']}"),
        ("GET", f"/patient/{house.ids['patient']}/plan"),
        ("PATCH", "/group"),
    ):
        answer = await house.coaching(method, path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "ResourceNotFound"), path
        assert answer.headers["x-request-id"] == answer.json()["meta"]["req_id"]
