"""What to ask the pump cloud for: the span of what is new, then deliveries, events and settings, page after page."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from openward.care.connections.policy import Policy
from openward.care.connections.ports import API, Failed, OAuth, Progress, Stretch
from openward.wire.pump.oauth import OAUTH
from openward.wire.pump.policy import POLICY
from openward.wire.pump.record import device
from openward.wire.pump.times import instant
from openward.wire.pump.translate import translated

_BASE: Final = "/api/v1/users/self/"
_KINDS: Final = ("deliveries", "events", "settings")
_SECOND: Final = timedelta(seconds=1)
_PAGE_SIZE: Final = 500
# A partner that never says that a page is the last one would keep us for ever.
_MOST_PAGES: Final = 1000


class Pump:
    """The partner (see `care.connections.ports.Partner`)."""

    name = "pump"
    title = "Pump Cloud"
    brings = (
        "basal rates and boluses, calculator entries, alarms, activity modes and settings of the pump, and the glucose "
        "readings that it receives"
    )
    policy: Policy = POLICY
    oauth: OAuth = OAUTH
    data_set: Mapping[str, Any] = {
        "client": {"name": "org.openward.oauth.pump.fetch", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
        "deviceTags": ["insulin-pump"],
        "timeProcessing": "none",
    }

    async def fetch(self, api: API, policy: Policy, progress: Progress) -> AsyncIterator[Stretch]:
        """Everything that was received since the last time, in stretches of at most a batch."""
        there = await _span(api, progress)
        if there is None:
            return
        start, end = _clamped(there, policy, progress)
        while start < end:
            until = min(start + timedelta(days=policy.batch_days), end)
            records = [
                record for kind in _KINDS for record in await _records(api, kind, start, until, policy.page_size)
            ]
            found = [(made, record) for record in records if (made := translated(record)) is not None]
            found.sort(key=lambda one: str(one[0]["time"]))
            data = [made for made, _ in found]
            offsets = [one["timezoneOffset"] for one in data if "timezoneOffset" in one]
            last = device(found[-1][1]) if found else {}
            yield Stretch(data, until, dict(progress.memory), offsets[-1] if offsets else None, device=last)
            start = until


async def _span(api: API, progress: Progress) -> tuple[datetime, datetime] | None:
    """When the first and the last of the new records begin, or None when there are none."""
    # A second earlier: what was received in the very second up to which we fetched may not have been there yet.
    params = {} if progress.since is None else {"receivedSince": _written(progress.since - _SECOND)}
    answer = await api.get(_BASE + "span", params)
    if not isinstance(answer, Mapping) or not answer.get("userId") or not {"earliest", "latest"} <= answer.keys():
        raise Failed("wrong-envelope")
    if answer["earliest"] is None or answer["latest"] is None:
        return None
    first, last = instant(answer["earliest"], None), instant(answer["latest"], None)
    if first is None or last is None:
        raise Failed("wrong-envelope")
    return first, last


def _clamped(there: tuple[datetime, datetime], policy: Policy, progress: Progress) -> tuple[datetime, datetime]:
    first, last = there
    if progress.since is not None:
        # The span tells when new records begin, so what came late is known; but no further back than agreed.
        first = max(first, progress.since - timedelta(minutes=policy.overlap_minutes))
        last = max(last, progress.since)
    elif policy.backfill_days is not None:
        first = max(first, progress.now - timedelta(days=policy.backfill_days))
    return first.replace(microsecond=0), min(last + _SECOND, progress.now).replace(microsecond=0)


async def _records(
    api: API, kind: str, start: datetime, end: datetime, page_size: int | None
) -> list[Mapping[str, Any]]:
    """The records of one kind that begin within the stretch, `end` not included."""
    asked = {"from": _written(start), "to": _written(end), "pageSize": str(page_size or _PAGE_SIZE)}
    found: list[Mapping[str, Any]] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        answer = await api.get(_BASE + kind, asked if after is None else {**asked, "after": after})
        records, page = (answer.get("records"), answer.get("page")) if isinstance(answer, Mapping) else (None, None)
        if not isinstance(records, list) or not isinstance(page, Mapping) or answer.get("kind") != kind:
            raise Failed("wrong-envelope")
        found += [record for record in records if isinstance(record, Mapping)]
        following = page.get("next")
        if following is None:
            return found
        if not isinstance(following, str) or following == after:
            raise Failed("wrong-envelope")
        after = following
    raise Failed("too-many-pages")


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
