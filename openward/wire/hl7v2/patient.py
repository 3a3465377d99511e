"""PID and NK1 in care's words. A field that is empty leaves what is known, one that is null ("") deletes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Any, Final

from openward.care.ehr.feed import NumberedBy, PatientSaid, Refused
from openward.care.patients import Address, ContactPerson, ContactPoint, Demographics, HumanName
from openward.wire.hl7v2.message import LONGEST, Message, Repetition, Segment
from openward.wire.hl7v2.times import read_day, read_moment

_SEXES: Final = {"M": "male", "F": "female", "O": "other", "U": "unknown", "A": "other", "N": "other", "X": "other"}
_MARITAL: Final = {
    "A": "separated",
    "B": "unmarried",
    "C": "common law",
    "D": "divorced",
    "E": "legally separated",
    "G": "living together",
    "I": "interlocutory",
    "M": "married",
    "N": "annulled",
    "P": "domestic partner",
    "R": "registered domestic partner",
    "S": "single",
    "W": "widowed",
}
_ETHNIC: Final = {"H": "Hispanic or Latino", "N": "Not Hispanic or Latino"}
_NAME_USES: Final = {"M": "maiden", "N": "nickname", "A": "nickname", "B": "official"}
_USUAL_NAMES: Final = ("", "L", "D", "C", "U")
_ADDRESS_USES: Final = {"H": "home", "P": "home", "B": "work", "O": "work", "C": "temp", "BA": "old"}
_SYSTEMS: Final = {"FX": "fax", "BP": "pager", "INTERNET": "email", "X.400": "email"}
_WORK: Final = "work"


def read_patient(message: Message, segment: Segment, zone: tzinfo) -> PatientSaid:
    """What a message says of a patient; `Refused` for what cannot be read."""
    given = _plain_fields(segment, zone) | _lists(segment)
    contacts = tuple(found for one in message.all("NK1") if (found := _contact(one)) is not None)
    if contacts:
        given["contacts"] = contacts
    telecom = _Telecom(segment)

    def change(known: Demographics) -> Demographics:
        said = dict(given)
        if said.get("is_deceased") is False:
            said["deceased_at"] = None
        elif "deceased_at" in said and "is_deceased" not in said:
            said["is_deceased"] = said["deceased_at"] is not None
        return replace(known, **said, telecom=telecom.after(known.telecom))

    return PatientSaid(read_identifiers(segment, 3), change)


def read_identifiers(segment: Segment, field: int) -> tuple[NumberedBy, ...]:
    """Identifiers of a patient; who assigned one goes by name or by universal id."""
    made = []
    for one in segment.repetitions(field):
        value = one.value(1)
        if value:
            authorities = tuple(found for part in (1, 2) if (found := one.value(4, part)))
            made.append(NumberedBy(value, authorities, one.value(5)))
    return tuple(made)


def _plain_fields(segment: Segment, zone: tzinfo) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if segment.is_said(7):
        day = _birth_date(segment)
        if day is not None or segment.is_null(7):
            given["birth_date"] = day
    if segment.is_said(8):
        given["gender"] = None if segment.is_null(8) else _sex(segment.value(8))
    for field, name, words in ((10, "race", {}), (15, "language", {}), (16, "marital_status", _MARITAL)):
        _put_coded(given, segment, field, name, words, prefers_text=field == 10)
    _put_coded(given, segment, 22, "ethnicity", _ETHNIC, prefers_text=True)
    if segment.is_said(18):
        given["account_number"] = _bounded(segment.value(18)) or None
    if segment.is_said(30):
        given["is_deceased"] = segment.value(30).upper() == "Y"
    if segment.is_said(29):
        given["deceased_at"] = None if segment.is_null(29) else _died(segment.value(29), zone)
    return given


def _put_coded(
    given: dict[str, Any], segment: Segment, field: int, name: str, words: dict[str, str], *, prefers_text: bool
) -> None:
    if not segment.is_said(field):
        return
    code, text = segment.value(field, 1), segment.value(field, 2)
    best = (text or code) if prefers_text else (code or text)
    given[name] = _bounded(words.get(code.upper(), best)) or None


def _birth_date(segment: Segment) -> date | None:
    if segment.is_null(7):
        return None
    day, is_readable = read_day(segment.value(7))
    if not is_readable:
        raise Refused("birth-date")
    return day


def _sex(code: str) -> str:
    found = _SEXES.get(code.upper()[:1] if len(code) > 1 else code.upper())
    if found is None:
        raise Refused("sex")
    return found


def _died(text: str, zone: tzinfo) -> datetime:
    """Wall time of the organization, as demographics keep it."""
    moment = read_moment(text, zone)
    if moment is None:
        raise Refused("death")
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


def _lists(segment: Segment) -> dict[str, Any]:
    given: dict[str, Any] = {}
    names = tuple(found for one in segment.repetitions(5) if (found := _name(one)) is not None)
    if names:
        given["names"] = names
    if segment.is_said(11):
        given["addresses"] = tuple(place for one in segment.repetitions(11) if (place := _address(one)) is not None)
    return given


def _name(one: Repetition) -> HumanName | None:
    family, given, middle = one.value(1), one.value(2), one.value(3)
    if not family and not given:
        return None
    suffix, prefix, kind = one.value(4), one.value(5), one.value(7).upper()
    text = " ".join(part for part in (prefix, given, middle, family, suffix) if part)
    if len(text) > LONGEST:
        raise Refused("name-too-long")
    use = "usual" if kind in _USUAL_NAMES else _NAME_USES.get(kind, "old")
    return HumanName(use, text, given, middle, family)


def _address(one: Repetition) -> Address | None:
    parts = [_bounded(one.value(number)) or None for number in range(1, 7)]
    if not any(parts):
        return None
    street, other, city, state, postal_code, country = parts
    kind = one.value(7).upper()
    return Address(
        use=_ADDRESS_USES.get(kind, "home"),
        type="postal" if kind == "M" else None,
        lines=tuple(part for part in (street, other) if part) or None,
        city=city,
        district=_bounded(one.value(9)) or None,
        state=state,
        postal_code=postal_code,
        country=country,
    )


def _contact(segment: Segment) -> ContactPerson | None:
    name = _name(segment.first(2))
    if name is None:
        return None
    return ContactPerson((name,), tuple(_points(segment, 5, "home")) or None)


class _Telecom:
    """Numbers and addresses: PID-13 and PID-40 those of the home, PID-14 those of work.

    Mail addresses are replaced by mail addresses only: many senders know of none.
    """

    def __init__(self, segment: Segment) -> None:
        self._home = [*_points(segment, 13, "home"), *_points(segment, 40, "home")]
        self._work = _points(segment, 14, _WORK)
        self._says_home = segment.is_said(13) or segment.is_said(40)
        self._says_work = segment.is_said(14)
        self._clears_home = segment.is_null(13)
        self._says_mail = any(point.system == "email" for point in (*self._home, *self._work)) or self._clears_home

    def after(self, known: Sequence[ContactPoint]) -> tuple[ContactPoint, ...]:
        """What is known after what is said."""
        kept = [point for point in known if not self._is_replaced(point)]
        said = (*self._home, *self._work)
        return (*kept, *(point for point in dict.fromkeys(said) if point not in kept))

    def _is_replaced(self, point: ContactPoint) -> bool:
        if point.system == "email":
            return self._says_mail
        return self._says_work if point.use == _WORK else self._says_home


def _points(segment: Segment, field: int, use: str) -> list[ContactPoint]:
    made = []
    for one in segment.repetitions(field):
        kind, purpose = one.value(3).upper(), one.value(2).upper()
        address = one.value(4)
        number = one.value(1) or one.value(12) or _composed(one)
        is_mail = kind in ("INTERNET", "X.400") or purpose == "NET" or "@" in address or "@" in number
        value = (address or number) if is_mail else number
        if not value or len(value) > LONGEST:
            continue
        where = "mobile" if kind == "CP" else _WORK if purpose == "WPN" else use
        system = "email" if is_mail else _SYSTEMS.get(kind, "phone")
        made.append(ContactPoint(system, value, use if is_mail else where))
    return made


def _composed(one: Repetition) -> str:
    """A number that comes in parts: country, area, local number, extension."""
    country, area, local, extension = (one.value(number) for number in (5, 6, 7, 8))
    if not local:
        return ""
    said = " ".join(part for part in (f"+{country.lstrip('+')}" if country else "", area, local) if part)
    return f"{said} ext. {extension}" if extension else said


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise Refused("details-refused")
    return text
