"""Patients as this system writes them, in both directions, and what a schema cannot say of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from openward.care.accounts import clean_email
from openward.care.errors import Fault, Invalid
from openward.care.patients import (
    MEDICAL_RECORD_NUMBER,
    Address,
    Coached,
    ContactPoint,
    Demographics,
    HumanName,
    NameElsewhere,
    contact_email,
    usual,
)
from openward.wire.twine.errors import body_fault
from openward.wire.twine.moments import written

_EMAIL = "email"
# Their word for a number, and ours: the system and the use.
_PHONES = {
    "home": ("phone", "home"),
    "work": ("phone", "work"),
    "mobile": ("phone", "mobile"),
    "home-fax": ("fax", "home"),
    "work-fax": ("fax", "work"),
    "other": ("other", None),
    None: ("phone", None),
}
_PHONE_SYSTEMS = frozenset({"phone", "fax", "sms", "other"})
_POINTS = {ours: theirs for theirs, ours in _PHONES.items()}
_NOTHING = Demographics()
_ADDRESS = ("city", "state", "postal_code", "use", "type", "text", "district", "country", "lines")


def rule_faults(base: str, attributes: Mapping[str, Any]) -> list[Fault]:
    """What is wrong beyond the schema in attributes that may have broken it; `base` points at them."""
    faults = [
        body_fault(f"{base}/{name}", "This must not be null")
        for name in ("first_name", "last_name")
        if attributes.get(name, "") is None
    ]
    if "email_address" in attributes:
        faults += _email_faults(base, attributes["email_address"])
    for name, find in _OF_LISTS:
        given = attributes.get(name)
        if isinstance(given, list) and len(given) > 1:
            # Whatever else stands there the schema has found.
            faults += find(f"{base}/{name}", [(place, one) for place, one in enumerate(given) if isinstance(one, dict)])
    return faults


def _email_faults(base: str, given: object) -> Iterator[Fault]:
    if isinstance(given, str) and "@" in given:
        try:
            clean_email(given)
        except Invalid:
            yield body_fault(f"{base}/email_address", "This is not an email")


def _phone_faults(base: str, phones: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Fault]:
    primary = [place for place, one in phones if one.get("primary") is True]
    for place in primary[1:]:
        yield body_fault(f"{base}/{place}/primary", "Only one number can be the primary one")


def _identifier_faults(base: str, given: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Fault]:
    seen: set[Any] = set()
    for place, one in given:
        system, value = one.get("system"), one.get("value")
        if isinstance(system, str) and isinstance(value, str):
            # A patient has one medical record number, whatever its value.
            known = system if system == MEDICAL_RECORD_NUMBER else (system, value)
            if known in seen:
                yield body_fault(f"{base}/{place}", "The patient has this identifier already")
            seen.add(known)


_OF_LISTS = (("phone_numbers", _phone_faults), ("identifiers", _identifier_faults))


def changed(before: Demographics, attributes: Mapping[str, Any]) -> Demographics:
    """What is known when attributes that passed the rules were applied: null clears, lists are replaced."""
    return replace(before, **_values(before, attributes))


def begun(attributes: Mapping[str, Any]) -> Demographics:
    """What is known of somebody of whom nothing was known before."""
    return Demographics(**_values(_NOTHING, attributes))


def _values(before: Demographics, attributes: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "first_name" in attributes or "last_name" in attributes:
        values["names"] = _renamed(before.names, attributes.get("first_name"), attributes.get("last_name"))
    if "birth_date" in attributes:
        said = attributes["birth_date"]
        born = None if said is None else date.fromisoformat(said)
        values["birth_date"] = None if born == date.min else born  # the Clinics API writes "unknown" so
    if "gender" in attributes:
        values["gender"] = attributes["gender"]
    if "note" in attributes:
        values["note"] = attributes["note"]
    if "addresses" in attributes:
        values["addresses"] = tuple(_address(one) for one in attributes["addresses"] or ())
    if "identifiers" in attributes:
        numbers = [one["value"] for one in attributes["identifiers"] or () if one["system"] == MEDICAL_RECORD_NUMBER]
        values["mrn"] = numbers[0] if numbers else None
    if "email_address" in attributes or "phone_numbers" in attributes:
        values["telecom"] = _telecom(before.telecom, attributes)
    return values


def names(attributes: Mapping[str, Any]) -> tuple[NameElsewhere, ...] | None:
    """The identifiers that are given, None when nothing is said of them."""
    if "identifiers" not in attributes:
        return None
    return tuple(
        # A medical record number is as unique as the organization's settings say, and no more.
        NameElsewhere(
            one["system"],
            one["value"],
            one.get("label"),
            one.get("unique") is not False and one["system"] != MEDICAL_RECORD_NUMBER,
        )
        for one in attributes["identifiers"] or ()
    )


def _renamed(present: tuple[HumanName, ...], first: str | None, last: str | None) -> tuple[HumanName, ...]:
    shown = usual(present)
    given = first if first is not None else (shown.given or "" if shown else "")
    family = last if last is not None else (shown.family or "" if shown else "")
    if shown is None:
        return (HumanName("usual", f"{given} {family}".strip(), given, "", family, ""),)
    fresh = replace(shown, given=given, family=family, text=f"{given} {family}".strip(), use=shown.use or "usual")
    return tuple(fresh if name is shown else name for name in present)


def _address(given: Mapping[str, Any]) -> Address:
    values = {name: given.get(name) for name in _ADDRESS}
    lines = values["lines"]
    return Address(**values | {"lines": None if lines is None else tuple(lines)})


def _telecom(present: Sequence[ContactPoint], attributes: Mapping[str, Any]) -> tuple[ContactPoint, ...]:
    points = list(present)
    if "phone_numbers" in attributes:
        given = attributes["phone_numbers"] or ()
        first = next((place for place, one in enumerate(given) if one.get("primary")), 0)
        points = [point for point in points if point.system not in _PHONE_SYSTEMS] + [
            ContactPoint(system, one["value"], use, 1 if place == first else None)
            for place, one in enumerate(given)
            for system, use in [_PHONES[one.get("type")]]
        ]
    if "email_address" in attributes:
        held, wanted = contact_email(points), attributes["email_address"]
        place = next(
            (n for n, point in enumerate(points) if point.system == _EMAIL and point.value.strip().lower() == held),
            None,
        )
        if place is not None:
            del points[place]
        if wanted is not None:
            points.insert(place or 0, ContactPoint(_EMAIL, wanted.strip(), "home"))
    return tuple(points)


def attributes(known: Coached) -> dict[str, Any]:
    """What a read answers; what was never said is left out."""
    said = known.said
    made: dict[str, Any] = {}
    name = usual(said.names)
    if name is not None:
        if name.given:
            made["first_name"] = name.given
        if family := name.family or (None if name.given else name.text):
            made["last_name"] = family
    if email := contact_email(said.telecom):
        made["email_address"] = email
    if said.birth_date is not None:
        made["birth_date"] = said.birth_date.isoformat()
    if said.note is not None:
        made["note"] = said.note
    if said.gender is not None:
        made["gender"] = None if said.gender == "unknown" else said.gender
    made["phone_numbers"] = _written_phones(said.telecom)
    made["addresses"] = [_written_address(one) for one in said.addresses]
    made["identifiers"] = [_written_identifier(one) for one in known.names]
    made["archived"] = not said.is_active
    made["archive_history"] = [
        {"archived": not one.is_active, "modified_at": written(one.at)}
        | {word: text for word, text in (("reason", one.reason), ("notes", one.notes)) if text is not None}
        for one in known.history
    ]
    made["created_at"] = made["enrolled_at"] = written(known.created_at)
    made["updated_at"] = written(known.updated_at)
    made["invited_at"] = written(known.invited_at)
    made["first_access_at"] = written(known.first_access_at)
    made["last_access_at"] = written(known.last_access_at)
    return made


def _written_phones(telecom: Sequence[ContactPoint]) -> list[dict[str, Any]]:
    points = [point for point in telecom if point.system in _PHONE_SYSTEMS and point.value]
    first = next((point for point in points if point.rank == 1), points[0] if points else None)
    made: list[dict[str, Any]] = []
    for point in points:
        one: dict[str, Any] = {"value": point.value, "primary": point is first}
        if (word := _word(point)) is not None:
            one["type"] = word
        made.append(one)
    return made


def _word(point: ContactPoint) -> str | None:
    if point.system == "sms":
        return "mobile"
    return _POINTS.get((point.system, point.use), "other" if point.system == "other" else None)


def _written_address(one: Address) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in _ADDRESS}
    return {name: value for name, value in said.items() if value is not None}


def _written_identifier(one: NameElsewhere) -> dict[str, Any]:
    made: dict[str, Any] = {"system": one.system, "value": one.value, "unique": one.is_unique}
    return made if one.label is None else {"label": one.label, **made}
