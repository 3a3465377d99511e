"""A data set as the platform prints it."""

from typing import Any

from openward.care import devicedata
from openward.care.devicedata import DataSet


def upload_record(one: DataSet, *, is_brief: bool = False) -> dict[str, Any]:
    """The record of type `upload`; `is_brief` leaves out what data queries leave out."""
    record: dict[str, Any] = {
        "type": "upload",
        "id": one.id,
        "uploadId": one.name,
        **one.body,
        "time": devicedata.print_instant(one.time),
        "deduplicator": {
            "name": one.deduplicator,
            "version": devicedata.VERSIONS[devicedata.Deduplicator(one.deduplicator)],
        },
    }
    if is_brief:
        return record
    record["createdTime"] = devicedata.print_instant(one.created_at)
    record["modifiedTime"] = devicedata.print_instant(one.modified_at)
    if one.created_by is not None:
        record["createdUserId"] = one.created_by
    if one.deleted_at is not None:
        record["deletedTime"] = devicedata.print_instant(one.deleted_at)
    return record
