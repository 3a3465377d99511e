"""The door of a simulated cloud: faults change while it runs, and it tells who asked how often."""

from typing import Any

import aiohttp
import pytest

from openward.simulators.cloud import Clock, Cloud, Faults, World, parse
from openward.simulators.dexcom import Dexcom

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "rates"),
    [("", {}), ("429=0.5, late=1", {"429": 0.5, "late": 1.0}), ("429=0,cut=1e-3", {"429": 0.0, "cut": 0.001})],
    ids=["none", "two", "small"],
)
def test_faults_are_written_as_names_with_probabilities(text: str, rates: dict[str, float]) -> None:
    assert parse(text) == rates


def test_all_is_every_fault_but_the_last_one() -> None:
    assert "revoked" not in parse("all=0.1")
    assert parse("all=0.1,revoked=0.2")["revoked"] == 0.2


@pytest.mark.parametrize("text", ["429", "429=2", "429=x", "fire=0.1", "429=-1", "429=nan"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"429|fire"):
        parse(text)


def test_data_that_were_there_keep_their_form_when_faults_change(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, Faults({"device": 0.5, "clock": 0.5}), days=40)), people=1)
    before = cloud.expected(1)
    assert len({one["transmitterGeneration"] for one in before["egvs"]}) == 2
    cloud.world.faults.change({}, clock.seconds())
    assert cloud.expected(1) == before


async def test_faults_and_counts_over_the_wire(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, days=2)), people=2)

    async def json(method: str, path: str, status: int = 200, **given: Any) -> Any:
        async with session.request(method, url + path, **given) as answer:
            assert answer.status == status
            return await answer.json(content_type=None)

    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        tokens = await json("POST", "/simulator/people/2/grant")
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        address = "/v3/users/self/dataRange"
        await json("GET", address, headers=headers)
        await json("PUT", "/simulator/faults", json={"429": 1})
        async with session.get(url + address, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
        await json("PUT", "/simulator/faults", 400, json={"fire": 1})
        await json("PUT", "/simulator/faults", 400, data=b"{")
        assert (await json("GET", "/simulator/faults"))["rates"] == {"429": 1.0}
        assert (await json("GET", "/simulator/requests"))["answers"] == {"200": 1, "429": 1}
        minute = str(int(clock.seconds() // 60))
        person = await json("GET", "/simulator/people/2")
        assert (person["minutes"], person["isGranted"]) == ({minute: 2}, True)
        assert (await json("GET", "/simulator/people/1"))["minutes"] == {}
        assert (await json("GET", "/simulator/people/2/expected")).keys() >= {"egvs", "events", "devices"}
        assert (await json("GET", "/simulator"))["logins"] == ["person1", "person2"]
        assert await json("POST", "/simulator/people/2/revoke") == {"revoked": 1}
        await json("PUT", "/simulator/faults", json={})
        await json("GET", address, 401, headers=headers)
        for number in ("0", "3", "x"):
            async with session.get(f"{url}/simulator/people/{number}") as answer:
                assert answer.status == 404
        async with session.delete(url + "/simulator/requests") as answer:
            assert answer.status == 204
        assert (await json("GET", "/simulator/requests"))["total"] == 0


@pytest.mark.parametrize("fault", ["403", "500", "cut", "truncated", "envelope", "expired", "revoked"])
async def test_each_fault_spoils_an_answer_in_its_way(clock: Clock, fault: str) -> None:
    cloud = Cloud(Dexcom(World(clock, Faults({fault: 1.0}), days=2)), people=1)
    headers = {"authorization": f"Bearer {cloud.grants.grant(1).access}"}
    async with cloud.serve() as url, aiohttp.ClientSession() as session:

        async def asked() -> str:
            try:
                async with session.get(url + "/v3/users/self/dataRange", headers=headers) as answer:
                    if answer.status != 200:
                        return str(answer.status)
                    body = await answer.json()
                    return "fine" if isinstance(body, dict) and "egvs" in body else "envelope"
            except aiohttp.ClientError:
                return "cut"
            except ValueError:
                return "truncated"

        wanted = {"expired": "401", "revoked": "401"}.get(fault, fault)
        assert await asked() == wanted
        cloud.world.faults.change({}, clock.seconds())
        assert await asked() == (wanted if wanted == "401" else "fine")
        assert cloud.grants.is_granted(1) == (fault != "revoked")
