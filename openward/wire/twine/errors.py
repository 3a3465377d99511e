"""What went wrong, as this system says it: a list of `{status, code, title, detail, source}`, all faults at once.

Invalid           409   InvalidBodyParameter with a pointer, InvalidParameter with the parameter's name; each fault
Conflict          409   as Invalid, with a pointer to what clashes where the handler knows one
NotAuthenticated  401   Unauthorized, or InvalidCredentials at the token operation
NotAllowed        403   Forbidden
NotFound          404   ResourceNotFound
MethodUnknown     404   ResourceNotFound: the system knows no such operation
TooLarge          409   InvalidBodyParameter
TooMany           429   Forbidden, with Retry-After
Unprocessable     409   InvalidBodyParameter
Unavailable       503   InternalError
anything else     500   InternalError
"""

from typing import Any

from openward.care.errors import (
    CareError,
    Conflict,
    Fault,
    Invalid,
    MethodUnknown,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TierRequired,
    TooLarge,
    TooMany,
    Unavailable,
    Unprocessable,
)
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.twine.media import answer

BODY = "InvalidBodyParameter"
PARAMETER = "InvalidParameter"
CREDENTIALS = "InvalidCredentials"
GRANT = "InvalidGrantType"

STATUS: dict[type[CareError], tuple[int, str, str]] = {
    NotAuthenticated: (401, "Unauthorized", "A valid bearer token is required"),
    TierRequired: (403, "Forbidden", "The plan of the organization does not cover this"),
    NotAllowed: (403, "Forbidden", "The token does not reach this"),
    NotFound: (404, "ResourceNotFound", "There is no such resource"),
    MethodUnknown: (404, "ResourceNotFound", "There is no such operation"),
    TooMany: (429, "Forbidden", "Too many requests"),
    Unavailable: (503, "InternalError", "Try again later"),
    CareError: (500, "InternalError", "Something failed on our side"),
}
_TITLES = {401: "Unauthorized", 403: "Forbidden", 404: "Not found", 409: "Conflict", 429: "Too many"}


def body_fault(pointer: str, detail: str) -> Fault:
    """One fault of the body at a JSON pointer."""
    return Fault(BODY, pointer, detail)


def refuse(pointer: str, detail: str) -> Invalid:
    """One fault of the body, alone."""
    return Invalid([body_fault(pointer, detail)])


def refuse_parameter(name: str, detail: str) -> Invalid:
    """One fault of a query parameter, alone."""
    return Invalid([Fault(PARAMETER, name, detail)])


def render(error: CareError, call: Call) -> Reply:
    """The error document, in the media type that the caller can read."""
    status, shown = _said(error)
    entries = [{"status": str(status), "title": _TITLES.get(status, "Internal error"), **one} for one in shown]
    reply = answer(call, {"errors": entries}, status)
    if isinstance(error, TooMany):
        reply.headers["retry-after"] = str(error.retry_after_s)
    if status == 401:
        reply.headers["www-authenticate"] = "Bearer"
    return reply


def _said(error: CareError) -> tuple[int, list[dict[str, Any]]]:
    if isinstance(error, Invalid):
        return 409, [_entry(fault, error.code) for fault in error.faults]
    if isinstance(error, Conflict | Unprocessable | TooLarge):
        return 409, [
            {"code": BODY, "detail": error.detail or "It clashes with what is there", "source": {"pointer": ""}}
        ]
    status, code, detail = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if error.code == CREDENTIALS:
        return 401, [{"code": CREDENTIALS, "detail": "The client or its credentials are wrong"}]
    if status in (403, 404):
        detail = error.detail or detail
    return status, [{"code": code, "detail": detail}]


def _entry(fault: Fault, code: str) -> dict[str, Any]:
    if code == "json-malformed":
        return {"code": BODY, "detail": f"The body cannot be read: {fault.detail}", "source": {"pointer": ""}}
    if fault.code == PARAMETER:
        return {"code": PARAMETER, "detail": fault.detail, "source": {"parameter": fault.pointer}}
    if fault.code == GRANT:
        return {"code": GRANT, "detail": fault.detail, "source": {"pointer": fault.pointer}}
    return {"code": BODY, "detail": fault.detail, "source": {"pointer": fault.pointer}}
