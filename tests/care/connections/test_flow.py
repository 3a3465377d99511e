"""The way to a partner that checks a verifier (PKCE), and links that are good for one way only."""

import base64
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openward.care import accounts, connections
from openward.care.connections import LinkExpired, LinkSpent, StateWrong, Token
from openward.care.connections.policy import Policy
from openward.care.connections.ports import OAuth
from openward.care.errors import Invalid, NotFound
from openward.care.work import PersonKey, Work

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Cloud:
    """A partner whose code says just as much as the way there needs."""

    name: str = "cloud"
    title: str = "Cloud"
    policy: Policy = Policy(interval_minutes=(1, 2), login_path="/in", token_path="/token")
    oauth: OAuth = OAuth(("data", "profile"))


async def begin(work: Work) -> tuple[PersonKey, str]:
    """The partner is set up, and somebody holds a link."""
    work.tools = replace(work.tools, partners=(Cloud(),))
    await connections.put_partner(work, "cloud", "https://cloud.example.org/base/", "us", "s", None)
    person = (await accounts.create(work, email="ana.flow@example.org", full_name="Ana")).key
    return person, (await accounts.create_link(work, person, ["/v1/oauth/cloud"])).token


async def asked(work: Work, link: str) -> dict[str, str]:
    found = await connections.open_link(work, "cloud", link)
    url = connections.login_url(work, await connections.partner(work, "cloud"), found)
    assert url.startswith("https://cloud.example.org/base/in?")
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


async def test_the_challenge_fits_the_verifier_of_the_same_way(work: Work) -> None:
    person, link = await begin(work)
    ways = [await asked(work, link) for _ in range(2)]
    verifiers = []
    for way in ways:
        consent = await connections.take_code(work, "cloud", link, way["state"], "a-code")
        assert consent.person == person
        assert consent.verifier is not None
        assert 43 <= len(consent.verifier) <= 128
        challenge = base64.urlsafe_b64encode(sha256(consent.verifier.encode()).digest()).rstrip(b"=").decode()
        assert (way["code_challenge"], way["code_challenge_method"]) == (challenge, "S256")
        assert way["scope"] == "data profile"
        verifiers.append(consent.verifier)
        for secret in (link, "a-code", consent.verifier):
            assert secret not in repr(consent)
    assert verifiers[0] != verifiers[1]


async def test_a_state_is_good_once_and_for_its_own_link(work: Work) -> None:
    person, link = await begin(work)
    other = (await accounts.create_link(work, person, ["/v1/oauth/cloud"])).token
    state = (await asked(work, link))["state"]
    for wrong in ("", "x", state[:-1], state + "0", "é" * 96):
        with pytest.raises(StateWrong):
            await connections.take_code(work, "cloud", link, wrong, "c")
    with pytest.raises(StateWrong):
        await connections.take_code(work, "cloud", other, state, "c")
    await connections.take_code(work, "cloud", link, state, "c")
    with pytest.raises(LinkSpent):
        await connections.take_code(work, "cloud", link, state, "c")


async def test_a_link_connects_once(work: Work) -> None:
    person, link = await begin(work)
    first, second = [
        await connections.take_code(work, "cloud", link, (await asked(work, link))["state"], "c") for _ in range(2)
    ]
    await connections.connect(work, first, Token("one"))
    with pytest.raises(LinkSpent):
        await connections.connect(work, second, Token("two"))
    (session,) = await connections.list_sessions(work, person, {}, offset=0, limit=9)
    assert session.token == Token("one")
    with pytest.raises(LinkSpent):
        await connections.open_link(work, "cloud", link)


async def test_an_expired_link_and_one_for_something_else(work: Work) -> None:
    person, link = await begin(work)
    elsewhere = (await accounts.create_link(work, person, ["/v1/oauth/clouds"])).token
    everywhere = (await accounts.create_link(work, person)).token
    with pytest.raises(LinkSpent):
        await connections.open_link(work, "cloud", elsewhere)
    assert (await connections.open_link(work, "cloud", everywhere)).person == person
    found = await connections.open_link(work, "cloud", link)
    work.now = found.expires_at
    with pytest.raises(LinkExpired):
        await connections.open_link(work, "cloud", link)


async def test_a_policy_that_cannot_be_is_not_kept(work: Work) -> None:
    await begin(work)

    async def put(name: str, policy: dict[str, Any] | None) -> None:
        await connections.put_partner(work, name, "https://cloud.example.org", "us", "s", policy)

    with pytest.raises(Invalid):
        await put("cloud", {"interval_minutes": [2, 1]})
    with pytest.raises(NotFound):
        await put("another", None)
    assert (await connections.partner(work, "cloud")).base_url == "https://cloud.example.org/base"
