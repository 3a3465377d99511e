"""The form of a waiting room: its fields, and the settings that they make."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from openward.care.errors import Fault, Invalid
from openward.care.visits import WEEKDAYS, RoomSettings, Window
from openward.wire.web import clinic_form

DAYS = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?:[:.](\d\d))?")
_MOST_CLOSED = 400
Items = Sequence[tuple[str, str]]


def fields_of(said: RoomSettings) -> dict[str, str]:
    """The settings as the form shows them."""
    fields = {
        "name": said.name,
        "service_line": said.service_line,
        "service_type": said.service_type,
        "timezone": said.timezone or "",
        "slot": f"{said.slot_duration_s / 60:g}",
        "capacity": str(said.capacity),
        "closed": "\n".join(day.isoformat() for day in sorted(said.closed)),
    }
    if said.enforces_capacity:
        fields["enforces"] = "on"
    for place, day in enumerate(WEEKDAYS):
        fields[day] = hours_text(said.hours.get(place, ()))
    return fields


def hours_text(windows: Sequence[Window]) -> str:
    """The hours of one day, as they are typed: 09:00–12:00, 13:00–17:00."""
    return ", ".join(f"{_clock(one.opens_min)}–{_clock(one.closes_min)}" for one in windows)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def settings_of(items: Items, before: RoomSettings) -> RoomSettings:
    """What the form says, on top of what was; `Invalid` with a fault at each field that cannot be read."""
    fields = dict(items)
    faults: list[Fault] = []
    ticked = {value for name, value in items if name == "template"}
    # What the room carried comes first and in its order.
    ordered = [name for name in before.templates if name in ticked]
    ordered += sorted(ticked - set(ordered), key=str.casefold)
    zone = fields.get("timezone", "")
    if zone and zone != before.timezone and not any(zone in names for names in clinic_form.zones().values()):
        faults.append(Fault("zone", "timezone", "choose a time zone"))
    made = replace(
        before,
        name=" ".join(fields.get("name", "").split()),
        service_line=fields.get("service_line", "").strip()[:255],
        service_type=fields.get("service_type", "").strip()[:255],
        timezone=zone or None,
        slot_duration_s=_seconds(fields, faults),
        capacity=_whole(fields, faults),
        enforces_capacity=fields.get("enforces") == "on",
        hours=_hours(fields, faults),
        closed=_closed(fields, faults),
        templates=tuple(ordered),
    )
    if faults:
        raise Invalid(faults)
    return made


def _seconds(fields: Mapping[str, str], faults: list[Fault]) -> int:
    text = fields.get("slot", "").replace(",", ".").strip()
    if re.fullmatch(r"\d{1,4}(\.\d{1,6})?", text) and 1 <= round(float(text) * 60) <= 86400:
        return round(float(text) * 60)
    faults.append(Fault("slot", "slot", "a slot has a number of minutes, at most 1440"))
    return 1


def _whole(fields: Mapping[str, str], faults: list[Fault]) -> int:
    text = fields.get("capacity", "").strip()
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= 1000:
        return int(text)
    faults.append(Fault("capacity", "capacity", "a room takes 1 to 1000 visits side by side"))
    return 1


def _hours(fields: Mapping[str, str], faults: list[Fault]) -> dict[int, tuple[Window, ...]]:
    hours = {}
    for place, day in enumerate(WEEKDAYS):
        try:
            windows = read_hours(fields.get(day, ""))
        except ValueError as error:
            faults.append(Fault("hours", day, str(error)))
            continue
        if windows:
            hours[place] = windows
    return hours


def read_hours(text: str) -> tuple[Window, ...]:
    """The windows of one day, in order; `ValueError` with a sentence for what cannot be."""
    windows = []
    for part in re.split(r"[,;\n]|\band\b", text):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise ValueError("write hours like 09:00–12:00, 13:00–17:00")
        opens, closes = (int(found[one]) * 60 + int(found[one + 1] or 0) for one in (1, 3))
        if int(found[2] or 0) > 59 or int(found[4] or 0) > 59 or not opens < closes <= 24 * 60:
            raise ValueError("each window begins before it ends, by midnight (24:00) at the latest")
        windows.append(Window(opens, closes))
    windows.sort(key=lambda one: one.opens_min)
    if any(one.closes_min > other.opens_min for one, other in pairwise(windows)):
        raise ValueError("these hours overlap")
    return tuple(windows)


def _closed(fields: Mapping[str, str], faults: list[Fault]) -> tuple[date, ...]:
    days = set()
    for text in re.split(r"[\s,;]+", fields.get("closed", "").strip()):
        try:
            if text:
                days.add(date.fromisoformat(text))
        except ValueError:
            faults.append(Fault("closed", "closed", f"“{text[:20]}” is no date like 2027-12-25"))
            return ()
    if len(days) > _MOST_CLOSED:
        faults.append(Fault("closed", "closed", f"at most {_MOST_CLOSED} days can be named"))
    return tuple(sorted(days))
