"""Provider sessions: sealed tokens, sources that follow, what organizations see, what is told when one breaks."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from openward.care import accounts, connections, organizations, patients, reactions
from openward.care.connections import ConnectionClosed, ConnectionOpened, SourceState, Token
from openward.care.errors import Conflict, NotAllowed, NotFound
from openward.care.patients import Details
from openward.care.work import NOBODY, OrganizationKey, PersonKey, Work
from openward.infra.crypto import SealBroken

pytestmark = pytest.mark.anyio

TOKEN = Token("an-access-token", "Bearer", "a-refresh-token", None, ("offline_access",))


async def somebody(work: Work, name: str = "ana") -> PersonKey:
    return (await accounts.create(work, email=f"{name}.sessions@example.org", full_name=name.title())).key


async def source_of(work: Work, person: PersonKey) -> connections.DataSource:
    (source,) = await connections.list_of(work, person, {}, offset=0, limit=10)
    return source


def told(work: Work, kind: type) -> list[Any]:
    return [event for event in work.recorded if isinstance(event, kind)]


async def test_a_session_connects_a_source_and_its_end_disconnects_it(work: Work) -> None:
    person = await somebody(work)
    made = await connections.open_session(work, person, "dexcom", TOKEN)
    source = await source_of(work, person)
    assert (source.state, source.session_id) == (SourceState.CONNECTED, made.id)
    assert told(work, ConnectionOpened) == [ConnectionOpened(made.key, source.key, person, "dexcom")]
    await connections.close_sessions(work, person, "dexcom")
    ended = await source_of(work, person)
    assert (ended.key, ended.state, ended.session_id) == (source.key, SourceState.DISCONNECTED, None)
    assert told(work, ConnectionClosed) == [ConnectionClosed(made.key, person, "dexcom")]
    assert await connections.hold_session(work, made.key) is None


async def test_the_same_source_is_used_again_and_keeps_its_data_set(work: Work) -> None:
    person = await somebody(work)
    await connections.open_session(work, person, "dexcom", TOKEN)
    before = await source_of(work, person)
    await connections.change(work, before.key, {"data_sets": ("a-data-set",)})
    await connections.close_sessions(work, person)
    again = await connections.open_session(work, person, "dexcom", TOKEN)
    after = await source_of(work, person)
    assert (after.key, after.data_sets, after.session_id) == (before.key, ("a-data-set",), again.id)


async def test_a_session_beside_another_takes_its_source(work: Work) -> None:
    person = await somebody(work)
    first = await connections.open_session(work, person, "dexcom", TOKEN)
    with pytest.raises(Conflict):
        await connections.open_session(work, person, "dexcom", TOKEN)
    second = await connections.open_session(work, person, "dexcom", TOKEN, external_id="another")
    assert (await source_of(work, person)).session_id == second.id
    assert told(work, ConnectionClosed) == [ConnectionClosed(first.key, person, "dexcom")]


async def test_tokens_are_kept_sealed_to_their_row(work: Work) -> None:
    person, other = await somebody(work), await somebody(work, "ben")
    made = await connections.open_session(work, person, "dexcom", TOKEN)
    held = await connections.hold_session(work, made.key)
    assert held is not None
    assert held.token == TOKEN
    assert "an-access-token" not in repr(held)
    assert "a-refresh-token" not in await work.tx.fetchval("select string_agg(s::text, ' ') from connections.session s")
    stranger = await connections.open_session(work, other, "dexcom", TOKEN)
    await work.tx.execute(
        "update connections.session set token_sealed = (select token_sealed from connections.session where key = $1)"
        " where key = $2",
        made.key,
        stranger.key,
    )
    with pytest.raises(SealBroken):
        await connections.hold_session(work, stranger.key)


async def test_a_new_token_replaces_the_old_one(work: Work) -> None:
    made = await connections.open_session(work, await somebody(work), "dexcom", TOKEN)
    fresh = replace(TOKEN, access="newer", expires_at=work.now + timedelta(hours=2))
    await connections.keep_token(work, made, fresh)
    held = await connections.hold_session(work, made.key)
    assert held is not None
    assert (held.token, held.modified_at) == (fresh, work.now)


async def test_only_services_read_and_change_sessions(work: Work) -> None:
    person = await somebody(work)
    made = await connections.open_session(work, person, "dexcom", TOKEN)
    changed = await connections.change_session(work, made.id, None, "x")
    assert (changed.token, changed.external_id) == (None, "x")
    assert [one.id for one in await connections.list_sessions(work, None, {"external_id": "x"}, offset=0, limit=9)] == [
        made.id
    ]
    work.actor = NOBODY
    for refused in (
        connections.find_session(work, made.id),
        connections.list_sessions(work, person, {}, offset=0, limit=9),
        connections.change_session(work, made.id, None, None),
        connections.delete_session(work, made.id),
        connections.delete_sessions(work, person, {}),
    ):
        with pytest.raises(NotAllowed):
            await refused


async def test_a_deleted_session_is_gone(work: Work) -> None:
    person = await somebody(work)
    made = await connections.open_session(work, person, "dexcom", TOKEN)
    other = await connections.open_session(work, person, "abbott", TOKEN)
    await connections.delete_session(work, made.id)
    with pytest.raises(NotFound):
        await connections.find_session(work, made.id)
    assert (await connections.find_session(work, other.id)).provider_name == "abbott"
    await connections.delete_sessions(work, person, {"provider_name": "abbott"})
    assert await connections.list_sessions(work, person, {}, offset=0, limit=9) == []


async def enrolled(work: Work) -> tuple[OrganizationKey, PersonKey]:
    place = await organizations.create(work, organizations.Profile(name="Willow"), admin=None)
    details = Details("Kid Smith", date(2015, 1, 1), email="kid.sessions@example.org")
    made = await patients.create_custodial(work, place.key, details)
    return place.key, made.person


async def entries(work: Work, place: OrganizationKey, person: PersonKey) -> dict[str, tuple[str, bool]]:
    enrolment = await patients.peek(work, place, person)
    assert enrolment is not None
    return {one.provider: (one.state, one.expires_at is not None) for one in enrolment.data_sources or ()}


async def test_organizations_see_each_state_and_keep_what_waits_for_others(work: Work) -> None:
    place, person = await enrolled(work)
    await patients.request_connection(work, place, person, "dexcom")
    await patients.request_connection(work, place, person, "abbott")
    assert await entries(work, place, person) == {"dexcom": ("pending", True), "abbott": ("pending", True)}
    await connections.open_session(work, person, "dexcom", TOKEN)
    assert await entries(work, place, person) == {"dexcom": ("connected", False), "abbott": ("pending", True)}
    source = await source_of(work, person)
    await connections.change(work, source.key, {"state": SourceState.ERROR, "error": {"code": "unauthenticated"}})
    assert (await entries(work, place, person))["dexcom"] == ("error", False)
    await patients.request_connection(work, place, person, "dexcom")
    assert (await entries(work, place, person))["dexcom"] == ("pendingReconnect", True)
    await connections.close_sessions(work, person)
    assert (await entries(work, place, person))["dexcom"] == ("disconnected", False)
    await connections.delete_all(work, person)
    assert await entries(work, place, person) == {"abbott": ("pending", True)}


async def test_a_broken_connection_is_mailed_once_with_a_link(work: Work) -> None:
    person = await somebody(work)
    await connections.open_session(work, person, "dexcom", TOKEN)
    source = await source_of(work, person)
    for _ in range(2):
        await connections.change(work, source.key, {"state": SourceState.ERROR, "error": {"code": "unauthenticated"}})
    await reactions.react(work)
    rows = await work.tx.fetch("select template, recipient from notices.message where person = $1", person)
    assert [tuple(row) for row in rows] == [("device_issue_dexcom_personal", "ana.sessions@example.org")]
    (link,) = await accounts.links(work, person)
    assert link.paths == ("/v1/oauth/dexcom",)
    assert link.expires_at == work.now + timedelta(days=30)

    # It happens again after a reconnect: another mail, and the link of the first is good for longer.
    await connections.close_sessions(work, person)
    await connections.open_session(work, person, "dexcom", TOKEN)
    work.recorded.clear()
    work.now += timedelta(days=10)
    await connections.change(work, source.key, {"state": SourceState.ERROR})
    await reactions.react(work)
    (extended,) = await accounts.links(work, person)
    assert (extended.token, extended.expires_at) == (link.token, work.now + timedelta(days=30))
    assert await work.tx.fetchval("select count(*) from notices.message where person = $1", person) == 2


async def test_patients_of_a_clinic_get_the_mail_that_says_so(work: Work) -> None:
    _, person = await enrolled(work)
    await connections.open_session(work, person, "dexcom", TOKEN)
    work.recorded.clear()
    await connections.change(work, (await source_of(work, person)).key, {"state": SourceState.ERROR})
    await reactions.react(work)
    templates = await work.tx.fetch("select template from notices.message where person = $1", person)
    assert "device_issue_dexcom_shared" in [row["template"] for row in templates]


async def test_deleting_an_account_deletes_its_tokens(work: Work) -> None:
    person = await somebody(work)
    made = await connections.open_session(work, person, "dexcom", TOKEN)
    work.recorded.clear()
    await accounts.delete(work, person)
    await reactions.react(work)
    assert await connections.hold_session(work, made.key) is None
