"""The form about a patient as a person: its fields, what they may hold, and what they change."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from openward.care.errors import Fault, Invalid
from openward.care.patients import Address, ContactPoint, Demographics, HumanName, usual

GENDERS = {"": "not said", "female": "female", "male": "male", "other": "other", "unknown": "unknown"}
STANDINGS = {"active": "active", "inactive": "not active: out of lists and counts"}
USES = {"": "phone", "home": "at home", "work": "at work", "mobile": "mobile"}
PHONES = (1, 2, 3)
_NAMES = ("given", "middle", "family")
_TEXTS = {"language": 64, "marital_status": 64, "race": 128, "ethnicity": 128}
_ADDRESS = ("line1", "line2", "apartment", "city", "state", "postal_code", "country")
_LONGEST = dict.fromkeys((*_NAMES, *_ADDRESS, *(f"phone{n}" for n in PHONES)), 255) | _TEXTS
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)


def fields_of(known: Demographics) -> dict[str, str]:
    """The form as it stands before anybody changes it."""
    name = usual(known.names) or HumanName()
    address = known.addresses[0] if known.addresses else Address()
    lines = (*(address.lines or ()), "", "")
    fields = {part: getattr(name, part) or "" for part in _NAMES}
    fields |= {part: getattr(known, part) or "" for part in ("gender", *_TEXTS)}
    fields |= {part: getattr(address, part) or "" for part in _ADDRESS[2:]}
    fields |= {"line1": lines[0], "line2": lines[1], "deceased": "on" if known.is_deceased else ""}
    fields["standing"] = "active" if known.is_active else "inactive"
    fields["deceased_at"] = known.deceased_at.isoformat("T", "minutes") if known.deceased_at else ""
    for n, point in zip(PHONES, _phones(known), strict=False):
        fields |= {f"phone{n}": point.value, f"use{n}": point.use or ""}
    return fields


def check(fields: Mapping[str, str]) -> None:
    """`Invalid` with a fault for each wrong field, named by its pointer."""
    faults = [
        Fault("too-long", name, f"at most {longest} characters")
        for name, longest in _LONGEST.items()
        if len(_text(fields, name)) > longest
    ]
    if not (_text(fields, "given") or _text(fields, "family")):
        faults.append(Fault("blank", "given", "please enter a name"))
    if fields.get("gender", "") not in GENDERS:
        faults.append(Fault("unknown", "gender", "choose one of the list"))
    if fields.get("standing", "active") not in STANDINGS:
        faults.append(Fault("unknown", "standing", "choose one of the list"))
    faults += [
        Fault("unknown", f"phone{n}", "choose what the number is for")
        for n in PHONES
        if fields.get(f"use{n}", "") not in (*USES, "temp", "old")
    ]
    if fields.get("deceased") and _moment(fields) is None:
        faults.append(Fault("date", "deceased_at", "please enter the day and the time of death"))
    if faults:
        raise Invalid(faults)


def changed(before: Demographics, fields: Mapping[str, str]) -> Demographics:
    """What is known after the form was taken; what it does not show stays as it was."""
    is_deceased = bool(fields.get("deceased"))
    texts: dict[str, Any] = {name: _text(fields, name) or None for name in ("gender", *_TEXTS)}
    return replace(
        before,
        names=_changed_names(before, fields),
        telecom=_changed_telecom(before, fields),
        addresses=_changed_addresses(before, fields),
        **texts,
        is_active=fields.get("standing", "active" if before.is_active else "inactive") == "active",
        is_deceased=is_deceased,
        deceased_at=_moment(fields) if is_deceased else None,
    )


def _changed_names(before: Demographics, fields: Mapping[str, str]) -> tuple[HumanName, ...]:
    shown = usual(before.names)
    said = {part: _text(fields, part) for part in _NAMES}
    if shown is not None and all((getattr(shown, part) or "") == text for part, text in said.items()):
        return before.names
    text = " ".join(part for part in said.values() if part)
    if shown is None:
        return (HumanName(use="usual", text=text, **said),)
    return tuple(replace(name, text=text, **said) if name is shown else name for name in before.names)


def _changed_telecom(before: Demographics, fields: Mapping[str, str]) -> tuple[ContactPoint, ...]:
    shown = _phones(before)
    after: list[ContactPoint] = []
    for n in PHONES:
        value, use = _text(fields, f"phone{n}"), fields.get(f"use{n}") or None
        was = shown[n - 1] if n <= len(shown) else None
        if value:
            after.append(replace(was, value=value, use=use) if was else ContactPoint("phone", value, use))
    others = tuple(point for point in before.telecom if point not in shown[: len(PHONES)])
    return before.telecom if tuple(after) == shown[: len(PHONES)] else (*after, *others)


def _changed_addresses(before: Demographics, fields: Mapping[str, str]) -> tuple[Address, ...]:
    first = before.addresses[0] if before.addresses else Address()
    lines = tuple(_text(fields, name) for name in ("line1", "line2"))
    was = (*(first.lines or ()), "", "")[:2]
    said: dict[str, Any] = {part: _text(fields, part) for part in _ADDRESS[2:]}
    if lines == was and all((getattr(first, part) or "") == text for part, text in said.items()):
        return before.addresses
    if lines != was:
        said["lines"] = (*(line for line in lines if line), *(first.lines or ())[2:])
    after = replace(first, **said)
    is_empty = not any(said.values()) and not after.lines
    return (*(() if is_empty else (after,)), *before.addresses[1:])


def _phones(known: Demographics) -> tuple[ContactPoint, ...]:
    return tuple(point for point in known.telecom if point.system == "phone")


def _moment(fields: Mapping[str, str]) -> datetime | None:
    text = fields.get("deceased_at", "")
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _text(fields: Mapping[str, str], name: str) -> str:
    return " ".join(fields.get(name, "").split())
