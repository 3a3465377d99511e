"""What can go wrong in care, without a status code: each wire says it in its own manner.

CareError
├── Invalid            what was sent breaks a rule; carries every fault found
├── NotAuthenticated   nobody we know
├── NotAllowed         somebody we know, who may not
├── NotFound           no such thing, or not for this caller
│   └── Gone           there was such a thing, and its time is over
├── Conflict           it clashes with what is there already
├── Unprocessable      well formed, but the state of things forbids it
├── TierRequired       the organization's plan does not cover it
├── TooLarge           more bytes or items than we take
├── TooMany            slow down; carries the seconds to wait
├── Unavailable        something outside did not answer; try again
└── MethodUnknown      the thing is there, but cannot be asked this
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken at one place.

    code: a short stable word (`value-out-of-range`); pointer: JSON pointer into what was sent (`/0/value`) or "";
    detail: one sentence for a developer; meta: discriminators of the faulty thing (`{"type": "cbg"}`).
    """

    code: str
    pointer: str = ""
    detail: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


class CareError(Exception):
    """The trunk: `code` is a stable word, `detail` a sentence without patient data."""

    code = "error"

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class Invalid(CareError):
    """What was sent breaks rules; `faults` holds all of them, in the order of the input."""

    code = "invalid"

    def __init__(self, faults: Sequence[Fault] | str, *, code: str | None = None) -> None:
        self.faults = [Fault("invalid", detail=faults)] if isinstance(faults, str) else list(faults)
        super().__init__(self.faults[0].detail if self.faults else "", code=code)


class NotAuthenticated(CareError):
    """No credential, or one that we do not know (any more)."""

    code = "unauthenticated"


class NotAllowed(CareError):
    """A known caller who may not do this."""

    code = "unauthorized"


class NotFound(CareError):
    """There is no such thing, or none that this caller may know of."""

    code = "not-found"


class Gone(NotFound):
    """There was such a thing, and its time is over."""

    code = "gone"


class Conflict(CareError):
    """It clashes with something that exists."""

    code = "conflict"


class Unprocessable(CareError):
    """Well formed, but the present state forbids it (the last admin, an unfinished clinic)."""

    code = "unprocessable"


class TierRequired(CareError):
    """The organization's plan does not cover it."""

    code = "tier-required"


class TooLarge(CareError):
    """More bytes, items or depth than we take."""

    code = "too-large"


class TooMany(CareError):
    """Too many tries; `retry_after_s` says how many seconds to wait."""

    code = "too-many"

    def __init__(self, detail: str = "", *, retry_after_s: int = 60, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class Unavailable(CareError):
    """Something outside did not answer; the same call may work later."""

    code = "unavailable"


class MethodUnknown(CareError):
    """The thing exists, but this cannot be done with it."""

    code = "method-not-allowed"
