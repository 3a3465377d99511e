"""Data sets: make, find, list, change, close and delete them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from openward.care import audit, identity, patients
from openward.care.devicedata import dedup, store, store_data
from openward.care.devicedata.ingest import announce
from openward.care.devicedata.model import DataSet
from openward.care.devicedata.rules.instants import parse_instant
from openward.care.errors import Conflict, NotAllowed, NotFound
from openward.care.identity import System
from openward.care.work import ActorKind, PersonKey, Work

Span: TypeAlias = tuple[datetime, datetime]


async def create(work: Work, person: PersonKey, body: Mapping[str, Any]) -> DataSet:
    """Make a data set from a checked body; `Conflict` (data-set-exists) when its id is taken."""
    await patients.require(work, person, patients.Permission.UPLOAD)
    audit.note(work, "write", "devicedata", person)
    kept = dict(body)
    deduplicator = dedup.choose(kept)
    maker = work.actor.person if work.actor.kind is ActorKind.PERSON else None
    if maker is not None:
        kept["byUser"] = await identity.name(work, maker, System.USER)
    minted = work.token_bytes(16).hex()
    new_id = kept.pop("id", None) or minted
    name = kept.pop("uploadId", None) or new_id
    kept.pop("deduplicator", None)
    time = parse_instant(kept.pop("time", "")) or work.now
    new = store.NewDataSet(
        name=name,
        id=new_id,
        type=kept["dataSetType"],
        deduplicator=deduplicator,
        time=time,
        device_id=kept.get("deviceId"),
        client_name=(kept.get("client") or {}).get("name"),
        manufacturers=kept.get("deviceManufacturers") or (),
        model=kept.get("deviceModel"),
        created_by=kept.get("byUser") if maker is not None else None,
        body=kept,
    )
    await store.insert_data_set(work, await store.subject(work, person), new)
    return await _existing(work, name)


async def _existing(work: Work, name: str) -> DataSet:
    found = await store.find_data_set(work, name)
    if found is None or found.deleted_at is not None:
        raise NotFound("data set with the given id was not found", code="data-set-id-not-found")
    return found


async def get(work: Work, name: str) -> DataSet:
    """A data set, for its owner and for services."""
    found = await _existing(work, name)
    if not (work.actor.is_service or work.actor.is_person(found.person)):
        raise NotAllowed("user is not authorized", code="unauthorized")
    audit.note(work, "read", "devicedata", found.person)
    return found


async def list_of(
    work: Work,
    person: PersonKey,
    *,
    client_name: str | None = None,
    device_id: str | None = None,
    with_deleted: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> list[DataSet]:
    """A person's data sets, newest first, for whoever may see, write or keep custody."""
    permissions = (patients.Permission.VIEW, patients.Permission.UPLOAD, patients.Permission.CUSTODIAN)
    for permission in permissions:
        if await patients.may(work, person, permission):
            break
    else:
        raise NotAllowed("user is not authorized", code="unauthorized")
    audit.note(work, "read", "devicedata", person)
    return await store.list_data_sets(
        work,
        person,
        client_name=client_name,
        device_id=device_id,
        with_deleted=with_deleted,
        offset=offset,
        limit=limit,
    )


async def _hold(work: Work, name: str) -> DataSet:
    """A data set and its person's others, held: closing and deleting reach beyond the set itself."""
    found = await _existing(work, name)
    await store.lock_subject(work, found.subject)
    held = await store.find_data_set(work, name, lock=True)
    if held is None or held.deleted_at is not None:
        raise NotFound("data set with the given id was not found", code="data-set-id-not-found")
    return held


async def update(work: Work, name: str, read_changes: Callable[[], Mapping[str, Any]]) -> DataSet:
    """Close a normal set, unread whatever was sent with it; a continuous one takes the changes, from services only.

    `Conflict` (data-set-closed) when the set is closed already.
    """
    target = await _hold(work, name)
    await patients.require(work, target.person, patients.Permission.UPLOAD)
    if target.is_continuous and not work.actor.is_service:
        raise NotAllowed("user is not authorized", code="unauthorized")
    if not target.is_open:
        raise Conflict("data set with the given id is closed for new data", code="data-set-closed")
    audit.note(work, "write", "devicedata", target.person)
    if target.is_continuous:
        changes = read_changes()
        body = dict(target.body) | {key: value for key, value in changes.items() if key not in ("state", "time")}
        time = parse_instant(changes.get("time", "")) or target.time
        await store.change(work, target.key, body, is_open=changes.get("state") != "closed", time=time)
    else:
        await _close(work, target)
    return await _existing(work, name)


async def _close(work: Work, target: DataSet) -> None:
    spans: Mapping[int, Span] = {}
    if target.deduplicator == dedup.Deduplicator.TRUNCATE:
        # What it removes from other sets may lie outside of its own time; the others' whole time covers that.
        others = [one.key for one in await store.visible(work, target.person) if one.key != target.key]
        spans = await store_data.span(work, others)
    await dedup.on_close(work, target)
    await store.close(work, target.key)
    announce(work, target, "UPLOAD_COMPLETED", _join(spans, await store_data.span(work, [target.key])))


def _join(left: Mapping[int, Span], right: Mapping[int, Span]) -> dict[int, Span]:
    joined = dict(left)
    for kind, (low, high) in right.items():
        if kind in joined:
            low, high = min(low, joined[kind][0]), max(high, joined[kind][1])
        joined[kind] = (low, high)
    return joined


async def delete(work: Work, name: str) -> None:
    """Remove a set's data for good; the set's row stays, marked. For the owner, custodians, and a writer's own sets."""
    target = await _hold(work, name)
    await _require_delete(work, target)
    audit.note(work, "delete", "devicedata", target.person)
    spans = await store_data.span(work, [target.key])
    await dedup.on_delete(work, target)
    await store_data.delete_all(work, [target.key])
    await store.mark_deleted(work, [target.key])
    if target.is_active:
        announce(work, target, "DATA_REMOVED", spans)


async def _require_delete(work: Work, target: DataSet) -> None:
    if await patients.may(work, target.person, patients.Permission.CUSTODIAN):
        return
    await patients.require(work, target.person, patients.Permission.UPLOAD)
    actor = work.actor
    if actor.is_service or actor.is_person(target.person):
        return
    if actor.person is None or await identity.name(work, actor.person, System.USER) != target.created_by:
        raise NotAllowed("user is not authorized", code="unauthorized")


async def delete_all(work: Work, person: PersonKey) -> None:
    """Remove all data and data sets of a person for good; services only."""
    if not work.actor.is_service:
        raise NotAllowed("user is not authorized", code="unauthorized")
    audit.note(work, "delete", "devicedata", person)
    subject = await store.find_subject(work, person)
    if subject is None:
        return
    await store.lock_subject(work, subject)
    existing = await store.list_data_sets(
        work, person, client_name=None, device_id=None, with_deleted=True, offset=0, limit=1 << 30
    )
    if existing:
        spans = await store_data.span(work, [one.key for one in existing])
        announce(work, existing[0], "DATA_REMOVED", spans)
    await store_data.delete_person(work, subject)
