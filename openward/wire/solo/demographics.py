"""Demographics as this system writes them, in both directions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from openward.care.errors import Fault, Invalid
from openward.care.patients import (
    Address,
    ContactPerson,
    ContactPoint,
    Demographics,
    EmailGroup,
    HumanName,
    usual,
)
from openward.wire.solo.schema import BLANK, NOT_DATE, as_date, fault

FAMILY = "family"
_NAME = {
    "use": "use",
    "family": "text",
    "firstName": "given",
    "middleName": "middle",
    "lastName": "family",
    "alias": "alias",
}
_POINT = {"use": "use", "system": "system", "value": "value"}
_ADDRESS = {
    "city": "city",
    "use": "use",
    "apartment": "apartment",
    "country": "country",
    "state": "state",
    "postalcode": "postal_code",
    "line": "lines",
}
_USES = frozenset({"home", "work", "temp", "old", "billing"})
_PLAIN = {
    "accountNumber": "account_number",
    "gender": "gender",
    "maritalStatus": "marital_status",
    "preferredLanguage": "language",
    "race": "race",
    "ethnicity": "ethnicity",
    "deceased": "is_deceased",
    "active": "is_active",
}
_LONGEST_NAME = 255
_LONGEST_EMAIL = 320
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2} (?:0[1-9]|1[0-2]):[0-5]\d (?:AM|PM))", re.ASCII)
_TIME_FORM = "%Y-%m-%d %I:%M %p"


def check(body: dict[str, Any]) -> list[Fault]:
    """What a schema cannot say, in the order of its fields: lengths of names, the rules of death and of groups."""
    faults = [
        fault(f"name[{place}].{part}", _too_long(_LONGEST_NAME))
        for place, name in enumerate(body.get("name") or ())
        for part, text in name.items()
        if len(text) > _LONGEST_NAME
    ]
    faults += [
        fault(f"telecom[{place}].value", _too_long(_LONGEST_EMAIL))
        for place, point in enumerate(body.get("telecom") or ())
        if point["system"] == "email" and len(point["value"]) > _LONGEST_EMAIL
    ]
    faults += _death_faults(body)
    if body.get("isLinkedByEmail"):
        faults += [fault(name, BLANK) for name in ("groupType", "groupName") if not (body.get(name) or "").strip()]
    return faults


def _death_faults(body: Mapping[str, Any]) -> list[Fault]:
    is_deceased, said = body.get("deceased", False), body.get("deceasedAt")
    if is_deceased is None:
        return []
    if is_deceased:
        sentence = BLANK if said is None else "" if _time(said) else NOT_DATE
    else:
        sentence = "" if said is None else "This value should be blank when deceased is false."
    return [fault("deceasedAt", sentence)] if sentence else []


def changed(before: Demographics, body: Mapping[str, Any]) -> Demographics:
    """What is known when a body that `check` let pass was applied: what it does not name stays, lists are replaced."""
    values: dict[str, Any] = {name: body[field] for field, name in _PLAIN.items() if field in body}
    if "mrn" in body:
        values["mrn"] = body["mrn"] if body["mrn"].strip() else None
    if "birthDate" in body:
        born = as_date(body["birthDate"])
        values["birth_date"] = None if born == date.min else born  # the Clinics API writes "unknown" so
    if "deceased" in body:
        values["deceased_at"] = _time(body["deceasedAt"]) if body["deceased"] else None
    if "name" in body:
        values["names"] = _names(body["name"])
    if "telecom" in body:
        values["telecom"] = _points(body["telecom"])
    if "contact" in body:
        values["contacts"] = tuple(_contact(one) for one in body["contact"])
    if "address" in body:
        values["addresses"] = tuple(Address(**_values(one, _ADDRESS)) for one in body["address"])
    after = replace(before, **values)
    return replace(after, email_group=_group(after, body))


def _group(known: Demographics, body: Mapping[str, Any]) -> EmailGroup | None:
    """The shared address group: as asked for, in the present or in the deprecated way, else as it was."""
    is_linked, is_family = body.get("isLinkedByEmail"), body.get("familyMember")
    if is_linked:
        return EmailGroup(body["groupType"], body["groupName"])
    if is_linked is False:
        return None
    was = known.email_group
    if is_family:
        name = body.get("groupName", "").strip() or _family_name(known)
        if not name:
            raise Invalid([fault("groupName", BLANK)])
        return EmailGroup(FAMILY, name)
    if is_family is False and was is not None and was.type == FAMILY:
        return None
    return was


def encode(known: Demographics) -> dict[str, Any]:
    """What a read answers; what was never said is left out, lists are there even when empty."""
    group = known.email_group
    said = {
        "mrn": known.mrn,
        "accountNumber": known.account_number,
        "name": [_written(name, _NAME) for name in known.names],
        "birthDate": known.birth_date.isoformat() if known.birth_date else None,
        "gender": known.gender,
        "maritalStatus": known.marital_status,
        "telecom": [_written(point, _POINT) for point in known.telecom],
        "contact": [_written_contact(one) for one in known.contacts],
        "preferredLanguage": known.language,
        "race": known.race,
        "ethnicity": known.ethnicity,
        "address": [_written_address(one) for one in known.addresses],
        "active": known.is_active,
        "deceased": known.is_deceased,
    }
    return {name: value for name, value in said.items() if value is not None} | {
        "deceasedAt": _written_time(known.deceased_at) if known.deceased_at else None,
        "familyMember": group is not None and group.type == FAMILY,
        "isLinkedByEmail": group is not None,
        "sharedEmailGroup": {"type": group.type, "name": group.name} if group else None,
    }


def _too_long(most: int) -> str:
    return f"This value is too long. It should have {most} characters or less."


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME_FORM) if _TIME.fullmatch(text) else None  # noqa: DTZ007 -- wall time
    except ValueError:
        return None


def _written_time(moment: datetime) -> str:
    return f"{moment.date().isoformat()} {moment.strftime('%I:%M %p')}"  # %Y would not fill early years with zeros


def _values(given: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Our names and values for theirs; lists become tuples."""
    return {
        ours: tuple(given[theirs]) if isinstance(given[theirs], list) else given[theirs]
        for theirs, ours in words.items()
        if theirs in given
    }


def _names(given: Sequence[Mapping[str, Any]]) -> tuple[HumanName, ...]:
    return tuple(HumanName(**_values(name, _NAME)) for name in given)


def _points(given: Sequence[Mapping[str, Any]]) -> tuple[ContactPoint, ...]:
    return tuple(ContactPoint(**_values(point, _POINT)) for point in given)


def _contact(given: Mapping[str, Any]) -> ContactPerson:
    return ContactPerson(
        _names(given["name"]) if "name" in given else None,
        _points(given["telecom"]) if "telecom" in given else None,
    )


def _written(value: Any, words: Mapping[str, str]) -> dict[str, Any]:
    said = {theirs: getattr(value, ours) for theirs, ours in words.items()}
    return {theirs: part for theirs, part in said.items() if part is not None}


def _written_address(one: Address) -> dict[str, Any]:
    """An address; other systems write uses that this one has no word for."""
    return _written(one if one.use in _USES else replace(one, use=None), _ADDRESS)


def _written_contact(one: ContactPerson) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if one.telecom is not None:
        said["telecom"] = [_written(point, _POINT) for point in one.telecom]
    if one.names is not None:
        said["name"] = [_written(name, _NAME) for name in one.names]
    return said


def _family_name(known: Demographics) -> str:
    name = usual(known.names)
    return (name.family or "").strip() if name else ""
