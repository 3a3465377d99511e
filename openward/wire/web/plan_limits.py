"""The limits of a plan: outside of them a measurement is critical, and pages say so."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from openward.care.errors import Fault
from openward.care.observations import TYPES
from openward.wire.web.plan_words import number, unit_words, units_of

_NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,6})?", re.ASCII)
_MOST = 50
_SINCE = "effective_from"


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of one type of measurement as they were typed."""

    metric: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""


def limits_of(critical: Mapping[str, Any]) -> list[Limit]:
    """The limits of a plan, as its form shows them."""
    found = []
    for kind, said in critical.items():
        data = said.get("data") if isinstance(said, Mapping) else None
        if kind == _SINCE or not isinstance(data, Mapping):
            continue
        low, high = (data.get(name) or {} for name in ("minimum", "maximum"))
        lowest, highest = (number(one["value"]) if "value" in one else "" for one in (low, high))
        found.append(Limit(kind, lowest, highest, unit_words(low.get("unit") or high.get("unit"))))
    return found


def read_limits(items: Sequence[tuple[str, str]]) -> list[Limit]:
    """What was typed; each `limit` begins a line."""
    found: list[Limit] = []
    for name, value in items:
        if name == "limit":
            found.append(Limit(value))
        elif name in ("low", "high", "limit-unit") and found:
            part = "unit" if name == "limit-unit" else name
            found[-1] = replace(found[-1], **{part: value.strip()})
    return [one for one in found[:_MOST] if one.metric or one.low or one.high]


def with_limits(
    before: Mapping[str, Any], limits: Sequence[Limit], now: datetime, faults: list[Fault]
) -> dict[str, Any]:
    """The limits of a plan as they are to be; what else programs wrote beside them stays. Faults are added."""
    kept = {kind: said for kind, said in before.items() if kind == _SINCE or not _is_shown(kind, before)}
    made: dict[str, Any] = {}
    for place, one in enumerate(limits):
        if one.metric not in TYPES and one.metric not in before:
            faults.append(Fault("unknown", f"limit-{place}", "choose a measurement"))
        elif one.metric in made:
            faults.append(Fault("repeated", f"limit-{place}", "this measurement has limits already"))
        elif not (one.low or one.high):
            faults.append(Fault("missing", f"limit-{place}", "write at least one limit"))
        else:
            made[one.metric] = {"data": _data(one, place, faults)}
    if made and made != {kind: before[kind] for kind in before if kind not in kept}:
        made[_SINCE] = now.isoformat().replace("+00:00", "Z")
    return kept | made


def _is_shown(kind: str, critical: Mapping[str, Any]) -> bool:
    return kind in {one.metric for one in limits_of(critical)}


def _data(limit: Limit, place: int, faults: list[Fault]) -> dict[str, Any]:
    units = units_of(limit.metric)
    spelled = {unit_words(one).lower(): one for one in units} | {one.lower(): one for one in units}
    unit = spelled.get(limit.unit.lower()) if limit.unit else (units[0] if units else None)
    if limit.unit and unit is None:
        words = f"the unit is one of: {', '.join(unit_words(one) for one in units)}" if units else "it has no unit"
        faults.append(Fault("unknown", f"limit-unit-{place}", words))
    data: dict[str, Any] = {}
    for name, text, pointer in (("minimum", limit.low, "low"), ("maximum", limit.high, "high")):
        if text and not _NUMBER.fullmatch(text):
            faults.append(Fault("invalid", f"{pointer}-{place}", "this is no number"))
        elif text:
            data[name] = {"value": float(text.replace(",", "."))} | ({"unit": unit} if unit else {})
    if len(data) == 2 and data["minimum"]["value"] > data["maximum"]["value"]:
        faults.append(Fault("too-low", f"high-{place}", "this is below the lower limit"))
    return data
