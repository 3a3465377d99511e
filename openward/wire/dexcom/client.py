"""What to ask Dexcom for: the range of what there is, then every kind of record, a stretch of time after another."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from openward.care.connections.policy import Policy
from openward.care.connections.ports import API, Failed, OAuth, Progress, Stretch
from openward.wire.dexcom import translate
from openward.wire.dexcom.oauth import OAUTH
from openward.wire.dexcom.policy import POLICY
from openward.wire.dexcom.readings import Egv, Page, last_zone, read, readings, within
from openward.wire.dexcom.settings import device, digest, key_of
from openward.wire.dexcom.times import instant, parse

_BASE: Final = "/v3/users/self/"
_BEGINNING: Final = datetime(2015, 1, 1, tzinfo=UTC)
_RANGES: Final = ("calibrations", "egvs", "events")
# For an older last time the partner gives ranges that are wrong.
_TRUSTED_SYNC: Final = timedelta(days=30)
_SECOND: Final = timedelta(seconds=1)
# Source: Tidepool, the order of the requests.
_RESOURCES: Final = ("alerts", "calibrations", "devices", "egvs", "events")
_TIMED: Final[Mapping[str, tuple[str, Callable[[translate.Record], dict[str, Any] | None]]]] = {
    "alerts": ("alert", translate.alert),
    "calibrations": ("calibration", translate.calibration),
    "devices": ("device", device),
    "events": ("event", translate.event),
}


class Dexcom:
    """The partner (see `care.connections.ports.Partner`)."""

    name = "dexcom"
    title = "Dexcom"
    brings = (
        "glucose readings, calibrations, alerts and their settings, and what you enter there: meals, insulin, "
        "exercise, health and notes"
    )
    policy: Policy = POLICY
    oauth: OAuth = OAUTH
    data_set: Mapping[str, Any] = {
        "client": {"name": "org.tidepool.oauth.dexcom.fetch", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
        "deviceManufacturers": ["Dexcom"],
        "deviceTags": ["cgm"],
        "timeProcessing": "none",
    }

    async def fetch(self, api: API, policy: Policy, progress: Progress) -> AsyncIterator[Stretch]:
        """Everything new, and what was delivered late within the overlap, in stretches of at most a batch."""
        there = await _range(api, progress)
        if there is None:
            return
        start, end = _clamped(there, policy, progress)
        memory = dict(progress.memory)
        while start < end:
            until = min(start + timedelta(days=policy.batch_days), end)
            data: list[dict[str, Any]] = []
            found: list[Egv] = []
            for resource in _RESOURCES:
                if resource == "egvs":
                    found = within(await _egvs(api, start, until), start, until)
                    continue
                kind, translated = _TIMED[resource]
                records = await _records(api, resource, kind, start, until)
                if kind == "device":
                    records = _changed(records, memory)
                data += [made for record in records if (made := translated(record)) is not None]
            data.sort(key=lambda one: str(one["time"]))
            yield Stretch(data, until, dict(memory), _zone(data, found), readings(found))
            start = until


async def _range(api: API, progress: Progress) -> tuple[datetime, datetime] | None:
    """From the first to the last record of any kind, or None when there is none."""
    params = {}
    if progress.since is not None and progress.now - progress.since < _TRUSTED_SYNC:
        params["lastSyncTime"] = progress.since.isoformat(timespec="seconds").replace("+00:00", "Z")
    answer = await api.get(_BASE + "dataRange", params)
    if not isinstance(answer, Mapping) or answer.get("recordType") != "dataRange":
        raise Failed("wrong-envelope")
    edges = []
    for name in _RANGES:
        group = answer.get(name)
        for side in ("start", "end"):
            at = parse(group[side].get("systemTime")) if isinstance(group, Mapping) and side in group else None
            if at is not None:
                edges.append(instant(at))
    return (min(edges), max(edges)) if edges else None


def _clamped(there: tuple[datetime, datetime], policy: Policy, progress: Progress) -> tuple[datetime, datetime]:
    first, last = there
    earliest = _BEGINNING
    if policy.backfill_days is not None:
        earliest = max(earliest, progress.now - timedelta(days=policy.backfill_days))
    if progress.since is not None:
        # The range tells of new records only, but late ones lie before what was fetched already.
        first = earliest = max(earliest, progress.since - timedelta(minutes=policy.overlap_minutes))
        last = max(last, progress.since)
    # A request takes whole seconds; with others at the seams something would fall between two stretches.
    begin = max(first, earliest).replace(microsecond=0)
    return begin, min(last + _SECOND, progress.now).replace(microsecond=0)


async def _records(api: API, resource: str, kind: str, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
    """The records of one kind within the stretch, both ends included."""
    answer = await api.get(_BASE + resource, {"startDate": _plain(start), "endDate": _plain(end)})
    if not isinstance(answer, Mapping) or answer.get("recordType") != kind or answer.get("recordVersion") != "3.0":
        raise Failed("wrong-envelope")
    records = answer.get("records")
    if not answer.get("userId") or not isinstance(records, list):
        raise Failed("wrong-envelope")
    found = [record for record in records if isinstance(record, Mapping)]
    if kind == "device":
        return found
    return [record for record in found if (at := parse(record.get("systemTime"))) and start <= instant(at) <= end]


async def _egvs(api: API, start: datetime, end: datetime) -> list[Egv]:
    """All values that are sent for the stretch."""
    page = await api.get(_BASE + "egvs", {"startDate": _plain(start), "endDate": _plain(end)}, read)
    if not isinstance(page, Page):
        raise Failed("wrong-envelope")
    if page.record_type != "egv" or page.record_version != "3.0" or not page.user_id:
        raise Failed("wrong-envelope")
    return page.records


def _zone(data: Sequence[Mapping[str, Any]], found: Sequence[Egv]) -> int | None:
    """The last known distance of the display from UTC, in minutes."""
    known = [(str(one["time"]), int(one["timezoneOffset"])) for one in data if "timezoneOffset" in one]
    last = last_zone(found)
    return max([*known[-1:], *([last] if last else [])], default=(None, None))[1]


def _changed(records: list[Mapping[str, Any]], memory: dict[str, Any]) -> list[Mapping[str, Any]]:
    """Devices whose settings differ from those we know; `memory` learns the new ones."""
    known = dict(memory.get("devices", {}))
    changed = []
    for record in records:
        if record.get("lastUploadDate") and known.get(key_of(record)) != digest(record):
            known[key_of(record)] = digest(record)
            changed.append(record)
    memory["devices"] = known
    return changed


def _plain(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
