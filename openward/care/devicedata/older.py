"""The older way in: data without a data set, told apart by their content alone."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from openward.care import audit, patients
from openward.care.devicedata import store, store_data
from openward.care.devicedata.dedup import Deduplicator
from openward.care.devicedata.ingest import announce, keep
from openward.care.devicedata.model import Batch, DataSet
from openward.care.devicedata.packing import pack
from openward.care.devicedata.rules import Checked
from openward.care.work import PersonKey, Work

_json = msgspec.json.Encoder(order="sorted").encode
_CHILD = {"wizard": "bolus", "deviceEvent": "status"}
"""Where a datum names the one that was split off from it."""


async def keep_by_content(work: Work, person: PersonKey, data: Sequence[Checked]) -> list[int]:
    """Keep data in the person's one set for this way in; gives the places of those that it has already."""
    await patients.require(work, person, patients.Permission.UPLOAD)
    audit.note(work, "write", "devicedata", person)
    target = await _target(work, person)
    named = _name_by_content(data)
    ids = [str(datum.fields["id"]) for datum in named]
    known = set(await store_data.by_given_id(work, target.key, ids))
    fresh, repeated = [], []
    for place, datum in enumerate(named):
        if ids[place] in known:
            repeated.append(place)
        else:
            known.add(ids[place])
            fresh.append(datum)
    if fresh:
        batch = pack(fresh)
        await keep(work, target, Batch(batch.rows, batch.shapes, batch.fields_of))
        announce(work, target, "DATA_ADDED", {}, batch.rows)
    return repeated


async def _target(work: Work, person: PersonKey) -> DataSet:
    subject = await store.subject(work, person)
    await store.lock_subject(work, subject)
    found = await store.lock_older_uploads(work, subject)
    if found is None:
        name = work.token_bytes(16).hex()
        body: dict[str, Any] = {"dataSetType": "continuous"}
        new = store.NewDataSet(
            name,
            name,
            "continuous",
            Deduplicator.NONE,
            work.now,
            None,
            None,
            (),
            None,
            None,
            body,
            is_older_uploads=True,
        )
        await store.insert_data_set(work, subject, new)
        found = await store.lock_older_uploads(work, subject)
    assert found is not None
    return found


def _name_by_content(data: Sequence[Checked]) -> list[Checked]:
    """Give each datum an id made of its content; an id that was minted while splitting is no content."""
    children = {str(datum.fields.get("id")): datum for datum in data}
    named = []
    renamed: dict[str, str] = {}
    for datum in reversed(data):  # what was split off stands behind its parent
        fields = dict(datum.fields)
        old = str(fields.pop("id", ""))
        link = _CHILD.get(datum.kind, "")
        child = fields.get(link)
        if isinstance(child, str) and child in children and child in renamed:
            fields[link] = renamed[child]
        content = _json([datum.kind, datum.time, fields])
        name = blake2b(content, digest_size=16).hexdigest()
        fields["id"] = name
        if old:
            renamed[old] = name
        named.append(Checked(datum.kind, datum.time, fields))
    return named[::-1]
