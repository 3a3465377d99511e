"""Query parameters, checked in the same sentences as bodies."""

import re

from openward.care.errors import Fault
from openward.gateway.call import Call
from openward.wire.solo import schema

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


def whole(
    call: Call,
    name: str,
    faults: list[Fault],
    *,
    lowest: int,
    highest: int = schema.LAST_SECOND,
    is_needed: bool = True,
) -> int | None:
    """A whole number; None when it is absent or wrong, which is added to `faults`."""
    text = call.query.get(name, "").strip()
    if not text:
        if is_needed or name in call.query:
            faults.append(schema.fault(name, schema.BLANK))
        return None
    if not _WHOLE.fullmatch(text):
        faults.append(schema.fault(name, "This value should be of type integer."))
        return None
    value = int(text)
    if not lowest <= value <= highest:
        faults.append(schema.fault(name, f"This value should be between {lowest} and {highest}."))
        return None
    return value
