"""The data set record itself: what a client may say when it makes or changes one, and delete-data selectors.

Unlike in a datum, an unknown field here is a fault, so that a misspelt setting does not vanish silently.
"""

from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS, annotations
from openward.care.devicedata.rules.reading import Notebook, Reader
from openward.care.devicedata.rules.scalars import (
    datum_id,
    free_object,
    instant,
    literal,
    local_time,
    pattern,
    text,
    whole,
    word,
    zone_name,
)
from openward.care.devicedata.rules.shapes import Shape, any_of, array, may, needs

_DATA_SET_ID = r"upid_[0-9a-f]{12}|upid_[0-9a-f]{32}|[0-9a-f]{32}"
_USER_ID = r"[0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_REVERSE_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"

_client = Shape(
    (needs("name", text()), needs("version", text()), may("private", free_object)),
    closed=True,
)
_deduplicator = Shape(
    (may("name", pattern(_REVERSE_DOMAIN, "reverse domain")), may("version", text())),
    closed=True,
)

_new = Shape(
    (
        # Uploaders repeat the record's own type; there is only one that it can be.
        may("type", literal("upload")),
        may("client", _client),
        may("clockDriftOffset", whole(-DAY_MS, DAY_MS)),
        may("computerTime", local_time),
        may("conversionOffset", whole()),
        may("dataSetType", word("continuous", "normal")),
        may("deduplicator", _deduplicator),
        may("deviceId", text()),
        may("deviceManufacturers", array(text(), 1, unique=True, ordered=True)),
        may("deviceModel", text()),
        may("deviceSerialNumber", text()),
        may(
            "deviceTags",
            array(word("activity-monitor", "bgm", "cgm", "insulin-pump"), 1, unique=True, ordered=True),
        ),
        may("deviceTime", local_time),
        may("id", pattern(_DATA_SET_ID, "data set id")),
        may("uploadId", pattern(_DATA_SET_ID, "data set id")),
        may("payload", free_object),
        may("annotations", annotations),
        may("time", instant),
        may("timeProcessing", word("across-the-board-timezone", "none", "utc-bootstrapping")),
        may("timezone", zone_name),
        may("timezoneOffset", whole(-10080, 10080)),
        may("version", text(least=5)),
        may("byUser", pattern(_USER_ID, "user id")),
    ),
    closed=True,
)

_change = Shape(
    (
        may("deviceId", text()),
        may("deviceModel", text(least=2)),
        may("deviceSerialNumber", text(least=2)),
        may("state", word("closed", "open")),
        may("time", instant),
        may("timezone", zone_name),
        may("timezoneOffset", whole(-720, 840)),
    ),
    closed=True,
)


def _no_id() -> str:
    raise AssertionError("a data set has no data inside it")


def _read(shape: Reader, body: object) -> Any:
    notes = Notebook(_no_id)
    kept = None
    if body is None:
        notes.broken("value-not-exists", "")
    else:
        kept = shape(body, "", notes)
    notes.finish()
    return kept


def check_data_set(body: object) -> dict[str, Any]:
    """Check what a client sent to make a data set and give it back normalised (arrays sorted, `dataSetType` filled).

    Times come out printed in UTC. Raises Invalid with every fault; pointers are relative to the body (`/deviceId`).
    """
    kept: dict[str, Any] = _read(_new, body)
    kept.pop("type", None)
    kept.setdefault("dataSetType", "normal")
    return kept


def check_data_set_update(body: object) -> dict[str, Any]:
    """Check what a service sent to change a data set: only the fields that it named come back. Raises Invalid."""
    kept: dict[str, Any] = _read(_change, body)
    return kept


_by_id = Shape((needs("id", datum_id), may("time", instant)), closed=True)
_by_hash = Shape((needs("deduplicator", Shape((needs("hash", text(1000)),), closed=True)),), closed=True)
_by_origin = Shape(
    (needs("origin", Shape((needs("id", text(100)), may("time", instant)), closed=True)),),
    closed=True,
)
_SELECTORS = {"id": _by_id, "deduplicator": _by_hash, "origin": _by_origin}


def check_selectors(body: object) -> list[dict[str, Any]]:
    """Check the selectors of a deletion: a non-empty array, all by `id`, all by `deduplicator` or all by `origin`.

    Their times are read but mean nothing for the match. Raises Invalid.
    """
    notes = Notebook(_no_id)
    kept: list[dict[str, Any]] = []
    if type(body) is not list:
        notes.wrong_type("array", body, "")
    elif not body:
        notes.broken("value-empty", "")
    else:
        first = next((name for name in _SELECTORS if type(body[0]) is dict and body[0].get(name) is not None), None)
        for place, sent in enumerate(body):
            selector = _selector(sent, first, f"/{place}", notes)
            if selector is not None:
                kept.append(selector)
    notes.finish()
    return kept


def _selector(sent: Any, kind: str | None, at: str, notes: Notebook) -> Any:
    """Read one selector; its kind must be that of the first one."""
    if sent is None:
        notes.broken("value-not-exists", at)
        return None
    if type(sent) is not dict:
        notes.wrong_type("object", sent, at)
        return None
    named = [name for name in _SELECTORS if sent.get(name) is not None]
    if len(named) != 1:
        any_of(*_SELECTORS)(sent, {}, at, notes)
        for extra in named[1:]:
            notes.broken("value-exists", f"{at}/{extra}")
        return None
    if named[0] != kind:
        notes.broken("value-exists", f"{at}/{named[0]}", "all selectors must be of one kind")
        return None
    return _SELECTORS[named[0]](sent, at, notes)
