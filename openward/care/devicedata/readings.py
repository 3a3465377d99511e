"""Glucose as columns of numbers for statistics, and insulin and meals for the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openward.care.devicedata import store, store_data
from openward.care.devicedata.model import KIND_NUMBERS, Shape
from openward.care.devicedata.packing import moment, unpack, unpack_shape
from openward.care.devicedata.store_query import Chosen, blocks, columns
from openward.care.work import PersonKey, Work

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_Y2000_MS = 946_684_800_000
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class GlucoseColumns:
    """Readings in ascending time. Times in ms since 1970, values in mmol/L, durations in whole minutes.

    `created_ms`: when each was uploaded; `is_continuous`: whether its data set is; `is_sensor`: cbg, not smbg.
    """

    time_ms: Ints
    value_mmol: Floats
    duration_min: Ints
    created_ms: Ints
    is_continuous: Flags
    is_sensor: Flags


async def readings(
    work: Work,
    person: PersonKey,
    kinds: Sequence[str],
    after: datetime | None = None,
    until: datetime | None = None,
) -> GlucoseColumns:
    """Visible readings of `kinds` (cbg, smbg) with after < time <= until, for our own figures: asks no permission."""
    sets = await store.visible(work, person)
    if not sets:
        return _no_readings()
    keys = [one.key for one in sets]
    chosen = Chosen(
        subject=sets[0].subject,
        kinds=[KIND_NUMBERS[kind] for kind in kinds],
        data_sets=keys,
        has_hidden=any(one.hidden for one in sets),
        start=after,
        end=until,
    )
    found = await columns(work, chosen)
    time_ms = np.frombuffer(found.times, dtype=">i8") // 1000 + _Y2000_MS
    if not time_ms.size:
        return _no_readings()
    data_set = np.frombuffer(found.data_sets, dtype=">i4").astype(np.int64)
    ordinals = np.frombuffer(found.ordinals, dtype=">i4").astype(np.int64)
    spans = _ordinal_spans(data_set, ordinals)
    shapes = {
        (key, number): unpack_shape(body)
        for key, number, body in await store_data.shapes(work, [key for key, *_ in spans])
    }
    places = data_set << 16 | np.frombuffer(found.shapes, dtype=">i2")
    continuous = np.array([one.key for one in sets if one.is_continuous], dtype=np.int64)
    table = GlucoseColumns(
        time_ms.astype(np.int64),
        np.frombuffer(found.values, dtype=">f8").astype(np.float64),
        _durations(places, shapes),
        _created(data_set, ordinals, await store.batches(work, spans)),
        np.isin(data_set, continuous),
        np.frombuffer(found.kinds, dtype=">i2") == KIND_NUMBERS["cbg"],
    )
    return _sorted(table, data_set << 32 | ordinals, None if after is None else _ms(after))


def _ordinal_spans(data_set: Ints, ordinals: Ints) -> list[tuple[int, int, int]]:
    """(data set, lowest ordinal, highest ordinal) of rows: what else is looked up is as little as they need."""
    order = np.argsort(data_set, kind="stable")
    keys, starts = np.unique(data_set[order], return_index=True)
    lowest = np.minimum.reduceat(ordinals[order], starts)
    highest = np.maximum.reduceat(ordinals[order], starts)
    return list(zip(keys.tolist(), lowest.tolist(), highest.tolist(), strict=True))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _no_readings() -> GlucoseColumns:
    none = np.zeros(0, dtype=np.int64)
    flags = np.zeros(0, dtype=np.bool_)
    return GlucoseColumns(none, np.zeros(0), none, none, flags, flags)


def sample_minutes(shape: Shape) -> int:
    """Whole minutes a reading stands for; 5 for a sensor without word on it, 15 for Libre 1 and 2."""
    if shape.kind != "cbg":
        return 0
    interval = shape.fields.get("sampleInterval")
    if interval is not None:
        return int(interval) // _MINUTE_MS
    device = shape.device or ""
    return 15 if "AbbottFreeStyleLibre" in device and "AbbottFreeStyleLibre3" not in device else 5


def _durations(places: Ints, shapes: dict[tuple[int, int], Shape]) -> Ints:
    """The duration of each row by its (data set, shape)."""
    known = np.array(sorted(key << 16 | number for key, number in shapes), dtype=np.int64)
    minutes = np.array([sample_minutes(shapes[int(one) >> 16, int(one) & 0xFFFF]) for one in known], dtype=np.int64)
    taken: Ints = minutes[np.searchsorted(known, places)]
    return taken


def _created(data_set: Ints, ordinals: Ints, batches: Sequence[tuple[int, int, datetime]]) -> Ints:
    """When each row came, by the last batch of its set that starts at or before it."""
    starts = np.array([key << 32 | first for key, first, _ in batches], dtype=np.int64)
    moments = np.array([_ms(created) for _, _, created in batches], dtype=np.int64)
    taken: Ints = moments[np.searchsorted(starts, data_set << 32 | ordinals, side="right") - 1]
    return taken


def _sorted(table: GlucoseColumns, arrival: Ints, after_ms: int | None) -> GlucoseColumns:
    """In ascending time; readings of one moment by data set and order of arrival. `after` itself is not inside."""
    order = np.lexsort((arrival, table.time_ms))
    if after_ms is not None:
        order = order[table.time_ms[order] > after_ms]
    return GlucoseColumns(
        table.time_ms[order],
        table.value_mmol[order],
        table.duration_min[order],
        table.created_ms[order],
        table.is_continuous[order],
        table.is_sensor[order],
    )


@dataclass(frozen=True, slots=True)
class Treatment:
    """One dose, rate or meal. `kind`: basal, bolus, carbs. `duration_ms` is 0 for what happens at once.

    `units`: insulin in U (a bolus) or U/h (a basal); `carbs_g`: grams eaten or entered; `variant`: the wire's sub type,
    or injected, or long-acting for an injection that covers the basal need.
    """

    kind: str
    time: datetime
    variant: str
    units: float
    duration_ms: int
    carbs_g: float


async def insulin_and_carbs(work: Work, person: PersonKey, after: datetime, until: datetime) -> list[Treatment]:
    """Visible boluses, basals, injections and meals with after <= time <= until, in ascending time."""
    sets = await store.visible(work, person)
    if not sets:
        return []
    kinds = [KIND_NUMBERS[name] for name in ("basal", "bolus", "insulin", "food", "wizard")]
    keys = [one.key for one in sets]
    chosen = Chosen(sets[0].subject, kinds, keys, any(one.hidden for one in sets), start=after, end=until)
    shapes = {(key, number): unpack_shape(body) for key, number, body in await store_data.shapes(work, keys)}
    found = []
    async for rows in blocks(work, chosen):
        for seconds, value, data_set, _ordinal, number, detail in rows:
            shape, time = shapes[data_set, number], moment(seconds)
            treatment = _treatment(shape.kind, time, unpack(shape, time, value, detail))
            if treatment is not None:
                found.append(treatment)
    return sorted(found, key=lambda one: one.time)


def _treatment(kind: str, time: datetime, fields: dict[str, Any]) -> Treatment | None:
    if kind == "basal":
        rate = float(fields.get("rate") or 0)
        return Treatment("basal", time, fields["deliveryType"], rate, int(fields.get("duration") or 0), 0.0)
    if kind == "bolus":
        units = float(fields.get("normal") or 0) + float(fields.get("extended") or 0)
        return Treatment("bolus", time, fields["subType"], units, int(fields.get("duration") or 0), 0.0)
    if kind == "insulin":
        total = (fields.get("dose") or {}).get("total")
        simple = (fields.get("formulation") or {}).get("simple") or {}
        variant = "long-acting" if simple.get("actingType") in ("intermediate", "long") else "injected"
        return None if total is None else Treatment("bolus", time, variant, float(total), 0, 0.0)
    if kind == "wizard":
        carbs = fields.get("carbInput")
        if not carbs or fields.get("carbUnits") == "exchanges":
            return None
        return Treatment("carbs", time, "wizard", 0.0, 0, float(carbs))
    net = ((fields.get("nutrition") or {}).get("carbohydrate") or {}).get("net")
    return None if net is None else Treatment("carbs", time, "food", 0.0, 0, float(net))
