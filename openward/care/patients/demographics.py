"""Who a patient is, in the words of FHIR; values and what can be read off them, no I/O."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from openward.care.accounts import clean_email
from openward.care.errors import Invalid
from openward.care.patients.model import Enrolment

EMAIL = "email"
USUAL = "usual"


@dataclass(frozen=True, slots=True)
class HumanName:
    """One name; `text` is the whole as it is displayed. None was never said, "" was said to be empty."""

    use: str | None = None
    text: str | None = None
    given: str | None = None
    middle: str | None = None
    family: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A number or an address: `system` is phone, fax, email, pager, url, sms or other; `rank` 1 is asked first."""

    system: str
    value: str
    use: str | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Somebody to turn to about the patient."""

    names: tuple[HumanName, ...] | None = None
    telecom: tuple[ContactPoint, ...] | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part may be missing."""

    use: str | None = None
    type: str | None = None
    text: str | None = None
    lines: tuple[str, ...] | None = None
    apartment: str | None = None
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class EmailGroup:
    """Patients of an organization who share an address, such as a family; it is there as long as it has members."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """All that an organization has noted about who its patient is.

    `gender` is male, female, other or unknown; `deceased_at` is wall time of the organization, without a zone;
    `note` is for those who look after the patient and never shown to him.
    """

    names: tuple[HumanName, ...] = ()
    birth_date: date | None = None
    mrn: str | None = None
    telecom: tuple[ContactPoint, ...] = ()
    contacts: tuple[ContactPerson, ...] = ()
    addresses: tuple[Address, ...] = ()
    gender: str | None = None
    marital_status: str | None = None
    language: str | None = None
    race: str | None = None
    ethnicity: str | None = None
    account_number: str | None = None
    is_active: bool = True
    is_deceased: bool = False
    deceased_at: datetime | None = None
    email_group: EmailGroup | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored beside the enrolment; `named_as` is the full name that its names made when they were written."""

    said: Demographics
    named_as: str


def usual(names: Sequence[HumanName]) -> HumanName | None:
    """The name that is displayed: the first `usual` one, else the first."""
    for name in names:
        if name.use == USUAL:
            return name
    return names[0] if names else None


def display_name(names: Sequence[HumanName]) -> str:
    """Given and family name of the displayed name, else its text; "" when it says neither."""
    name = usual(names)
    if name is None:
        return ""
    said = " ".join(f"{name.given or ''} {name.family or ''}".split())
    return said or " ".join((name.text or "").split())


def emails(telecom: Sequence[ContactPoint]) -> tuple[str, ...]:
    """All addresses that mail can be sent to, in lower case, the contact address first."""
    if not _has_email(telecom):
        return ()
    return tuple(dict.fromkeys(address for _, address in _addresses(telecom)))


def contact_email(telecom: Sequence[ContactPoint]) -> str | None:
    """The first address that mail can be sent to, in lower case."""
    return next((address for _, address in _addresses(telecom)), None) if _has_email(telecom) else None


def _has_email(telecom: Sequence[ContactPoint]) -> bool:
    for point in telecom:  # noqa: SIM110 -- twice as fast as any(), and asked three times for each newcomer
        if point.system == EMAIL:
            return True
    return False


def joined(enrolment: Enrolment, kept: Kept | None) -> Demographics:
    """What is stored in two places as one; where both speak, the enrolment is right."""
    said = Demographics() if kept is None else kept.said
    return replace(
        said,
        names=_names(said.names, enrolment.full_name, kept.named_as if kept else ""),
        birth_date=enrolment.birth_date,
        mrn=enrolment.mrn,
        telecom=_telecom(said.telecom, enrolment.email),
        is_active=enrolment.is_active,
        is_deceased=enrolment.is_deceased,
        deceased_at=said.deceased_at if enrolment.is_deceased else None,
    )


def renamed(names: tuple[HumanName, ...], full_name: str) -> tuple[HumanName, ...]:
    """The names with another full name in place of the displayed one; its last word is taken for the family name."""
    given, _, family = full_name.rpartition(" ")
    shown = usual(names)
    fresh = HumanName(USUAL, full_name, given, "", family, (shown.alias if shown else None) or "")
    if shown is None:
        return (fresh,)
    return tuple(replace(fresh, use=name.use or USUAL) if name is shown else name for name in names)


def _names(names: tuple[HumanName, ...], full_name: str, named_as: str) -> tuple[HumanName, ...]:
    return names if full_name == named_as or not full_name else renamed(names, full_name)


def _telecom(telecom: tuple[ContactPoint, ...], email: str | None) -> tuple[ContactPoint, ...]:
    place = _contact_place(telecom)
    if place is None:
        return (*telecom, ContactPoint(EMAIL, email, "home")) if email else telecom
    if email is None:
        return (*telecom[:place], *telecom[place + 1 :])
    point = telecom[place]
    if point.value.strip().lower() == email:
        return telecom
    return (*telecom[:place], replace(point, value=email), *telecom[place + 1 :])


def _contact_place(telecom: Sequence[ContactPoint]) -> int | None:
    return next((place for place, _ in _addresses(telecom)), None)


def _addresses(telecom: Sequence[ContactPoint]) -> Iterator[tuple[int, str]]:
    """E-mail addresses with their places; what stands there in place of one, such as "none", is left out."""
    for place, point in enumerate(telecom):
        if point.system == EMAIL:
            with suppress(Invalid):
                yield place, clean_email(point.value)
