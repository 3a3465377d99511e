"""Groups, coaches and the organization, as a token of the whole organization and one of some groups see them."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio


def _group(name: Any, **more: Any) -> dict[str, Any]:
    return {"data": {"type": "group", "attributes": {"name": name, **more}}}


async def test_a_group_is_made_and_found(coaching: Coaching) -> None:
    answer = await coaching("POST", "/group", _group("Night", bio="Late birds"))
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert made["attributes"] == {"name": "Night", "bio": "Late birds"}
    assert made["relationships"]["organization"]["data"] == {"type": "organization", "id": coaching.id}
    assert made["links"] == {"self": f"/pub/group/{made['id']}"}
    read = (await coaching("GET", f"/group/{made['id']}")).json()
    assert (read["data"], read["included"]) == (made, [])
    listed = (await coaching("GET", "/group")).json()
    assert [one["attributes"]["name"] for one in listed["data"]] == ["Lead", "Other", "Night"]
    assert (listed["meta"]["count"], listed["links"]) == (3, {"self": "/pub/group"})
    found = (await coaching("GET", "/group?filter[name]=Night")).json()
    assert [one["id"] for one in found["data"]] == [made["id"]]
    assert (await coaching("GET", "/group?filter%5Bname%5D=night")).json()["data"] == []
    again = await coaching("POST", "/group", _group("Night"))
    assert (again.status_code, again.json()["errors"][0]["source"]) == (409, {"pointer": "/data/attributes/name"})


async def test_a_token_of_groups_sees_those_alone(coaching: Coaching) -> None:
    confined = await coaching.confined_to("Lead")
    listed = (await confined("GET", "/group")).json()
    assert [one["attributes"]["name"] for one in listed["data"]] == ["Lead"]
    assert (await confined("GET", f"/group/{coaching.group('Other')}")).status_code == 403
    assert (await confined("GET", f"/group/{coaching.group('Lead')}")).status_code == 200
    assert (await confined("POST", "/group", _group("More"))).status_code == 403
    assert (await confined("GET", f"/coach?filter[groups]={coaching.group('Other')}")).status_code == 403


async def test_filters_of_groups(a_coaching: MakeCoaching) -> None:
    coaching, other = await a_coaching(), await a_coaching()
    confined = await coaching.confined_to("Lead")
    own = f"filter[organization]={coaching.id}"
    whole = [coaching.group(name) for name in ("Lead", "Other")]

    async def found(caller: Coaching, query: str) -> list[str]:
        answer = await caller("GET", f"/group?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["count"] == len(answer.json()["data"])
        return [one["id"] for one in answer.json()["data"]]

    async def refused(caller: Coaching, query: str) -> tuple[int, list[str]]:
        answer = await caller("GET", f"/group?{query}")
        return answer.status_code, [one.get("source", {}).get("parameter", "") for one in answer.json()["errors"]]

    for caller, reached in ((coaching, whole), (confined, whole[:1])):
        assert await found(caller, "") == await found(caller, own) == reached
        assert await found(caller, f"{own}&filter[name]=Lead") == whole[:1]
        assert await found(caller, f"filter[organization]={'0' * 24}") == []
        assert await found(caller, f"filter[organization]={'0' * 24}&filter[name]=Lead") == []
        assert await refused(caller, f"filter[organization]={other.id}&filter[name]=Lead") == (403, [""])
        for query, named in (
            (f"filter[groups]={whole[0]}", "filter[groups]"),
            ("filter[name]=", "filter[name]"),
            ("filter[organization]=", "filter[organization]"),
            (f"{own}&{own}", "filter[organization]"),
        ):
            assert await refused(caller, query) == (409, [named])
    assert await found(confined, "filter[name]=Other") == [], "out of reach, which a name does not tell"
    settings = coaching.tools.settings
    object.__setattr__(settings, "twine_require_scope_filter", True)
    try:
        for caller, reached in ((coaching, whole), (confined, whole[:1])):
            assert await refused(caller, "") == (409, ["filter[organization]"])
            assert await refused(caller, "filter[name]=Lead") == (409, ["filter[organization]"])
            assert await found(caller, own) == reached
    finally:
        object.__setattr__(settings, "twine_require_scope_filter", False)


async def test_coaches_by_group(a_coaching: MakeCoaching) -> None:
    people = [
        {"email": f"c{secrets.token_hex(4)}@example.org", "first_name": name, "last_name": "Coach", "groups": groups}
        for name, groups in (("Joe", ["Lead"]), ("Kim", ["Lead", "Other"]), ("Lou", []))
    ]
    coaching = await a_coaching({"coaches": people})

    async def names(caller: Coaching, query: str = "") -> list[str]:
        answer = await caller("GET", f"/coach{query}")
        assert answer.status_code == 200, answer.text
        return [one["attributes"]["first_name"] for one in answer.json()["data"]]

    assert await names(coaching) == ["Joe", "Kim", "Lou"]
    assert await names(coaching, f"?filter[groups]={coaching.group('Other')}") == ["Kim"]
    assert await names(coaching, f"?filter[organization]={coaching.id}") == ["Joe", "Kim", "Lou"]
    assert await names(coaching, f"?filter[organization]={'0' * 24}") == []
    confined = await coaching.confined_to("Other")
    assert await names(confined) == ["Kim"]
    kim = (await confined("GET", "/coach")).json()["data"][0]
    assert kim["relationships"]["groups"]["data"] == [{"type": "group", "id": coaching.group("Other")}]
    joe = coaching.provisioned["coaches"][0]["id"]
    assert (await coaching("GET", f"/coach/{joe}")).json()["data"]["attributes"] == {
        "first_name": "Joe",
        "last_name": "Coach",
    }
    assert (await confined("GET", f"/coach/{joe}")).status_code == 403


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/group?filter[organization]=x", "filter[organization]"),
        ("/group?filter[nothing]=x", "filter[nothing]"),
        ("/group?page[number]=1", "page[number]"),
        ("/coach?filter[groups]=a,", "filter[groups]"),
        ("/coach?include=groups", "include"),
    ],
)
async def test_a_bad_parameter_is_named(coaching: Coaching, path: str, parameter: str) -> None:
    answer = await coaching("GET", path)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"], error["source"]) == (409, "InvalidParameter", {"parameter": parameter})


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (_group("  "), ["/data/attributes/name"]),
        (_group(1, bio=2), ["/data/attributes/name", "/data/attributes/bio"]),
        ({"data": {"type": "coach", "attributes": {"name": "x"}}}, ["/data/type"]),
        ([], [""]),
    ],
)
async def test_a_bad_body_is_named_whole(coaching: Coaching, body: Any, pointers: list[str]) -> None:
    answer = await coaching("POST", "/group", body)
    errors = answer.json()["errors"]
    assert (answer.status_code, [one["source"]["pointer"] for one in errors]) == (409, pointers)


async def test_of_many_who_make_one_group_one_does(coaching: Coaching) -> None:
    answers = await asyncio.gather(*(coaching("POST", "/group", _group("Once")) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
