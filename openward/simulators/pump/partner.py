"""What the pump cloud answers: the span of what is new, and records of a kind, page after page.

GET span?receivedSince= -> `{userId, earliest, latest}`: when the first and last record begin that came after a moment,
or null. GET deliveries|events|settings?from=&to=&pageSize=&after= -> `{userId, kind, records, page: {size, next}}`:
records that begin from `from` to before `to`, oldest first; `next` is what to give as `after`, null at the end.
A record comes when what it tells of is over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from openward.simulators.cloud import BadRequest, Person, Resource, World
from openward.simulators.cloud.faults import LATEST_S
from openward.simulators.cloud.lives import DAY_S
from openward.simulators.pump.day import LONGEST_S, Happening, day_of
from openward.simulators.pump.device import shown, zone

_KINDS: Final = ("deliveries", "events", "settings")
_LONGEST_SPAN_S: Final = 14 * DAY_S
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class _Record:
    at_s: int
    name: str
    happening: Happening


class Pump:
    """The partner (see `cloud.server.Setup`)."""

    name = "pump"
    title = "Pump Cloud"
    login_path = "/oauth/authorize"
    token_path = "/oauth/token"  # noqa: S105 -- a path
    revoke_path: str | None = "/oauth/revoke"
    data_path = "/api/v1/users/self/"
    needs_pkce = True

    def __init__(self, world: World) -> None:
        self.world = world
        self._day: Callable[[Person, int], list[_Record]] = lru_cache(maxsize=512)(_recorded)

    def resources(self) -> Sequence[Resource]:
        """What can be asked for."""
        return [Resource("span", self._span), *(Resource(kind, self._page(kind)) for kind in _KINDS)]

    def expected(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """All that has been there to be fetched."""
        now_s = self.world.clock.seconds()
        return {
            kind: [self._told(person, one) for one in self._records(person, kind, self.world.begin_s, now_s + 1)]
            for kind in _KINDS
        }

    def _span(self, person: Person, query: Mapping[str, str]) -> bytes:
        now_s, since_s, begin_s = self.world.clock.seconds(), None, float(self.world.begin_s)
        if "receivedSince" in query:
            since_s = _moment(query, "receivedSince")
            begin_s = max(begin_s, since_s - LATEST_S - LONGEST_S)
        first, last = person.day_of(begin_s) - 1, person.day_of(now_s)
        ahead = (one for day in range(first, last + 1) for one in self._on(person, day, begin_s, now_s + 1, since_s))
        start = next(ahead, None)
        back = (
            one
            for day in range(last, first - 1, -1)
            for one in self._on(person, day, begin_s, now_s + 1, since_s)[::-1]
        )
        end = None if start is None else next(back, start)
        return msgspec.json.encode(
            {
                "userId": person.user_id,
                "earliest": None if start is None else _written(start.at_s),
                "latest": None if end is None else _written(end.at_s),
            }
        )

    def _page(self, kind: str) -> Callable[[Person, Mapping[str, str]], bytes]:
        def answer(person: Person, query: Mapping[str, str]) -> bytes:
            start_s, end_s = _moment(query, "from"), _moment(query, "to")
            if not 0 <= end_s - start_s <= _LONGEST_SPAN_S:
                raise BadRequest("from and to: in order, and at most 14 days apart")
            size = _size(query)
            after = _cursor(query)
            found: list[_Record] = []
            following = None
            for one in self._records(person, kind, max(start_s, after[0]), end_s):
                if (one.at_s, one.name) <= after:
                    continue
                if len(found) == size:
                    following = f"{found[-1].at_s}.{found[-1].name}"
                    break
                found.append(one)
            records = [self._told(person, one) for one in found]
            if records and self.world.faults.happens("duplicate"):
                records.append(records[int(self.world.faults.share() * len(records))])
            return msgspec.json.encode(
                {
                    "userId": person.user_id,
                    "kind": kind,
                    "records": records,
                    "page": {"size": size, "next": following},
                }
            )

        return answer

    def _records(self, person: Person, kind: str, start_s: float, end_s: float) -> Iterator[_Record]:
        """Records of a kind that begin in the span and have come by now, in order."""
        for day in range(person.day_of(start_s) - 1, person.day_of(end_s) + 1):
            yield from (one for one in self._on(person, day, start_s, end_s) if one.happening.kind == kind)

    def _on(
        self, person: Person, day: int, start_s: float, end_s: float, received_after_s: float | None = None
    ) -> list[_Record]:
        """Records of one day within the span that have come by now, and after a moment."""
        now_s, faults = self.world.clock.seconds(), self.world.faults
        first = max(start_s, self.world.begin_s)
        after = float("-inf") if received_after_s is None else received_after_s
        records = self._day(person, day)
        if faults.may_befall("clock"):
            records = sorted([*records, *self._clock_changes(person, day)], key=lambda one: (one.at_s, one.name))
        return [
            one
            for one in records
            if first <= one.at_s < end_s
            and after < faults.arrival_s(person.number, one.at_s + one.happening.lasts_s) <= now_s
        ]

    def _clock_changes(self, person: Person, day: int) -> Iterator[_Record]:
        """Where the pump was set to another zone, which happens at midnight UTC."""
        for at_s in (utc * DAY_S for utc in range(day - 1, day + 2) if person.day_of(utc * DAY_S) == day):
            before, now = zone(self.world, person, at_s - 1)[0], zone(self.world, person, at_s)[0]
            if before != now:
                fields = {
                    "type": "timeChange",
                    "from": {"deviceTime": _local(at_s, before), "timezone": before.key},
                    "to": {"deviceTime": _local(at_s, now), "timezone": now.key},
                    "method": "automatic",
                }
                yield _Record(at_s, f"{person.user_id[:8]}-{at_s:x}-clock", Happening("events", 0, 0, fields))

    def _told(self, person: Person, one: _Record) -> dict[str, Any]:
        fields = dict(one.happening.fields)
        if "bolus" in fields:
            fields["bolus"] = {"id": f"{one.name}-bolus", **fields["bolus"]}
        return {"id": one.name, **shown(self.world, person, one.at_s), **fields}


def _recorded(person: Person, day: int) -> list[_Record]:
    begin = person.begin_of(day)
    made = [
        _Record(begin + one.start_s, f"{person.user_id[:8]}-{begin + one.start_s:x}-{place:03}", one)
        for place, one in enumerate(day_of(person, day))
    ]
    return sorted(made, key=lambda one: (one.at_s, one.name))


def _moment(query: Mapping[str, str], name: str) -> float:
    try:
        found = datetime.fromisoformat(query.get(name, ""))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadRequest(f"{name}: RFC 3339 with a zone")
    return found.timestamp()


def _size(query: Mapping[str, str]) -> int:
    text = query.get("pageSize", "100")
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= _MOST:
        raise BadRequest(f"pageSize: from 1 to {_MOST}")
    return int(text)


def _cursor(query: Mapping[str, str]) -> tuple[float, str]:
    text = query.get("after")
    if text is None:
        return float("-inf"), ""
    at, _, name = text.partition(".")
    if not (at.isascii() and at.isdigit()) or not name:
        raise BadRequest("after: as given in `next`")
    return int(at[:12]), name


def _written(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _local(at_s: int, zone: Any) -> str:
    return datetime.fromtimestamp(at_s, zone).strftime("%Y-%m-%dT%H:%M:%S")
