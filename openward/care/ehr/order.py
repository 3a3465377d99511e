"""What an order says, in care's words, and what follows from it; plain decisions without I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from openward.care.ehr.settings import EHRSettings
from openward.care.errors import Invalid

ADULT_YEARS = 13
"""Tidepool: below this age the address of the guarantor is used."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Order:
    """One order as its sender wrote it; None and empty for what it does not say.

    identifiers: (type, value) of the patient; birth_date: as written; information: (code, value) of clinical
    questions.
    """

    source: str | None = None
    source_number: str | None = None
    number: str | None = None
    procedure_code: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    birth_date: str | None = None
    email: str | None = None
    guarantor_email: str | None = None
    information: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an order is about. `mrn` None: the order has none of the organization's kind."""

    mrn: str | None
    birth_date: date
    full_name: str


def mrn_of(order: Order, kind: str) -> str | None:
    """The first identifier of this type, whose case does not count."""
    wanted = kind.casefold()
    return next((value for type_, value in order.identifiers if type_.casefold() == wanted and value), None)


def person_of(order: Order, mrn_kind: str) -> Person:
    """Whom the order is about; `Invalid` without a readable date of birth or without first and last name."""
    return Person(mrn_of(order, mrn_kind), birth_date_of(order), _full_name(order))


def birth_date_of(order: Order) -> date:
    """The date of birth, or `Invalid`."""
    if not order.birth_date:
        raise Invalid("the order has no date of birth", code="birth-date-missing")
    if _DATE.match(order.birth_date):
        try:
            return date.fromisoformat(order.birth_date)
        except ValueError:
            pass
    raise Invalid("the date of birth of the order cannot be read", code="birth-date-unreadable")


def _full_name(order: Order) -> str:
    if not order.first_name or not order.last_name:
        raise Invalid("the order has no full name", code="name-missing")
    return f"{order.first_name} {order.last_name}"


def address_of(order: Order, birth_date: date, today: date) -> str | None:
    """Where the patient is written to: the guarantor's address for a child."""
    is_child = _years(birth_date, today) < ADULT_YEARS
    return (order.guarantor_email if is_child else order.email) or None


def _years(birth_date: date, today: date) -> int:
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return today.year - birth_date.year - (not had_birthday)


def tag_names(order: Order, settings: EHRSettings) -> list[str] | None:
    """The names of the tags that the order gives, without repeats; None when the organization takes none from it."""
    codes = settings.tags.codes
    if not codes:
        return None
    separator = settings.tags.separator
    found: Sequence[str] = [value for code, value in order.information if code in codes]
    if separator:
        found = [part for value in found for part in value.split(separator)]
    return list(dict.fromkeys(name for part in found if (name := part.strip())))
