"""Data sources: make, find, change and delete them. Source of the rules of states: Tidepool, data sources."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care import audit, events, identity
from openward.care.connections import session_store, store
from openward.care.connections.copies import copy_source
from openward.care.connections.model import (
    ConnectionClosed,
    ConnectionOpened,
    DataSource,
    NewSource,
    SourceFailed,
    SourceState,
)
from openward.care.devicedata import CloudSpan
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.work import PersonKey, Work, new_key

_SLACK = timedelta(seconds=1)


def _require(work: Work, person: PersonKey | None) -> None:
    """Services, and the person himself where `person` is given."""
    if not (work.actor.is_service or (person is not None and work.actor.is_person(person))):
        raise NotAllowed("user is not authorized", code="unauthorized")


async def create(work: Work, person: PersonKey, new: NewSource) -> DataSource:
    """A new source, connected if it has a session; `Conflict` when a live one of this provider exists."""
    _require(work, None)
    await session_store.lock_person(work, person)
    one = await add(work, person, new)
    await copy_source(work, person, one.provider_name)
    await _tell_fetching(work, None, one)
    return one


async def add(work: Work, person: PersonKey, new: NewSource) -> DataSource:
    """The same inside the room: asks no permission and tells no organization yet."""
    audit.note(work, "write", "data-source", person)
    one = DataSource(
        key=new_key(work),
        person=person,
        provider_type=new.provider_type,
        provider_name=new.provider_name,
        session_id=new.session_id,
        external_id=new.external_id,
        state=SourceState.DISCONNECTED if new.session_id is None else SourceState.CONNECTED,
        metadata=new.metadata,
        error=None,
        data_sets=(),
        earliest_data_at=None,
        latest_data_at=None,
        last_import_at=None,
        created_at=work.now,
        modified_at=None,
        revision=0,
    )
    await store.insert(work, one)
    await identity.add(work, Identifier(System.DATA_SOURCE, identity.hex24(work.now)), one.key, Kind.OTHER)
    return one


async def list_of(
    work: Work, person: PersonKey, filters: Mapping[str, str], *, offset: int, limit: int
) -> list[DataSource]:
    """A person's sources, newest first, for himself and for services."""
    _require(work, person)
    audit.note(work, "read", "data-source", person)
    return await store.list_of(work, person, filters, offset=offset, limit=limit)


async def get(work: Work, key: UUID) -> DataSource:
    """One source, for its owner and for services."""
    one = await store.find(work, key)
    if one is None:
        raise NotFound("data source not found", code="resource-not-found")
    _require(work, one.person)
    audit.note(work, "read", "data-source", one.person)
    return one


async def source_of_session(work: Work, session_id: str) -> DataSource:
    """The source of a provider session, for services; `NotFound`."""
    _require(work, None)
    one = await store.of_session(work, session_id)
    if one is None:
        raise NotFound("data source not found", code="resource-not-found")
    audit.note(work, "read", "data-source", one.person)
    return one


async def _alone(work: Work, key: UUID) -> None:
    """Hold the owner before his source, as those do who connect and disconnect: none finds it changed halfway."""
    one = await store.find(work, key)
    if one is not None:
        await session_store.lock_person(work, one.person)


async def _hold(work: Work, key: UUID, revision: int | None) -> DataSource:
    one = await store.find(work, key, lock=True)
    if one is None:
        raise NotFound("data source not found", code="resource-not-found")
    if revision is not None and one.revision != revision:
        raise NotFound(f"data source with revision {revision} not found", code="resource-not-found")
    return one


async def change(work: Work, key: UUID, changes: Mapping[str, Any], revision: int | None = None) -> DataSource:
    """Change the named fields of a source; `changes` by the names of `DataSource`. `Invalid` when rules are broken.

    Organizations are told of a new state and of newer data; the person is, once, when it falls into error.
    """
    _require(work, None)
    await _alone(work, key)
    before = await _hold(work, key, revision)
    changed = await write(work, key, changes)
    await _tell_fetching(work, before, changed)
    return changed


async def _tell_fetching(work: Work, before: DataSource | None, now: DataSource) -> None:
    """A source that a service connects with a session is fetched, and no more when that is over."""
    was_live = before is not None and before.state is SourceState.CONNECTED
    is_live = now.state is SourceState.CONNECTED
    if before is not None and was_live and is_live and before.session_id == now.session_id:
        return
    if before is not None and was_live and (session := await _session(work, before)):
        events.record(work, ConnectionClosed(session, now.person, now.provider_name))
    if is_live and (session := await _session(work, now)):
        events.record(work, ConnectionOpened(session, now.key, now.person, now.provider_name))


async def _session(work: Work, one: DataSource) -> UUID | None:
    """The session that a source names, if there is such a one of this person and provider."""
    row = await session_store.find(work, one.session_id) if one.session_id else None
    same = row is not None and (row["person"], row["provider_name"]) == (one.person, one.provider_name)
    return row["key"] if row is not None and same else None


async def write(work: Work, key: UUID, changes: Mapping[str, Any], revision: int | None = None) -> DataSource:
    """The same inside the room: asks no permission."""
    one = await _hold(work, key, revision)
    audit.note(work, "write", "data-source", one.person)
    state = changes.get("state")
    faults = _state_faults(state, changes)
    changed = replace(one, **changes, modified_at=work.now, revision=one.revision + 1)
    if state is SourceState.CONNECTED and "error" not in changes:
        changed = replace(changed, error=None)
    elif state is SourceState.DISCONNECTED:
        changed = replace(changed, session_id=None, error=None)
    faults += _time_faults(changed, work.now)
    if faults:
        raise Invalid(faults)
    await store.replace(work, changed)
    if (changed.state, changed.latest_data_at) != (one.state, one.latest_data_at):
        await copy_source(work, one.person, one.provider_name)
    if changed.state is SourceState.ERROR and one.state is not SourceState.ERROR:
        events.record(work, SourceFailed(one.key, one.person, one.provider_name))
    return changed


def _state_faults(state: SourceState | None, changes: Mapping[str, Any]) -> list[Fault]:
    has_session = changes.get("session_id") is not None
    if state is SourceState.CONNECTED and not has_session:
        return [Fault("value-not-exists", "/providerSessionId", "a connected source has a session")]
    if state is not SourceState.CONNECTED and has_session:
        return [Fault("value-exists", "/providerSessionId", "a session comes with the state connected only")]
    return []


def _time_faults(one: DataSource, now: datetime) -> list[Fault]:
    faults = [
        Fault("value-not-before", f"/{name}", "the time is in the future")
        for name, moment in (
            ("earliestDataTime", one.earliest_data_at),
            ("latestDataTime", one.latest_data_at),
            ("lastImportTime", one.last_import_at),
        )
        if moment is not None and moment > now + _SLACK
    ]
    if one.earliest_data_at and one.latest_data_at and one.earliest_data_at >= one.latest_data_at:
        faults.append(Fault("value-not-after", "/latestDataTime", "the latest time is not after the earliest"))
    return faults


async def delete(work: Work, key: UUID, revision: int | None = None) -> None:
    """Remove one source; its data stay."""
    _require(work, None)
    await _alone(work, key)
    one = await _hold(work, key, revision)
    audit.note(work, "delete", "data-source", one.person)
    await store.delete(work, one.person, key)
    await copy_source(work, one.person, one.provider_name)


async def delete_all(work: Work, person: PersonKey) -> None:
    """Remove all sources of a person; their data stay."""
    _require(work, None)
    await session_store.lock_person(work, person)
    audit.note(work, "delete", "data-source", person)
    gone = await store.list_of(work, person, {})
    await store.delete(work, person, None)
    for provider in sorted({one.provider_name for one in gone}):
        await copy_source(work, person, provider)


async def spans(work: Work, person: PersonKey) -> list[CloudSpan]:
    """What each source covers, for the filter of queries that hides what a cloud says as well; asks no permission."""
    sources = await store.list_of(work, person, {})
    return [CloudSpan(one.data_sets, one.earliest_data_at, one.latest_data_at) for one in sources]
