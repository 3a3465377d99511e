"""De-duplication: the real store against a small model in plain Python, for random histories of uploads."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openward.care import devicedata
from openward.care.errors import Conflict, Invalid
from openward.care.work import Actor, ActorKind, PersonKey, Tools, Work
from openward.infra.db import Pool
from tests.care.devicedata.conftest import new_person, new_set, put, seen

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PREFIX = "org.tidepool.deduplicator."
NONE, TRUNCATE, HASH = "none", "device.truncate.dataset", "device.deactivate.hash"
ORIGIN, OLDER, DROP = "dataset.delete.origin", "dataset.delete.origin.older", "dataset.drop.hash"


@dataclass
class Datum:
    kind: str
    minute: int
    value: float
    device: str
    origin: str | None
    origin_minute: int | None
    hidden_by: object = None  # None: visible; "self": withdrawn; a number: archived by that set

    def event(self) -> tuple[object, ...]:
        """What the identity hash is made of, but for its scope."""
        return (self.kind, self.minute, self.value if self.kind == "smbg" else None)

    def sent(self) -> dict[str, Any]:
        item: dict[str, Any] = {"type": self.kind, "time": at(self.minute), "deviceId": self.device}
        if self.kind == "smbg":
            item |= {"units": "mmol/L", "value": self.value}
        if self.kind == "bolus":
            item |= {"subType": "normal", "normal": self.value}
        if self.origin:
            item["origin"] = {"id": self.origin}
            if self.origin_minute is not None:
                item["origin"]["time"] = at(self.origin_minute)
        return item


@dataclass
class Upload:
    rule: str
    is_continuous: bool
    device: str
    is_open: bool = True
    is_active: bool = False
    is_deleted: bool = False
    data: list[Datum] = field(default_factory=list)


def at(minute: int) -> str:
    return (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Model:
    """The rules, said as directly as possible."""

    def __init__(self, uploads: list[Upload]) -> None:
        self.uploads = uploads

    def append(self, index: int, batch: list[Datum]) -> None:
        mine = self.uploads[index]
        if mine.rule == DROP:
            last = {datum.event(): datum for datum in batch}
            known = {datum.event() for datum in mine.data if datum.hidden_by is None}
            batch = [datum for datum in batch if last[datum.event()] is datum and datum.event() not in known]
        if mine.rule == OLDER:
            batch = [datum for datum in batch if not self._is_kept(mine, datum)]
        if mine.rule in (ORIGIN, OLDER):
            origins = {datum.origin for datum in batch if datum.origin}
            mine.data = [datum for datum in mine.data if datum.origin not in origins]
        mine.data += batch

    @staticmethod
    def _is_kept(mine: Upload, sent: Datum) -> bool:
        rivals = [
            datum for datum in mine.data if sent.origin and datum.origin == sent.origin and datum.hidden_by is None
        ]
        if sent.kind != "bolus" or not rivals:
            return False
        times = [datum.origin_minute for datum in rivals if datum.origin_minute is not None]
        if sent.origin_minute is None:
            return True
        return bool(times) and sent.origin_minute <= max(times)

    def withdraw(self, index: int, origin: str) -> None:
        mine = self.uploads[index]
        if mine.rule in (ORIGIN, OLDER):
            for datum in mine.data:
                if datum.origin == origin:
                    datum.hidden_by = "self"
        else:
            mine.data = [datum for datum in mine.data if datum.origin != origin]

    def close(self, index: int) -> None:
        mine = self.uploads[index]
        others = [one for place, one in enumerate(self.uploads) if place != index and not one.is_deleted]
        if mine.rule == HASH:
            events = {(datum.device, *datum.event()) for datum in mine.data}
            for other in others:
                for datum in other.data if other.rule == HASH and other.is_active else ():
                    if datum.hidden_by is None and (datum.device, *datum.event()) in events:
                        datum.hidden_by = index
        if mine.rule == TRUNCATE:
            for other in others:
                other.data = [datum for datum in other.data if datum.device != mine.device]
                if other.device == mine.device:
                    other.is_deleted, other.data = True, []
        mine.is_open, mine.is_active = False, True

    def delete(self, index: int) -> None:
        mine = self.uploads[index]
        for other in self.uploads:
            for datum in other.data:
                if datum.hidden_by == index:
                    twins = [
                        one.hidden_by
                        for one in mine.data
                        if (one.device, *one.event()) == (datum.device, *datum.event())
                        and isinstance(one.hidden_by, int)
                    ]
                    datum.hidden_by = min(twins) if twins else None
        mine.data, mine.is_deleted = [], True

    def visible(self) -> Counter[tuple[object, ...]]:
        return Counter(
            (index, datum.kind, datum.minute, datum.value, datum.device, datum.origin)
            for index, one in enumerate(self.uploads)
            if one.is_active and not one.is_deleted
            for datum in one.data
            if datum.hidden_by is None
        )


MINUTES, DEVICES, ORIGINS = st.integers(0, 2), st.sampled_from(["d1", "d1", "d2"]), st.sampled_from(["a", "b", None])
DATA = st.builds(
    Datum,
    st.sampled_from(["smbg", "bolus"]),
    MINUTES,
    st.sampled_from([4.5, 6.0]),
    DEVICES,
    ORIGINS,
    st.one_of(st.none(), st.integers(0, 2)),
)
UPLOADS = st.one_of(
    st.builds(Upload, st.sampled_from([NONE, ORIGIN, OLDER, DROP]), st.booleans(), DEVICES),
    st.builds(Upload, st.sampled_from([TRUNCATE, HASH, HASH]), st.just(False), DEVICES),
)
# Half of the time all sets of a person obey one rule, so that they meet each other often enough.
HISTORIES = st.one_of(
    st.lists(UPLOADS, min_size=2, max_size=4),
    UPLOADS.flatmap(
        lambda one: st.lists(
            st.builds(Upload, st.just(one.rule), st.just(one.is_continuous), st.just("d1")), min_size=2, max_size=3
        )
    ),
)
BATCHES = st.lists(DATA, min_size=1, max_size=4)
ANY_STEP = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 3), BATCHES),
    st.tuples(st.just("withdraw"), st.integers(0, 3), st.sampled_from(["a", "b"])),
    st.tuples(st.just("close"), st.integers(0, 3), st.none()),
    st.tuples(st.just("delete"), st.integers(0, 3), st.none()),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """First every set gets data and some are closed, so that there is something to repeat; then anything happens."""
    filled = [("append", index, draw(BATCHES)) for index in range(4)]
    closed = [("close", index, None) for index in draw(st.permutations(range(4)))[: draw(st.integers(0, 4))]]
    return filled + closed + draw(st.lists(ANY_STEP, max_size=6))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(uploads=HISTORIES, steps=histories())
async def test_the_store_obeys_the_rules(pool: Pool, tools: Tools, uploads: list[Upload], steps: list[Any]) -> None:
    model = Model([Upload(one.rule, one.is_continuous, one.device, is_active=one.is_continuous) for one in uploads])
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), NOW, tools)
            await _compare(work, model, steps)
        finally:
            await transaction.rollback()


async def _compare(work: Work, model: Model, steps: list[Any]) -> None:
    person = await new_person(work)
    names = []
    for one in model.uploads:
        made = await new_set(
            work,
            person,
            dataSetType="continuous" if one.is_continuous else "normal",
            deviceId=one.device,
            deduplicator={"name": PREFIX + one.rule},
        )
        names.append(made.name)
    for verb, wanted, what in steps:
        index = wanted % len(names)
        mine = model.uploads[index]
        if mine.is_deleted:
            continue
        if verb == "delete":
            await devicedata.delete(work, names[index])
            model.delete(index)
        elif not mine.is_open:
            with pytest.raises(Conflict):
                await devicedata.lock(work, names[index])
        elif verb == "append":
            batch = [Datum(d.kind, d.minute, d.value, d.device, d.origin, d.origin_minute) for d in what]
            await put(work, names[index], [datum.sent() for datum in batch])
            model.append(index, batch)
        elif verb == "withdraw":
            target = await devicedata.lock(work, names[index])
            await devicedata.remove_selected(work, target, [{"origin": {"id": what}}])
            model.withdraw(index, what)
        elif not mine.is_continuous:
            await devicedata.update(work, names[index], dict)
            model.close(index)
    found = Counter(
        (
            names.index(one["uploadId"]),
            one["type"],
            int((one["time"] - datetime(2026, 3, 1, tzinfo=UTC)).total_seconds() // 60),
            one.get("value", one.get("normal")),
            one["deviceId"],
            (one.get("origin") or {}).get("id"),
        )
        for one in await seen(work, person)
        if one["type"] != "upload"
    )
    assert found == model.visible()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, NONE),
        ({"deviceId": "d", "deviceManufacturers": ["Animas"]}, TRUNCATE),
        ({"deviceManufacturers": ["Animas"]}, NONE),
        ({"deviceId": "d", "deviceManufacturers": ["Animas"], "dataSetType": "continuous"}, NONE),
        ({"deviceId": "d", "deviceManufacturers": ["Medtronic"], "deviceModel": "723K"}, HASH),
        ({"deviceId": "d", "deviceManufacturers": ["Medtronic"], "deviceModel": "724K"}, NONE),
        ({"deviceId": "d", "deviceManufacturers": ["Abbott"], "deviceModel": "FreeStyle Libre"}, HASH),
        ({"deduplicator": {"name": "org.tidepool.hash-deactivate-old"}}, HASH),
        ({"deduplicator": {"name": "org.tidepool.continuous.origin"}}, ORIGIN),
        ({"deduplicator": {"name": "org.tidepool.continuous"}}, NONE),
        ({"deduplicator": {"name": "org.tidepool.truncate"}}, TRUNCATE),
    ],
)
async def test_the_deduplicator_of_a_new_set(work: Work, body: dict[str, Any], expected: str) -> None:
    made = await new_set(work, await new_person(work), **body)
    assert made.deduplicator == PREFIX + expected


async def test_a_hash_needs_the_device(work: Work) -> None:
    made = await new_set(work, await new_person(work), deduplicator={"name": PREFIX + HASH}, deviceId="d")
    items = [{"type": "water", "time": at(0), "amount": {"units": "liters", "value": 1}}]
    with pytest.raises(Invalid) as refused:
        await put(work, made.name, items)
    assert [fault.pointer for fault in refused.value.faults] == ["/0/deviceId"]


@pytest.mark.parametrize("order", [("b", "c"), ("c", "b"), ("a", "c")])
async def test_a_chain_of_archives_comes_back_link_by_link(work: Work, order: tuple[str, str]) -> None:
    """Three uploads of one event: only the newest closed one shows it, whatever is deleted between."""
    person = await new_person(work)
    names = {}
    for letter in "abc":
        made = await new_set(work, person, deviceId="d1", deduplicator={"name": PREFIX + HASH})
        names[letter] = made.name
        await put(work, made.name, [Datum("smbg", 0, 6.0, "d1", None, None).sent()])
        await devicedata.update(work, made.name, dict)
        assert await _holders(work, person, names) == [letter]
    await devicedata.delete(work, names[order[0]])
    assert await _holders(work, person, names) == (["b"] if order[0] == "c" else ["c"])
    await devicedata.delete(work, names[order[1]])
    assert await _holders(work, person, names) == (["b"] if "a" in order else ["a"])


async def _holders(work: Work, person: PersonKey, names: dict[str, str]) -> list[str]:
    found = [one["uploadId"] for one in await seen(work, person, types=("smbg",))]
    return sorted(letter for letter, name in names.items() if name in found)
