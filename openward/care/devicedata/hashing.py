"""The identity hash by which two uploads of the same device event are recognised as one.

Source: Tidepool, deduplicators: the standard base64 of SHA-256 over the identity fields joined with `|`.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from openward.care.devicedata.units import plain

_DISCRIMINATOR = {"basal": "deliveryType", "bolus": "subType", "deviceEvent": "subType"}
_GLUCOSE_LIKE = frozenset({"cbg", "smbg", "bloodKetone"})


def identity_hash(*fields: str) -> str:
    """Hash identity fields in their given order; a ValueError says that one is empty."""
    if not fields or not all(fields):
        raise ValueError("an identity field is empty")
    return b64encode(sha256("|".join(fields).encode()).digest()).decode("ascii")


def identity_time(time: datetime) -> str:
    """Print an aware instant as RFC 3339 in UTC with the fraction trimmed (`.5`, or none at all).

    UTC comes first so that `+00:00` and `Z` inputs of one instant agree.
    """
    text = time.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return text + "Z"


def identity_fields(owner: str, scope: str, kind: str, time: datetime, fields: Mapping[str, object]) -> list[str]:
    """List the identity fields of one normalised datum.

    owner: the user id; scope: the device id, or the data set id where the data set is the identity; kind: the datum's
    `type`; fields: its other fields as kept (glucose already in mmol/L). A missing field comes out as "".
    """
    names = [owner, scope, identity_time(time), kind]
    if kind in _DISCRIMINATOR:
        names.append(_text(fields.get(_DISCRIMINATOR[kind])))
    elif kind in _GLUCOSE_LIKE:
        names.append(_text(fields.get("units")))
        names.append(_text(fields.get("value")))
    return names


def datum_hash(owner: str, scope: str, kind: str, time: datetime, fields: Mapping[str, object]) -> str:
    """Hash one normalised datum; a ValueError says that one of its identity fields is missing."""
    return identity_hash(*identity_fields(owner, scope, kind, time, fields))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(value)
    return ""
