"""Withdraw single data from an open data set."""

from collections.abc import Mapping, Sequence
from typing import Any

from openward.care import audit, identity
from openward.care.devicedata import dedup, store_data
from openward.care.devicedata.ingest import announce
from openward.care.devicedata.model import DataSet
from openward.care.devicedata.packing import unpack, unpack_shape
from openward.care.identity import System
from openward.care.work import Work


async def remove_selected(work: Work, target: DataSet, selectors: Sequence[Mapping[str, Any]]) -> None:
    """Take the data that checked selectors name (all by id, by origin, or by hash) out of a set held by `lock`."""
    audit.note(work, "delete", "devicedata", target.person)
    first = selectors[0]
    if "id" in first:
        ordinals = await _by_id(work, target, [one["id"] for one in selectors])
    elif "origin" in first and dedup.is_by_origin(target):
        digests = [dedup.origin_digest(one["origin"]["id"]) for one in selectors]
        ordinals = [ordinal for _, ordinal in await store_data.by_origin(work, target.key, digests)]
    else:
        ordinals = await _by_reading(work, target, selectors)
    if not ordinals:
        return
    spans = await store_data.span(work, [target.key], ordinals)
    await dedup.withdraw(work, target, ordinals)
    if target.is_active:
        announce(work, target, "DATA_REMOVED", spans)


async def _by_id(work: Work, target: DataSet, ids: Sequence[str]) -> list[int]:
    """Ordinals by the client's own ids and by those that we made."""
    given = await store_data.by_given_id(work, target.key, ids)
    found = list(given.values())
    for text in ids:
        pair = work.tools.ids.decode(text)
        if text not in given and pair is not None and pair[0] == target.key and pair[1] < target.next_ordinal:
            found.append(pair[1])
    return found


async def _by_reading(work: Work, target: DataSet, selectors: Sequence[Mapping[str, Any]]) -> list[int]:
    """Ordinals by hash, or by origin in a set that keeps no index of origins: both are rare, so all rows are read."""
    hashes = {one["deduplicator"]["hash"] for one in selectors if "deduplicator" in one}
    origins = {one["origin"]["id"] for one in selectors if "origin" in one}
    user_id = await identity.name(work, target.person, System.USER)
    shapes = {number: unpack_shape(body) for _, number, body in await store_data.shapes(work, [target.key])}
    found = []
    async for time, value, _key, ordinal, number, detail in store_data.of_data_set(work, target.key):
        shape = shapes[number]
        fields = unpack(shape, time, value, detail)
        if origins:
            if (fields.get("origin") or {}).get("id") in origins:
                found.append(ordinal)
        elif dedup.hash_of(target, user_id, shape.kind, time, fields) in hashes:
            found.append(ordinal)
    return found
