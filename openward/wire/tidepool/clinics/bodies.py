"""Reading bodies and query values of the Clinics API: typed, with a 400 that names the place and never the value."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec

from openward.care.errors import Invalid
from openward.gateway.call import Call

T = TypeVar("T")

Text = Annotated[str, msgspec.Meta(min_length=1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


async def decoded(call: Call, kind: type[T], *, optional: bool = False) -> T:
    """The body as this type; `Invalid` for broken JSON, a missing property or a wrong type."""
    raw = await call.json(optional=optional)
    return converted({} if raw is None and optional else raw, kind)


def converted(raw: Any, kind: type[T]) -> T:
    """JSON values as this type; null where a property may be left out counts as left out."""
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        # The message names the kind and the place only; our own rules put no value in either.
        raise Invalid(str(error)) from None


def in_utc(at: datetime | None) -> datetime | None:
    """The moment in UTC; `Invalid` for one that lies before the first or after the last year there.

    The very first moment is what the reference platform writes for no time: None. The last one is endless to the
    database, and refused.
    """
    try:
        found = None if at is None else at.astimezone(UTC)
    except OverflowError:
        raise Invalid("a time is outside the years 1 to 9999") from None
    if found == _LAST:
        raise Invalid("a time is outside the years 1 to 9999")
    return None if found == _FIRST else found


def email(text: str | None) -> str | None:
    """An address in lower case, None for none; `Invalid` when it cannot be one."""
    if not text:
        return None
    if len(text) > 254 or _EMAIL.match(text) is None:
        raise Invalid("the email is not a valid address")
    return text.lower()


def moment(query: dict[str, str], name: str) -> datetime | None:
    """A time with its offset from the query, None when it is not given; `Invalid` otherwise."""
    text = query.get(name)
    if text is None:
        return None
    try:
        found = msgspec.convert(_FRACTION.sub(r"\1", text), Moment)
        return found.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        raise Invalid(f"{name} is not a time with an offset") from None


def flag(query: dict[str, str], name: str) -> bool | None:
    """true or false from the query, None when it is not given; `Invalid` otherwise."""
    text = query.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        raise Invalid(f"{name} is neither true nor false")
    return text == "true"


def instant(at: datetime) -> str:
    """A time as this API prints it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def present(values: dict[str, Any]) -> dict[str, Any]:
    """The values without those that are None: optional properties that are unset are left out."""
    return {name: value for name, value in values.items() if value is not None}
