"""Provider sessions: what a person's consent gave us, and what begins and ends with it.

Tokens are sealed with the row they belong to. Whoever changes sessions of a person holds the person first, then the
session, then its source, then the enrolments.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from openward.care import accounts, audit, events
from openward.care.accounts import AccountDeleted
from openward.care.connections import session_store, sources, store
from openward.care.connections.model import (
    ConnectionClosed,
    ConnectionOpened,
    NewSource,
    ProviderSession,
    SourceState,
    Token,
)
from openward.care.connections.revoking import revoke_later
from openward.care.errors import NotAllowed, NotFound
from openward.care.work import PersonKey, Work, new_key
from openward.infra.crypto import new_base36
from openward.infra.db import Record

_COLUMN = "connections.session.token_sealed"
_MOST_AT_ONCE: Final = 1000


def _require_service(work: Work) -> None:
    if not work.actor.is_service:
        raise NotAllowed("user is not authorized", code="unauthorized")


def _seal(work: Work, key: UUID, token: Token | None) -> bytes | None:
    return None if token is None else work.tools.keyring.seal(msgspec.json.encode(token), _COLUMN, key)


def open_token(work: Work, key: UUID, sealed: bytes | None) -> Token | None:
    """The token of the session with this key, as it was sealed for it."""
    return None if not sealed else msgspec.json.decode(work.tools.keyring.unseal(sealed, _COLUMN, key), type=Token)


def _session(work: Work, row: Record) -> ProviderSession:
    values = dict(row)
    sealed = values.pop("token_sealed")
    return ProviderSession(**values, token=open_token(work, values["key"], sealed))


async def open_session(
    work: Work,
    person: PersonKey,
    provider: str,
    token: Token | None,
    *,
    external_id: str | None = None,
    provider_type: str = "oauth",
) -> ProviderSession:
    """A new session, and its source connected: the newest of this provider, or a first one.

    For services, and for whoever has proved that he acts for the person. `NotFound` without an account, `Conflict`
    when there is one of this provider and external id.
    """
    await session_store.lock_person(work, person)
    await accounts.get(work, person)
    key = new_key(work)
    made = ProviderSession(key, new_base36(32), person, provider_type, provider, external_id, token, work.now, None)
    await session_store.insert(
        work,
        {
            "key": key,
            "id": made.id,
            "person": person,
            "provider_type": provider_type,
            "provider_name": provider,
            "external_id": external_id,
            "token_sealed": _seal(work, key, token),
            "created_at": work.now,
        },
    )
    audit.note(work, "write", "provider-session", person)
    source = await _connect(work, made)
    events.record(work, ConnectionOpened(key, source, person, provider))
    return made


async def _connect(work: Work, session: ProviderSession) -> UUID:
    """Give the source of this provider to the new session, or make one; any other that is live ends."""
    filters = {"provider_type": session.provider_type, "provider_name": session.provider_name}
    found = await store.list_of(work, session.person, filters)
    for one in found:
        if one.state is not SourceState.DISCONNECTED:
            await sources.write(work, one.key, {"state": SourceState.DISCONNECTED})
            before = one.session_id and await session_store.find(work, one.session_id)
            if before:
                events.record(work, ConnectionClosed(before["key"], session.person, session.provider_name))
    if found:
        key = found[0].key
    else:
        key = (await sources.add(work, session.person, NewSource(session.provider_type, session.provider_name))).key
    await sources.write(work, key, {"state": SourceState.CONNECTED, "session_id": session.id})
    return key


async def find_session(work: Work, session_id: str) -> ProviderSession:
    """One session with its token, for services; `NotFound`."""
    _require_service(work)
    row = await session_store.find(work, session_id)
    if row is None:
        raise NotFound("provider session not found", code="resource-not-found")
    audit.note(work, "read", "provider-session", row["person"])
    return _session(work, row)


async def list_sessions(
    work: Work, person: PersonKey | None, filters: Mapping[str, str], *, offset: int, limit: int
) -> list[ProviderSession]:
    """Sessions with their tokens, newest first, for services; `filters` by the names of `ProviderSession`."""
    _require_service(work)
    rows = await session_store.list_of(work, person, filters, offset=offset, limit=limit)
    for owner in {row["person"] for row in rows}:
        audit.note(work, "read", "provider-session", owner)
    return [_session(work, row) for row in rows]


async def hold_session(work: Work, key: UUID) -> ProviderSession | None:
    """A session with its row locked until the end of the work; None once it has ended. Asks no permission."""
    row = await session_store.lock(work, key)
    return None if row is None else _session(work, row)


async def change_session(work: Work, session_id: str, token: Token | None, external_id: str | None) -> ProviderSession:
    """Replace token and external id of a session, for services; None removes either."""
    before = await find_session(work, session_id)
    held = await hold_session(work, before.key)
    if held is None:
        raise NotFound("provider session not found", code="resource-not-found")
    await session_store.replace(work, held.key, external_id, _seal(work, held.key, token))
    audit.note(work, "write", "provider-session", held.person)
    return await find_session(work, session_id)


async def keep_token(work: Work, session: ProviderSession, token: Token) -> None:
    """Write the new token of a session that is held."""
    await session_store.replace(work, session.key, session.external_id, _seal(work, session.key, token))


async def delete_session(work: Work, session_id: str) -> None:
    """End one session, for services; `NotFound`."""
    found = await find_session(work, session_id)
    await session_store.lock_person(work, found.person)
    await _close(work, found.person, {"id": session_id})


async def delete_sessions(work: Work, person: PersonKey | None, filters: Mapping[str, str]) -> None:
    """End the sessions of a person, of an external id or of both, for services; none is no error."""
    _require_service(work)
    found = await session_store.list_of(work, person, filters, limit=_MOST_AT_ONCE)
    for owner in sorted({row["person"] for row in found}):
        await session_store.lock_person(work, owner)
        await _close(work, owner, filters)


async def close_sessions(work: Work, person: PersonKey, provider: str | None = None, *, revoke: bool = True) -> None:
    """End the sessions of a person, all or those with one provider: tokens go at once, sources are disconnected.

    For services, and for whoever has proved that he is or acts for the person. With `revoke` the partner is told, too.
    """
    await session_store.lock_person(work, person)
    await _close(work, person, {} if provider is None else {"provider_name": provider}, revoke=revoke)


async def account_deleted(work: Work, event: AccountDeleted) -> None:
    """Nothing is fetched any more for somebody who has gone."""
    await close_sessions(work, event.person)


async def _close(work: Work, person: PersonKey, filters: Mapping[str, str], *, revoke: bool = True) -> None:
    for row in await session_store.list_of(work, person, filters, lock=True):
        if filters.get("id") not in (None, row["id"]):
            continue
        session = _session(work, row)
        source = await store.of_session(work, session.id)
        if source is not None:
            await sources.write(work, source.key, {"state": SourceState.DISCONNECTED})
        await session_store.delete(work, session.key)
        audit.note(work, "delete", "provider-session", person)
        events.record(work, ConnectionClosed(session.key, person, session.provider_name))
        if revoke and session.token is not None:
            await revoke_later(work, session.provider_name, session.token)
