"""Accounts: made with all their names, found, changed, claimed, deleted; what others hear of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from openward.care import accounts, identity
from openward.care.accounts import AccountDeleted, Change, EmailChanged, ProfileChanged
from openward.care.errors import Conflict, Invalid, NotAllowed, NotAuthenticated, NotFound, TooMany
from openward.care.identity import System
from openward.care.work import Actor, ActorKind, Tools, Work
from openward.infra.db import Pool

pytestmark = pytest.mark.anyio


def _as(work: Work, account: accounts.Account) -> Work:
    return replace(work, actor=Actor(ActorKind.PERSON, account.key))


async def test_an_account_is_born_with_all_its_names(work: Work) -> None:
    made = await accounts.create(work, email="Ana@Example.org", password="correct-battery", full_name="Ana Ruiz")
    assert (made.email, made.has_password, made.is_email_verified) == ("ana@example.org", True, False)
    assert await identity.name(work, made.key, System.USER) == made.user_id
    assert int(await identity.name(work, made.key, System.SPID)) > 0
    assert await identity.name(work, made.key, System.TWINE)
    assert await accounts.document(work, made.key, "profile") == {"fullName": "Ana Ruiz"}
    assert await accounts.by_email(work, " ANA@example.org") == made
    assert await accounts.find(work, made.user_id) == made
    assert await accounts.get_many(work, [made.key]) == {made.key: made}
    assert await accounts.get_many(work, []) == {}


async def test_an_address_belongs_to_one_live_account(work: Work) -> None:
    first = await accounts.create(work, email="ana@example.org")
    with pytest.raises(Conflict):
        await accounts.create_custodial(work, email="ANA@example.org")
    with pytest.raises(Conflict):
        await accounts.create(work, email="ana@example.org", password="correct-battery")
    second = await accounts.create_custodial(work, email=None)
    with pytest.raises(Conflict):
        await accounts.set_email(work, second.key, "ana@example.org")
    await accounts.delete(work, first.key)
    await accounts.set_email(work, second.key, "Ana@example.org")
    assert (await accounts.get(work, second.key)).email == "ana@example.org"
    await accounts.set_email(work, second.key, None)
    assert (await accounts.get(work, second.key)).email is None


async def test_passwords_are_argon2_and_old_hashes_are_renewed(work: Work) -> None:
    made = await accounts.create(work, email="ana@example.org", password="correct-battery", is_verified=True)
    kept = await work.tx.fetchval("select password from accounts.account where person = $1", made.key)
    assert kept.startswith("$argon2id$")
    assert "correct-battery" not in kept
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct-battery")
    await work.tx.execute("update accounts.account set password = $2 where person = $1", made.key, weak)
    assert (await accounts.authenticate(work, "ana@example.org", "correct-battery", "10.0.0.1")).key == made.key
    assert await work.tx.fetchval("select password from accounts.account where person = $1", made.key) != weak


async def test_events_say_what_changed(work: Work) -> None:
    made = await accounts.create(work, email="ana@example.org")
    await accounts.put_document(work, made.key, "profile", {"fullName": "A"})
    await accounts.put_document(work, made.key, "settings", {"x": 1})
    await accounts.update(work, made.key, Change(email="other@example.org"))
    await accounts.update(work, made.key, Change(terms_accepted="2026-01-01T00:00:00Z"))
    await accounts.delete(work, made.key)
    assert work.recorded == [ProfileChanged(made.key), EmailChanged(made.key), AccountDeleted(made.key)]


async def test_a_deleted_account_leaves_nothing_but_its_names(work: Work) -> None:
    ana = await accounts.create(work, email="ana@example.org", password="correct-battery")
    bob = await accounts.create(work, email="bob@example.org")
    token = await accounts.open_session(work, ana.key)
    link = await accounts.create_link(work, ana.key)
    await accounts.put_document(work, ana.key, "profile", {"fullName": "A"})
    await accounts.set_grant(work, ana.key, bob.key, ["view"])
    await accounts.set_grant(work, bob.key, ana.key, ["view"])
    await accounts.request_signup(work, ana.key)
    await accounts.delete(work, ana.key)
    assert await accounts.session(work, token) is None
    assert await accounts.link_actor(work, link.token, "/x") is None
    assert await accounts.document(work, ana.key, "profile") == {}
    assert await accounts.grants(work, grantee=bob.key) == []
    assert await accounts.grants(work, owner=bob.key) == []
    assert await accounts.find(work, ana.user_id) is None
    for call in (accounts.get(work, ana.key), accounts.delete(work, ana.key), accounts.create_link(work, ana.key)):
        with pytest.raises(NotFound):
            await call
    assert await identity.name(work, ana.key, System.USER) == ana.user_id


async def test_what_owners_may_not_change(work: Work) -> None:
    ana = await accounts.create(work, email="ana@example.org")
    mine = _as(work, ana)
    for change in (Change(roles=("clinic",)), Change(is_email_verified=True)):
        with pytest.raises(NotAuthenticated):
            await accounts.update(mine, ana.key, change)
    with pytest.raises(Invalid):
        await accounts.update(mine, ana.key, Change(should_drop_email=True))
    changed = await accounts.update(work, ana.key, Change(roles=("clinic",), is_email_verified=True))
    assert (changed.roles, changed.is_email_verified) == (("clinic",), True)
    with pytest.raises(NotAuthenticated):
        await accounts.delete_own(mine, ana.key, "whatever")


async def test_guessing_ones_password_while_deleting_is_slowed_down(work: Work) -> None:
    ana = await accounts.create(work, email="ana@example.org", password="correct-battery")
    mine = _as(work, ana)
    for _ in range(10):
        with pytest.raises(NotAllowed):
            await accounts.delete_own(mine, ana.key, "wrong-password")
    with pytest.raises(TooMany):
        await accounts.delete_own(mine, ana.key, "correct-battery")
    later = replace(mine, now=work.now + timedelta(seconds=61))
    await accounts.delete_own(later, ana.key, "correct-battery")


async def test_tries_are_forgotten_with_time(work: Work) -> None:
    await accounts.create(work, email="ana@example.org", password="correct-battery", is_verified=True)

    async def attempt(at: Work, password: str) -> str:
        try:
            await accounts.authenticate(at, "ana@example.org", password, "10.9.9.9")
        except (NotAuthenticated, TooMany) as error:
            return f"{type(error).__name__}:{getattr(error, 'retry_after_s', '')}"
        return "in"

    told = [await attempt(work, "wrong-password") for _ in range(11)]
    assert told == ["NotAuthenticated:"] * 10 + ["TooMany:60"]
    assert await attempt(replace(work, now=work.now + timedelta(seconds=45)), "correct-battery") == "TooMany:15"
    assert await attempt(replace(work, now=work.now + timedelta(seconds=61)), "correct-battery") == "in"
    assert await attempt(replace(work, now=work.now + timedelta(seconds=62)), "wrong-password") == "NotAuthenticated:"


async def test_a_password_changed_meanwhile_ends_what_is_renewed(pool: Pool, tools: Tools, work: Work) -> None:
    async with pool.acquire() as connection:
        service = replace(work, tx=connection)
        made = await accounts.create(
            service, email=f"race-{work.now.timestamp()}@example.org", password="correct-battery"
        )
        token = await accounts.open_session(service, made.key)
        await connection.execute("update accounts.session set expires_at = expires_at + interval '10 years'")
    async with pool.acquire() as first, pool.acquire() as second:
        changing = first.transaction()
        await changing.start()
        await accounts.update(replace(work, tx=first), made.key, Change(password="another-battery"))

        async def renew() -> str:
            async with second.transaction():
                return (await accounts.renew_session(replace(work, tx=second), token))[0]

        renewing = asyncio.create_task(renew())
        await asyncio.sleep(0.1)
        assert not renewing.done()
        await changing.commit()
        with pytest.raises(NotAuthenticated):
            await renewing
    async with pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from accounts.session where person = $1", made.key) == 0


async def test_sweeping_removes_what_ended(work: Work) -> None:
    ana = await accounts.create(work, email="ana@example.org")
    old = await accounts.open_session(work, ana.key, life=timedelta(hours=1))
    kept = await accounts.open_session(work, ana.key, life=timedelta(days=9))
    link = await accounts.create_link(work, ana.key)
    await accounts.request_signup(work, ana.key)
    later = replace(work, now=work.now + timedelta(days=3))
    await accounts.sweep(later, {})
    assert await accounts.session(work, old) is None
    assert await accounts.session(work, kept) is not None
    assert (await accounts.link(later, link.token)).expires_at < later.now  # still explains itself to who opens it
    await accounts.sweep(replace(work, now=work.now + timedelta(days=31)), {})
    with pytest.raises(NotFound):
        await accounts.link(work, link.token)
    assert await work.tx.fetchval("select count(*) from accounts.confirmation where person = $1", ana.key) == 1
    await accounts.sweep(replace(work, now=work.now + timedelta(days=70)), {})
    assert await work.tx.fetchval("select count(*) from accounts.confirmation where person = $1", ana.key) == 0


async def test_the_installations_secret_is_made_once_and_kept_as_a_hash(work: Work) -> None:
    made = await accounts.put_installation_secret(work, accounts.SERVICE_SECRET)
    assert made is not None
    assert await accounts.put_installation_secret(work, accounts.SERVICE_SECRET) is None
    await accounts.check_installation_secret(work, accounts.SERVICE_SECRET, made, "10.0.0.2")
    await accounts.check_installation_secret(work, accounts.SERVICE_SECRET, "test-service-secret", "10.0.0.2")
    assert await accounts.put_installation_secret(work, accounts.SERVICE_SECRET, "given") == "given"
    for wrong in (made, "", "x"):
        with pytest.raises(NotAuthenticated):
            await accounts.check_installation_secret(work, accounts.SERVICE_SECRET, wrong, "10.0.0.2")


async def test_a_session_is_found_by_one_indexed_read(work: Work) -> None:
    plan = await work.tx.fetch(
        "explain select person from accounts.session where token_hash = $1 and expires_at > now()",
        b"x" * 32,
    )
    assert "session_pkey" in plan[0][0]


async def test_keys_survive_mail_programs_that_trim_links(work: Work) -> None:
    ana = await accounts.create(work, email="ana@example.org")
    for _ in range(60):
        made = await accounts.issue_confirmation(work, accounts.ConfirmationType.RESET, email="a@b.co", person=ana.key)
        key = accounts.confirmation_key(work, made)
        assert len(key) == 32
        assert key[0].isalnum()
        assert key[-1].isalnum()
