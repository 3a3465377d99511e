"""An order of Redox in care's words. Whatever is missing or of another kind than published counts as not said."""

from collections.abc import Iterator, Mapping
from typing import Any

from openward.care.ehr import Order

_LONGEST_NAME = 255


def read_order(message: Mapping[str, Any]) -> Order:
    """What the message orders, for whom, from where; never raises, because every message is kept."""
    demographics = _at(message, "Patient", "Demographics")
    return Order(
        source=_name(_at(message, "Meta", "Source", "ID")),
        source_number=_name(_at(message, "Meta", "Message", "ID")),
        number=_name(_at(message, "Order", "ID")),
        procedure_code=_name(_at(message, "Order", "Procedure", "Code")),
        identifiers=tuple(
            pair for pair in _pairs(_at(message, "Patient", "Identifiers"), "IDType", "ID") if _name(pair[1])
        ),
        first_name=_text(_at(demographics, "FirstName")),
        last_name=_text(_at(demographics, "LastName")),
        birth_date=_text(_at(demographics, "DOB")),
        email=_email(_at(demographics, "EmailAddresses")),
        guarantor_email=_email(_at(message, "Visit", "Guarantor", "EmailAddresses")),
        information=_pairs(_at(message, "Order", "ClinicalInfo"), "Code", "Value"),
    )


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str | None:
    """A text without blanks around it, None for an empty one; numbers, which some senders write, become text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return (value.strip() or None) if isinstance(value, str) else None


def _name(value: Any) -> str | None:
    """A text that names something; one that is too long to be looked up names nothing."""
    found = _text(value)
    return found if found is not None and len(found) <= _LONGEST_NAME else None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())


def _pairs(value: Any, name: str, content: str) -> tuple[tuple[str, str], ...]:
    """Two texts of each object in a list; an object that lacks either is left out."""
    found = ((_text(item.get(name)), _text(item.get(content))) for item in _objects(value))
    return tuple((first, second) for first, second in found if first is not None and second is not None)


def _email(value: Any) -> str | None:
    """The first address: addresses are published without a type, and come as texts or as objects."""
    for item in value if isinstance(value, list) else ():
        found = _text(item.get("Address") if isinstance(item, Mapping) else item)
        if found is not None:
            return found
    return None
