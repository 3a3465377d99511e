"""What Dexcom answers: the range of what there is, and records of each kind between two moments."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np

from openward.simulators.cloud import BadRequest, Person, Resource, World
from openward.simulators.cloud.faults import LATEST_S
from openward.simulators.cloud.lives import DAY_S
from openward.simulators.dexcom import device, entries, readings

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\Z")
_LONGEST_S: Final = 30 * DAY_S
_KINDS: Final = {"alerts": "alert", "calibrations": "calibration", "events": "event"}


class Dexcom:
    """The partner (see `cloud.server.Setup`)."""

    name = "dexcom"
    title = "Dexcom"
    login_path = "/v2/oauth2/login"
    token_path = "/v2/oauth2/token"  # noqa: S105 -- a path
    revoke_path: str | None = None
    data_path = "/v3/users/self/"
    needs_pkce = False

    def __init__(self, world: World) -> None:
        self.world = world

    def resources(self) -> Sequence[Resource]:
        """What can be asked for."""
        timed = [Resource(name, self._timed(kind)) for name, kind in _KINDS.items()]
        return [
            Resource("dataRange", self._range),
            Resource("egvs", self._egvs),
            Resource("devices", self._devices),
            *timed,
        ]

    def expected(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """All that has been there to be fetched. Of devices each transmitter once."""
        world, now_s = self.world, self.world.clock.seconds()
        places = readings.places(world, person, world.begin_s, now_s)
        egvs = {one["recordId"]: one for one in msgspec.json.decode(readings.page(world, person, places))}
        kinds = {name: list(self._entries(person, kind, world.begin_s, now_s)) for name, kind in _KINDS.items()}
        return {
            "egvs": sorted(egvs.values(), key=lambda one: str(one["systemTime"])),
            "devices": self._worn(person, world.begin_s, now_s),
            **{name: [record for _, record in found] for name, found in kinds.items()},
        }

    def _range(self, person: Person, query: Mapping[str, str]) -> bytes:
        """First and last record of each kind, or of those that came after `lastSyncTime`."""
        since_s = None
        if "lastSyncTime" in query:
            try:
                since = datetime.fromisoformat(query["lastSyncTime"])
                if since.tzinfo is None:
                    raise ValueError
            except ValueError:
                raise BadRequest("lastSyncTime: RFC 3339 with a zone") from None
            since_s = since.timestamp()
        answer: dict[str, Any] = {"recordType": "dataRange", "recordVersion": "3.0", "userId": person.user_id}
        edges = {
            "egvs": self._edge_readings(person, since_s),
            "calibrations": self._edge_entries(person, "calibration", since_s),
            "events": self._edge_entries(person, "event", since_s),
        }
        for name, found in edges.items():
            if found is not None:
                answer[name] = {"start": self._moment(person, found[0]), "end": self._moment(person, found[1])}
        return msgspec.json.encode(answer)

    def _moment(self, person: Person, at_s: int) -> dict[str, str]:
        away_s, zone = readings.display_s(self.world, person, at_s // DAY_S)
        return {"systemTime": entries.stamp(at_s), "displayTime": entries.stamp(at_s + away_s)[:-1] + zone}

    def _edge_readings(self, person: Person, since_s: float | None) -> tuple[int, int] | None:
        world, now_s = self.world, self.world.clock.seconds()
        start_s = world.begin_s if since_s is None else since_s - LATEST_S
        found = readings.places(world, person, start_s, now_s, since_s)
        if not len(found):
            return None
        at = readings.moments(person, found[np.array([0, -1])])
        return int(at[0]), int(at[1])

    def _edge_entries(self, person: Person, kind: str, since_s: float | None) -> tuple[int, int] | None:
        now_s, begin_s = self.world.clock.seconds(), self.world.begin_s
        if since_s is not None:
            found = list(self._entries(person, kind, since_s - LATEST_S, now_s, since_s))
            return (found[0][0], found[-1][0]) if found else None
        first, last = person.day_of(begin_s), person.day_of(now_s)
        ahead = (one for day in range(first, last + 1) for one in self._day(person, kind, day, begin_s, now_s))
        start = next(ahead, None)
        if start is None:
            return None
        back = (one for day in range(last, first - 1, -1) for one in self._day(person, kind, day, begin_s, now_s)[::-1])
        return start[0], next(back, start)[0]

    def _egvs(self, person: Person, query: Mapping[str, str]) -> bytes:
        start_s, end_s = _span(query)
        places = readings.places(self.world, person, start_s, end_s)
        return _enveloped("egv", person, readings.page(self.world, person, places))

    def _timed(self, kind: str) -> Callable[[Person, Mapping[str, str]], bytes]:
        def answer(person: Person, query: Mapping[str, str]) -> bytes:
            records = [record for _, record in self._entries(person, kind, *_span(query))][::-1]
            if records and self.world.faults.happens("duplicate"):
                records.append(records[0])
            return _enveloped(kind, person, msgspec.json.encode(records))

        return answer

    def _devices(self, person: Person, query: Mapping[str, str]) -> bytes:
        return _enveloped("device", person, msgspec.json.encode(self._worn(person, *_span(query))))

    def _worn(self, person: Person, start_s: float, end_s: float) -> list[dict[str, Any]]:
        """Transmitters with readings in the span, with the time of the last one that has come by now."""
        found = []
        last_place = int(min(end_s, self.world.clock.seconds()) // device.WORN_S)
        for place in range(int(max(start_s, self.world.begin_s) // device.WORN_S), last_place + 1):
            begin_s = place * device.WORN_S
            until_s = min(end_s, begin_s + device.WORN_S - 1)
            seen = readings.places(self.world, person, max(start_s, begin_s), until_s)
            if len(seen):
                at_s = int(readings.moments(person, seen[-1:])[0])
                found.append(device.record(person, device.worn(self.world, person, begin_s), entries.stamp(at_s)))
        return found

    def _entries(
        self, person: Person, kind: str, start_s: float, end_s: float, received_after_s: float | None = None
    ) -> Iterator[entries.Entry]:
        """Entries between two moments, both included, that have come by now, in order of time."""
        for day in range(person.day_of(max(start_s, self.world.begin_s)), person.day_of(end_s) + 1):
            yield from self._day(person, kind, day, start_s, end_s, received_after_s)

    def _day(
        self,
        person: Person,
        kind: str,
        day: int,
        start_s: float,
        end_s: float,
        received_after_s: float | None = None,
    ) -> list[entries.Entry]:
        now_s, faults = self.world.clock.seconds(), self.world.faults
        first = max(start_s, self.world.begin_s)
        after = float("-inf") if received_after_s is None else received_after_s
        return [
            entries.complete(self.world, person, kind, draft)
            for draft in entries.of_day(person, kind, day)
            if first <= draft[0] <= end_s and after < faults.arrival_s(person.number, draft[0]) <= now_s
        ]


def _span(query: Mapping[str, str]) -> tuple[float, float]:
    found = []
    for name in ("startDate", "endDate"):
        text = query.get(name, "")
        try:
            if not _TIME.match(text):
                raise ValueError
            found.append(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        except ValueError:
            raise BadRequest(f"{name}: YYYY-MM-DDTHH:MM:SS in UTC, without a zone") from None
    if not 0 <= found[1] - found[0] <= _LONGEST_S:
        raise BadRequest("startDate and endDate: in order, and at most 30 days apart")
    return found[0], found[1]


def _enveloped(kind: str, person: Person, records: bytes) -> bytes:
    head = f'{{"recordType":"{kind}","recordVersion":"3.0","userId":"{person.user_id}","records":'
    return head.encode() + records + b"}"
