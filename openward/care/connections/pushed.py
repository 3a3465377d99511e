"""Partners that send data by themselves, under the name of a link that they made when the person consented."""

from collections.abc import Mapping
from typing import Any

from openward.care import devicedata
from openward.care.connections import session_store, sources, store
from openward.care.connections.model import DataSource, SourceState
from openward.care.connections.sessions import delete_sessions
from openward.care.devicedata import Batch
from openward.care.errors import NotAllowed, NotFound
from openward.care.work import Work


def _not_found() -> NotFound:
    return NotFound("tidepool link id not found", code="tidepool-link-id-not-found")


async def take_push(work: Work, provider: str, link: str, batch: Batch) -> None:
    """Keep what a partner sends for one link, all or nothing; a datum gives way to a newer one of the same origin.

    For services. `NotFound` (tidepool-link-id-not-found) for a link that is unknown or not connected; otherwise as
    `devicedata.append`.
    """
    if not work.actor.is_service:
        raise NotAllowed("user is not authorized", code="unauthorized")
    source = await _held(work, provider, link)
    if not batch.rows:
        return
    data_sets = source.data_sets
    if not data_sets:
        body = devicedata.check_data_set(_data_set(provider, devicedata.print_instant(work.now)))
        data_sets = ((await devicedata.create(work, source.person, body)).name,)
    target = await devicedata.lock(work, data_sets[0])
    await devicedata.append(work, target, batch)
    times = [row.time for row in batch.rows if row.time <= work.now]
    times += [time for time in (source.earliest_data_at, source.latest_data_at) if time is not None]
    changes: dict[str, Any] = {"data_sets": data_sets, "last_import_at": work.now, "error": None}
    if times:
        changes |= {"latest_data_at": max(times), "earliest_data_at": min(times) if min(times) < max(times) else None}
    await sources.write(work, source.key, changes)


async def end_push(work: Work, provider: str, link: str) -> None:
    """The partner has ended a link; `NotFound` for one that is unknown."""
    filters = {"provider_name": provider, "external_id": link}
    if not await session_store.list_of(work, None, filters, limit=1):
        raise _not_found()
    await delete_sessions(work, None, filters)


async def _held(work: Work, provider: str, link: str) -> DataSource:
    for row in await session_store.list_of(work, None, {"provider_name": provider, "external_id": link}, limit=1):
        found = await store.of_session(work, row["id"])
        held = found and await store.find(work, found.key, lock=True)
        if held and held.state is SourceState.CONNECTED and held.session_id == row["id"]:
            return held
    raise _not_found()


def _data_set(provider: str, time: str) -> Mapping[str, Any]:
    return {
        "client": {"name": f"org.tidepool.oauth.{provider}.push", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.dataset.delete.origin.older"},
        "timeProcessing": "none",
        "time": time,
    }
