"""The log of mails, as tokens of an organization and of some groups see it."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from openward.care import identity, notices
from openward.care.identity import Identifier, System
from openward.care.notices import mailed_store
from openward.care.work import Actor, ActorKind, PersonKey
from openward.gateway.request import Gate
from openward.infra import mail as mail_of_infra
from openward.infra.mail import MailFailed
from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Post:
    """An organization with the coach Joe (Lead), the patients Jack (Lead) and Olga (Other), and mails to them."""

    coaching: Coaching
    joe: str
    jack: str
    olga: str
    people: dict[str, PersonKey]

    async def sent(self, to: str, template: str = "custodial_claim", by: str | None = None, late_s: int = 0) -> UUID:
        """A mail, deferred and not handed over yet."""
        async with self.coaching.work() as work:
            if by:
                work.actor = Actor(ActorKind.PERSON, self.people[by])
            work.now += timedelta(seconds=late_s)
            values: dict[str, Any] = {
                "name": "",
                "invited_by": "",
                "clinic": "",
                "has_account": True,
                "link": "http://x.test",
                "days": 3,
            }
            address = f"{to}-{secrets.token_hex(4)}@example.org"
            await notices.send(
                work, template, address, person=self.people[to], organization=self.coaching.organization, **values
            )
            return (await mailed_store.search(work, self.coaching.organization, [self.people[to]], None, None, 1))[
                0
            ].key

    async def listed(self, query: str = "", by: Coaching | None = None) -> list[dict[str, Any]]:
        """What a list shows."""
        answer = await (by or self.coaching)("GET", f"/email_history{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["count"] == len(answer.json()["data"])
        data: list[dict[str, Any]] = answer.json()["data"]
        return data


def receivers(mails: list[dict[str, Any]]) -> list[str]:
    """To whom they went."""
    return [one["relationships"]["receiver"]["data"]["id"] for one in mails]


def parameters(answer: Response) -> list[str]:
    """What a refusal names."""
    assert answer.status_code == 409, answer.text
    return [error["source"]["parameter"] for error in answer.json()["errors"]]


@pytest.fixture
async def post(a_coaching: MakeCoaching) -> Post:
    """Nobody got a mail yet."""
    email = f"c{secrets.token_hex(6)}@example.org"
    joe = {"email": email, "first_name": "Joe", "last_name": "Coach", "groups": ["Lead"]}
    coaching = await a_coaching({"coaches": [joe]})
    names = {"joe": coaching.provisioned["coaches"][0]["id"]}
    for name, group in (("jack", "Lead"), ("olga", "Other")):
        body = {
            "type": "patient",
            "attributes": {"first_name": name, "last_name": "Frost"},
            "relationships": {"groups": {"data": [{"type": "group", "id": coaching.group(group)}]}},
        }
        names[name] = (await coaching("POST", "/patient", {"data": body})).json()["data"]["id"]
    async with coaching.work() as work:
        people = {
            name: PersonKey(await identity.resolve(work, Identifier(System.TWINE, names[name])))
            for name in ("jack", "olga")
        }
        people["joe"] = PersonKey(
            await work.tx.fetchval(
                "select person from organizations.member where organization = $1 and email = $2",
                coaching.organization,
                email,
            )
        )
    return Post(coaching, names["joe"], names["jack"], names["olga"], people)


async def test_a_mail_is_there_at_once_with_what_became_of_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await post.sent("jack", by="joe")
    (mail,) = await post.listed()
    path = f"/pub/email_history/{mail['id']}"
    said = mail["attributes"]
    assert (said["email_type"], said["created_by"]) == ("invite", post.joe)
    assert said["email_address"].startswith("jack-")
    assert UUID(said["twine_email_id"]) != key
    assert said["status_times"] == {"processed": said["send_time"]}
    assert mail["links"] == {"self": path}
    assert mail["relationships"] == {
        "sender": {"data": {"type": "coach", "id": post.joe}, "links": {"related": f"{path}/sender"}},
        "receiver": {"data": {"type": "patient", "id": post.jack}, "links": {"related": f"{path}/receiver"}},
    }
    assert (await post.coaching("GET", path.removeprefix("/pub"))).json()["data"] == mail
    gate = Gate(post.coaching.pool, post.coaching.tools.settings, post.coaching.tools)

    async def put_off(*_: Any) -> str:
        raise MailFailed("busy", is_final=False)

    with monkeypatch.context() as patched:
        patched.setattr(mail_of_infra.OutboxSender, "send", put_off)
        with pytest.raises(MailFailed):
            await notices.deliver(gate, {"message": str(key)})
    assert set((await post.listed())[0]["attributes"]["status_times"]) == {"processed", "deferred"}
    await notices.deliver(gate, {"message": str(key)})
    times = (await post.listed())[0]["attributes"]["status_times"]
    assert max(times, key=lambda name: str(times[name])) == "delivered"


async def test_a_mail_that_nobody_takes_was_dropped(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await post.sent("jack")

    async def refuse(*_: Any) -> str:
        raise MailFailed("unknown", is_final=True)

    monkeypatch.setattr(mail_of_infra.OutboxSender, "send", refuse)
    await notices.deliver(
        Gate(post.coaching.pool, post.coaching.tools.settings, post.coaching.tools), {"message": str(key)}
    )
    (mail,) = await post.listed()
    assert set(mail["attributes"]["status_times"]) == {"processed", "dropped"}
    assert mail["relationships"]["sender"]["data"] is None


async def test_lists_by_every_filter_and_in_both_orders(post: Post) -> None:
    await post.sent("jack", by="joe")
    await post.sent("olga", "patient_upload_reminder", by="joe", late_s=1)
    await post.sent("joe", "clinic_created", late_s=2)
    assert receivers(await post.listed()) == [post.joe, post.olga, post.jack]
    assert receivers(await post.listed("?sort=-send_time")) == [post.joe, post.olga, post.jack]
    assert receivers(await post.listed("?sort=send_time")) == [post.jack, post.olga, post.joe]
    assert receivers(await post.listed("?filter[emailType]=invite")) == [post.jack]
    assert receivers(await post.listed("?filter[emailType]=clinic_created")) == [post.joe]
    assert await post.listed("?filter[emailType]=custodial_claim") == []
    assert receivers(await post.listed(f"?filter[receiver]={post.olga}")) == [post.olga]
    assert receivers(await post.listed(f"?filter[receiver]={post.joe}")) == [post.joe]
    assert receivers(await post.listed(f"?filter[sender]={post.joe}&sort=send_time")) == [post.jack, post.olga]
    assert await post.listed(f"?filter[sender]={post.jack}") == []
    for unknown in ("a" * 24, post.coaching.group("Lead")):
        assert await post.listed(f"?filter[receiver]={unknown}") == []


async def test_a_token_of_groups_sees_mails_to_its_people(post: Post, a_coaching: MakeCoaching) -> None:
    for name in ("jack", "olga", "joe"):
        await post.sent(name, "clinic_created")
    other = await post.coaching.confined_to("Other")
    (mail,) = await post.listed(by=other)
    assert receivers([mail]) == [post.olga]
    ids = {one["relationships"]["receiver"]["data"]["id"]: one["id"] for one in await post.listed()}
    assert (await other("GET", f"/email_history/{ids[post.olga]}")).status_code == 200
    for name in (post.jack, post.joe):
        assert (await other("GET", f"/email_history/{ids[name]}")).status_code == 403
        assert (await other("GET", f"/email_history?filter[receiver]={name}")).status_code == 403
        assert (await other("GET", f"/email_history?filter[sender]={name}")).status_code == 403
    stranger = await a_coaching()
    assert await post.listed(by=stranger) == []
    assert (await stranger("GET", f"/email_history/{ids[post.jack]}")).status_code == 403
    assert (await stranger("GET", f"/email_history?filter[receiver]={post.jack}")).status_code == 403
    for unknown in ("f" * 24, post.jack, "x"):
        assert (await post.coaching("GET", f"/email_history/{unknown}")).status_code == 404
    unheard = await post.coaching("GET", "/email_history", headers={"authorization": "Bearer x"})
    assert unheard.status_code == 401


async def test_mails_about_other_organizations_never_show(post: Post, a_coaching: MakeCoaching) -> None:
    elsewhere = replace(post, coaching=await a_coaching())
    await elsewhere.sent("jack", "clinic_created")
    async with post.coaching.work() as work:
        await notices.send(work, "password_reset", "j@example.org", person=post.people["jack"], link="http://x", days=1)
    assert await post.listed() == []
    assert await post.listed(f"?filter[receiver]={post.jack}") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?sort=title", ["sort"]),
        ("?filter[receiver]=x&filter[sender]=", ["filter[receiver]", "filter[sender]"]),
        ("?filter[emailtype]=x", ["filter[emailtype]"]),
        ("?page[size]=1", ["page[size]"]),
    ],
)
async def test_a_bad_parameter_is_named(coaching: Coaching, query: str, names: list[str]) -> None:
    assert parameters(await coaching("GET", f"/email_history{query}")) == names


async def test_a_scope_may_be_demanded(post: Post) -> None:
    settings = post.coaching.tools.settings
    object.__setattr__(settings, "twine_require_scope_filter", True)
    try:
        refused = await post.coaching("GET", "/email_history?filter[emailType]=invite")
        assert parameters(refused) == ["filter[receiver]"]
        assert await post.listed(f"?filter[sender]={post.joe}") == []
    finally:
        object.__setattr__(settings, "twine_require_scope_filter", False)
