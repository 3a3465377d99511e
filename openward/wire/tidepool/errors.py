"""How the Tidepool platform says what went wrong: four shapes, each with its table from care's errors.

clinic      {"code": 404, "message": "clinic not found"}
account     {"code": 404, "reason": "...", "error": 1004}
messages    {"messages": ["..."]}
data        one fault an object, several an array: {"code", "title", "detail", "source", "meta"}
            state and permission of data sets:     {"errors": [{"code", "status", "title", "detail"}], "meta"}
"""

from dataclasses import replace
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
from openward.gateway.request import Unforeseen
from openward.gateway.wiring import Reply, json_reply

STATUS: dict[type[CareError], int] = {
    Invalid: 400,
    NotAuthenticated: 401,
    TierRequired: 402,
    NotAllowed: 403,
    NotFound: 404,
    MethodUnknown: 405,
    Conflict: 409,
    TooLarge: 413,
    Unprocessable: 422,
    TooMany: 429,
    Unforeseen: 500,
    Unavailable: 503,
}

_MESSAGES = {
    400: "bad request",
    401: "unauthorized",
    402: "payment required",
    403: "forbidden",
    404: "not found",
    405: "method not allowed",
    409: "duplicate",
    413: "request entity too large",
    422: "constraint violation",
    429: "too many requests",
    500: "Internal Server Error",
    503: "service unavailable",
}


class TokenMissing(Invalid):
    """No session token at all: the Clinics API says 400 to that, the others 401."""

    code = "token-missing"

    def __init__(self) -> None:
        super().__init__("missing session token")


class SessionUnknown(NotAuthenticated):
    """A session token that was never given out, has ended or was revoked."""

    def __init__(self) -> None:
        super().__init__("session token is invalid or expired")


# The account contract lists the only words that its 401 may carry.
_ACCOUNT_WORDS: dict[type[CareError], str] = {
    TokenMissing: "No X-Tidepool-Session-Token was found",
    SessionUnknown: "Not authorized for requested operation",
}


def status_of(error: CareError) -> int:
    """The status of the nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _headers(error: CareError) -> dict[str, str]:
    return {"retry-after": str(error.retry_after_s)} if isinstance(error, TooMany) else {}


def clinic(error: CareError, _call: Call) -> Reply:
    """`{"code", "message"}`: the message opens with the class; a detail may follow."""
    status = status_of(error)
    message = _MESSAGES[status]
    if error.detail and status < 500 and error.detail != message:
        message = f"{message}: {error.detail}"
    return json_reply({"code": status, "message": message}, status, _headers(error))


def account(error: CareError, _call: Call) -> Reply:
    """`{"code", "reason"}` and, where the contract numbers its refusals, `error`."""
    status = 401 if isinstance(error, TokenMissing) else status_of(error)
    reason = error.detail if status < 500 and error.detail else _MESSAGES[status]
    body: dict[str, Any] = {"code": status, "reason": _ACCOUNT_WORDS.get(type(error), reason)}
    if error.code.isdigit():
        body["error"] = int(error.code)
    return json_reply(body, status, _headers(error))


def messages(error: CareError, _call: Call) -> Reply:
    """`{"messages": [...]}`."""
    status = 401 if isinstance(error, TokenMissing) else status_of(error)
    text = error.detail if status < 500 and error.detail else _MESSAGES[status]
    return json_reply({"messages": [text]}, status, _headers(error))


_TITLES = {
    "type-not-bool": "type is not bool",
    "type-not-int": "type is not int",
    "type-not-float64": "type is not float64",
    "type-not-string": "type is not string",
    "type-not-time": "type is not time",
    "type-not-object": "type is not object",
    "type-not-array": "type is not array",
    "type-not-json": "type is not json",
    "value-not-parsable": "value is not a parsable",
    "not-parsed": "not parsed",
    "value-not-exists": "value does not exist",
    "value-exists": "value exists",
    "value-not-empty": "value is not empty",
    "value-empty": "value is empty",
    "value-duplicate": "value is a duplicate",
    "value-out-of-range": "value is out of range",
    "value-disallowed": "value is disallowed",
    "value-not-allowed": "value is not one of the allowed values",
    "value-not-valid": "value is not valid",
    "length-out-of-range": "length is out of range",
    "size-out-of-range": "size is out of range",
    "json-malformed": "json is malformed",
    "unauthenticated": "authentication token is invalid",
    "unauthorized": "authentication token is not authorized for requested action",
    "internal-server-error": "internal server error",
    "internal-server-failure": "internal server failure",
}


# What the data service calls refusals of a request as such; all of them are bare objects.
_REQUEST_CODES = {
    "invalid": "bad-request",
    "not-found": "resource-not-found",
    "resource-not-found": "resource-not-found",
    "too-large": "resource-too-large",
    "too-many": "too-many-requests",
}


def _fault(fault: Fault, source: str) -> dict[str, Any]:
    title = fault.title or _TITLES.get(fault.code, fault.code.replace("-", " "))
    body: dict[str, Any] = {"code": fault.code, "title": title, "detail": fault.detail or title}
    if fault.pointer:
        body["source"] = {source: fault.pointer}
    if fault.meta:
        body["meta"] = dict(fault.meta)
    return body


def data(error: CareError, call: Call) -> Reply:
    """Shape (a) for validation, parsing and look-ups; shape (b) for malformed JSON and for state and permission."""
    status = 401 if isinstance(error, TokenMissing) else status_of(error)
    if isinstance(error, Invalid) and not isinstance(error, TokenMissing) and error.code != "json-malformed":
        source = "pointer" if call.method in ("POST", "PUT", "PATCH", "DELETE") else "parameter"
        faults = [_fault(_named(fault, error), source) for fault in error.faults]
        return json_reply(faults[0] if len(faults) == 1 else faults, status)
    if error.code in _REQUEST_CODES:
        return json_reply(_fault(Fault(_REQUEST_CODES[error.code], detail=error.detail), ""), status, _headers(error))
    return failures(error, call)


def _named(fault: Fault, error: Invalid) -> Fault:
    """A fault of the request as a whole has the code of its error, in this service's words."""
    return replace(fault, code=_REQUEST_CODES.get(error.code, error.code)) if fault.code == Invalid.code else fault


def failures(error: CareError, call: Call) -> Reply:
    """Shape (b), the older responder's."""
    status = 401 if isinstance(error, TokenMissing) else status_of(error)
    code = "unauthenticated" if isinstance(error, TokenMissing) else error.code
    if status >= 500:
        code = "internal-server-failure"
    title = _TITLES.get(code, code.replace("-", " "))
    detail = error.detail if status < 500 and error.detail else title
    one = {"code": code, "status": str(status), "title": title, "detail": detail}
    trace = {"request": call.trace, "session": call.header("x-tidepool-trace-session") or ""}
    return json_reply({"errors": [one], "meta": {"trace": trace}}, status, _headers(error))
