"""The pump cloud's records -> data of the platform, by their `type`."""

from collections.abc import Callable
from typing import Any, Final

from openward.wire.pump import happenings, insulin
from openward.wire.pump.record import Record
from openward.wire.pump.settings import settings

_KINDS: Final[dict[str, Callable[[Record], dict[str, Any] | None]]] = {
    "activityMode": happenings.activity_mode,
    "alarm": happenings.alarm,
    "basal": insulin.basal,
    "bolus": insulin.bolus,
    "calculator": insulin.calculator,
    "cbg": happenings.sample,
    "prime": happenings.prime,
    "pumpStatus": happenings.pump_status,
    "reservoirChange": happenings.reservoir_change,
    "settings": settings,
    "status": happenings.status,
    "timeChange": happenings.time_change,
}


def translated(record: Record) -> dict[str, Any] | None:
    """The datum of a record; None for one that says nothing we keep, or cannot be read."""
    kind = record.get("type")
    translate = _KINDS.get(kind) if isinstance(kind, str) else None
    return None if translate is None else translate(record)
