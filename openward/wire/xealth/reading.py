"""Reading what Xealth sends: the patient's particulars in care's words, and texts wherever they may be missing."""

from collections.abc import Iterator, Mapping
from typing import Any

from openward.care.ehr import Order
from openward.care.errors import Invalid
from openward.gateway.call import Call

_LONGEST_NAME = 255


async def read_object(call: Call) -> Mapping[str, Any]:
    """The body, or `Invalid` when it is no JSON object."""
    body = await call.json()
    if not isinstance(body, Mapping):
        raise Invalid("the body is not a JSON object")
    return body


def at(value: Any, *names: str) -> Any:
    """What lies below these names, None where there is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: Any) -> str | None:
    """A text without blanks around it, None for anything else and for an empty one."""
    return (value.strip() or None) if isinstance(value, str) else None


def name(value: Any) -> str | None:
    """A text that names something; one that is too long names nothing."""
    found = text(value)
    return found if found is not None and len(found) <= _LONGEST_NAME else None


def need(body: Mapping[str, Any], key: str) -> str:
    """A name that has to be there, or `Invalid`."""
    found = name(body.get(key))
    if found is None:
        raise Invalid(f"{key} is missing")
    return found


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; nothing when it is none."""
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())


def read_order(
    body: Mapping[str, Any], *, deployment: str, number: str | None = None, program: str | None = None
) -> Order:
    """The patient of a request or an order; what is not said of him is missed by whoever needs it."""
    demographics = at(body, "datasets", "demographicsV1")
    named = at(demographics, "name")
    if not isinstance(named, Mapping):
        named = next(objects(at(demographics, "nameList")), None)
    identifiers = ((name(one.get("type")), name(one.get("id"))) for one in objects(at(body, "patientIdentity", "ids")))
    return Order(
        source=deployment,
        number=number,
        procedure_code=program,
        identifiers=tuple((kind, value) for kind, value in identifiers if kind is not None and value is not None),
        first_name=_joined(at(named, "given")),
        last_name=_joined(at(named, "family")),
        birth_date=text(at(demographics, "birthDate")),
        email=_email(at(demographics, "telecom")),
    )


def _joined(value: Any) -> str | None:
    """Names are lists of texts; several are said one after the other."""
    parts = value if isinstance(value, list) else [value]
    return " ".join(found for part in parts if (found := text(part)) is not None) or None


def _email(telecom: Any) -> str | None:
    """The first address."""
    addresses = (text(one.get("value")) for one in objects(telecom) if text(one.get("system")) == "email")
    return next((found for found in addresses if found is not None), None)
