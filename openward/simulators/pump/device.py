"""The pump that somebody carries, and what its clock is set to."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from openward.simulators.cloud.lives import DAY_S, Person
from openward.simulators.cloud.world import World

_KEPT_S: Final = 30 * DAY_S
_MAKER: Final = "Acme Pumps"
_MODELS: Final = ("Acme One", "Acme Loop")
_AWAY: Final = "Asia/Tokyo"


def is_loop(person: Person) -> bool:
    """Whether the pump finds its rates by itself."""
    return person.number % 2 == 0


def device(world: World, person: Person, at_s: float) -> Mapping[str, Any]:
    """The pump at a moment; with the fault `device` some months have another one."""
    place = int(at_s // _KEPT_S)
    changed = world.faults.befalls("device", person.number, place, place * _KEPT_S)
    return _device(person.number, person.user_id, place if changed is not None else 0)


@lru_cache(maxsize=4096)
def _device(number: int, user_id: str, place: int) -> Mapping[str, Any]:
    model = _MODELS[(number + 1) % 2]
    serial = f"{int(user_id[:6], 16) + place * 7919:09d}"
    made = {
        "deviceId": f"{model.replace(' ', '')}-{serial}",
        "deviceModel": model,
        "deviceManufacturer": _MAKER,
        "deviceSerialNumber": serial,
    }
    return made | ({"deviceName": f"{model} of person{number}"} if number % 3 else {})


def zone(world: World, person: Person, at_s: float) -> tuple[ZoneInfo, bool]:
    """The zone that the pump is set to, and whether its clock writes UTC; by UTC day, with the fault `clock`."""
    day = int(at_s // DAY_S)
    fault = world.faults.befalls("clock", person.number, day, day * DAY_S)
    if fault is None:
        return person.zone, False
    return (ZoneInfo(_AWAY), False) if fault < 0.5 else (person.zone, True)


def shown(world: World, person: Person, at_s: float) -> dict[str, Any]:
    """What every record says of its device and time."""
    here, is_utc = zone(world, person, at_s)
    at = datetime.fromtimestamp(at_s, UTC if is_utc else here)
    text = at.isoformat(timespec="seconds")
    return {
        **device(world, person, at_s),
        "deviceTime": text.replace("+00:00", "Z") if is_utc else text,
        "timezone": here.key,
    }
