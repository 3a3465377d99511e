"""What went wrong, as the Clinics API says it: `{"code": 401, "message": "unauthorized: ..."}`."""

from openward.care.errors import CareError, Invalid, MethodUnknown, NotAuthenticated, NotFound, TooLarge, Unavailable
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply

STATUS: dict[type[CareError], tuple[int, str]] = {
    Invalid: (400, "bad request"),
    NotAuthenticated: (401, "unauthorized"),
    NotFound: (404, "not found"),
    MethodUnknown: (405, "method not allowed"),
    TooLarge: (413, "request entity too large"),
    Unavailable: (503, "service unavailable"),
    CareError: (500, "Internal Server Error"),
}


def render(error: CareError, _call: Call) -> Reply:
    """The status of the nearest ancestor in the table; only refusals have a detail."""
    status, message = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if error.detail and status < 500 and error.detail != message:
        message = f"{message}: {error.detail}"
    return json_reply({"code": status, "message": message}, status)
