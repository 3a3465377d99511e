"""What went wrong, as the Clinics API says it: `{"code": 404, "message": "not found: ..."}`."""

from openward.care.errors import (
    CareError,
    Conflict,
    Invalid,
    MethodUnknown,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TierRequired,
    TooLarge,
    Unavailable,
    Unprocessable,
)
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply

STATUS: dict[type[CareError], tuple[int, str]] = {
    Invalid: (400, "bad request"),
    NotAuthenticated: (401, "unauthorized"),
    TierRequired: (402, "payment required"),
    NotAllowed: (403, "forbidden"),
    NotFound: (404, "not found"),
    MethodUnknown: (405, "method not allowed"),
    Conflict: (409, "duplicate"),
    TooLarge: (413, "request entity too large"),
    Unprocessable: (422, "constraint violation"),
    Unavailable: (503, "service unavailable"),
    CareError: (500, "Internal Server Error"),
}


class OrderUnread(CareError):
    """Xealth did not give the order: 500, so that it sends the event again."""

    code = "order-unread"


class ReportIncomplete(CareError):
    """The patient lacks what the head of a report says."""

    code = "report-incomplete"


def render(error: CareError, _call: Call) -> Reply:
    """The status of the nearest ancestor in the table; only refusals have a detail."""
    status, message = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if error.detail and status < 500 and error.detail != message:
        message = f"{message}: {error.detail}"
    return json_reply({"code": status, "message": message}, status)
