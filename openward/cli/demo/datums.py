"""A recording as device data of the public API, moved so that it ends today."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openward.cli.demo.cast import Patient
from openward.cli.demo.recordings import Event, Reading, Recording

LOW_MG_DL, HIGH_MG_DL = 40, 400
_LONG = ("glargine", "detemir", "degludec")
_RAPID = ("lispro", "aspart", "glulisine")
_MIXED = ("30r", "50r")


class _Clock:
    """Moves wall-clock times by whole days to the present; what would lie in the future is left out."""

    def __init__(self, person: Patient, recorded: Recording, now: datetime) -> None:
        self._zone = ZoneInfo(person.zone)
        # People's phones send at different times; the newest value is between minutes and two hours old.
        lag = timedelta(minutes=random.Random(person.seed).choice((2, 4, 7, 11, 18, 34, 75, 120)))
        self.until = now - lag - timedelta(days=person.story.silent_days)
        local = self.until.astimezone(self._zone)
        last = max([*(reading.time for reading in recorded.readings[-1:])], default=local.replace(tzinfo=None))
        # One offset for the whole recording keeps its spacing, also where summer time begins in between.
        self._offset = local.utcoffset() or timedelta()
        days = (local.date() - last.date()).days
        self._shift = timedelta(days=days if last.time() >= local.time() else days + 1)

    def utc(self, wall: datetime) -> datetime | None:
        """The moment, or None when it has not come yet."""
        moment = (wall + self._shift - self._offset).replace(tzinfo=UTC)
        return moment if moment <= self.until else None

    def fields(self, moment: datetime) -> dict[str, Any]:
        """The time fields of a datum."""
        local = moment.astimezone(self._zone)
        offset = local.utcoffset() or timedelta()
        return {
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "deviceTime": local.strftime("%Y-%m-%dT%H:%M:%S"),
            "timezone": self._zone.key,
            "timezoneOffset": int(offset.total_seconds() // 60),
            "conversionOffset": 0,
        }


def data_set(person: Patient, recorded: Recording) -> dict[str, Any]:
    """The data set that the data go into."""
    kinds = {"bgm" if person.story.is_meter_only else "cgm"}
    if any(event.kind in ("basal_rate", "pump_basal_rate") for event in recorded.events):
        kinds.add("insulin-pump")
    return {
        "client": {"name": "org.openward.demo", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deviceId": _device(person, recorded),
        "deviceManufacturers": [recorded.maker],
        "deviceModel": recorded.model,
        "deviceSerialNumber": f"DEMO{person.seed % 100000}",
        "deviceTags": sorted(kinds),
        "timeProcessing": "none",
        "timezone": person.zone,
        "deduplicator": {"name": "org.tidepool.deduplicator.dataset.drop.hash"},
    }


def data(person: Patient, recorded: Recording, now: datetime) -> list[dict[str, Any]]:
    """All data of one person up to `now`, oldest first."""
    clock = _Clock(person, recorded, now)
    device = {"deviceId": _device(person, recorded)}
    made = [*_glucose(clock, recorded), *_basal(clock, recorded.events)]
    for event in recorded.events:
        moment = clock.utc(event.time)
        said = _EVENTS[event.kind](event) if event.kind in _EVENTS else None
        if moment is not None and said is not None:
            made.append(clock.fields(moment) | said)
    return sorted((datum | device for datum in made), key=lambda datum: str(datum["time"]))


def _device(person: Patient, recorded: Recording) -> str:
    # The platform reads the interval of Libre sensors from their name where a datum does not say it.
    name = recorded.model.replace(" ", "")
    return f"{recorded.maker}{name}-DEMO{person.seed % 100000}"


def _glucose(clock: _Clock, recorded: Recording) -> Iterator[dict[str, Any]]:
    for reading in recorded.readings:
        moment = clock.utc(reading.time)
        if moment is None:
            continue
        datum = clock.fields(moment) | {"units": reading.units, "value": reading.value} | _beyond(reading)
        if reading.is_meter:
            yield datum | {"type": "smbg", "subType": "linked"}
        else:
            yield datum | {"type": "cbg", "sampleInterval": recorded.interval * 60_000}


def _beyond(reading: Reading) -> dict[str, Any]:
    """The note that a device writes when it could only say `Low` or `High`."""
    if reading.units != "mg/dL" or LOW_MG_DL <= reading.value <= HIGH_MG_DL:
        return {}
    word, limit = ("low", LOW_MG_DL) if reading.value < LOW_MG_DL else ("high", HIGH_MG_DL)
    return {"annotations": [{"code": "bg/out-of-range", "value": word, "threshold": limit}]}


def _basal(clock: _Clock, events: list[Event]) -> Iterator[dict[str, Any]]:
    """Each rate runs until the next one; long runs are cut at 24 hours, as pumps report them."""
    rates = [
        (clock.utc(event.time), event.value) for event in events if event.kind in ("basal_rate", "pump_basal_rate")
    ]
    known = [(moment, rate) for moment, rate in rates if moment is not None and rate is not None]
    ends = [moment for moment, _ in known[1:]] + [clock.until]
    for (begin, rate), end in zip(known, ends, strict=False):
        while begin < end:
            stop = min(end, begin + timedelta(days=1))
            duration = int((stop - begin).total_seconds() * 1000)
            said = {"type": "basal", "deliveryType": "scheduled", "rate": min(rate, 100), "duration": duration}
            yield clock.fields(begin) | said
            begin = stop


def _bolus(event: Event) -> dict[str, Any] | None:
    return {"type": "bolus", "subType": "normal", "normal": event.value} if event.value else None


def _injection(event: Event) -> dict[str, Any] | None:
    if not event.value:
        return None
    name = event.text.partition(",")[0].strip() or "insulin"
    lower = name.lower()
    if any(word in lower for word in _MIXED):
        formulation: dict[str, Any] = {"name": name}
    else:
        acting = "long" if any(word in lower for word in _LONG) else "short"
        acting = "rapid" if any(word in lower for word in _RAPID) else acting
        formulation = {"simple": {"actingType": acting, "brand": name}}
    return {"type": "insulin", "dose": {"units": "Units", "total": event.value}, "formulation": formulation}


def _meter(event: Event) -> dict[str, Any] | None:
    if event.value is None:
        return None
    return {"type": "smbg", "subType": "manual", "units": "mg/dL", "value": event.value}


def _ketone(event: Event) -> dict[str, Any] | None:
    if event.value is None or event.value > 10:
        return None
    return {"type": "bloodKetone", "units": "mmol/L", "value": event.value}


def _carbs(event: Event) -> dict[str, Any]:
    return {"type": "food", "nutrition": {"carbohydrate": {"units": "grams", "net": event.value}}}


def _meal(event: Event) -> dict[str, Any] | None:
    name = " ".join(event.text.split())[:100]
    return {"type": "food", "name": name} if name and name != "data not available" else None


_EVENTS = {
    "bolus": _bolus,
    "pump_bolus": _bolus,
    "insulin_injection": _injection,
    "fingerstick": _meter,
    "ketone": _ketone,
    "carbs": _carbs,
    "meal": _meal,
}
