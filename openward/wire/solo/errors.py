"""What went wrong, as this system says it: `{"error": {"message": "Bad parameters [duration: ...]"}}`.

Invalid           400   faults with a pointer as `Bad parameters [field: sentence, ...]`, one without as plain text
NotAuthenticated  401   without a text
NotAllowed        403
NotFound          404   `Patient not found`
MethodUnknown     405
Conflict          409   the reason
Gone              410   `Report has expired`
TooLarge          413   the reason
Unprocessable     422   the reason
TooMany           429   with Retry-After
Unavailable       502   when somebody we asked did not answer, else 503
"""

from openward.care.errors import (
    CareError,
    Conflict,
    Fault,
    Gone,
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
from openward.gateway.wiring import Reply, json_reply

GATEWAY = "bad-gateway"
"""Code of an `Unavailable` that is somebody else's doing."""

STATUS: dict[type[CareError], tuple[int, str]] = {
    Invalid: (400, "Bad request"),
    NotAuthenticated: (401, ""),
    TierRequired: (403, "The plan of the practice does not cover this"),
    NotAllowed: (403, "Access denied"),
    NotFound: (404, "Not found"),
    MethodUnknown: (405, "Method not allowed"),
    Conflict: (409, "Conflict"),
    Gone: (410, "Gone"),
    TooLarge: (413, "Request is too large"),
    Unprocessable: (422, "Unprocessable"),
    TooMany: (429, "Too many requests"),
    Unavailable: (503, "Service unavailable"),
    CareError: (500, "Internal server error"),
}


def bad(field: str, sentence: str) -> Invalid:
    """One field that breaks one rule."""
    return Invalid([Fault("invalid", pointer=field, detail=sentence)])


def said(error: CareError) -> tuple[int, str]:
    """The status and the text of an error, whatever envelope it goes out in."""
    status, text = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if error.code == GATEWAY:
        status = 502
    if isinstance(error, Invalid):
        return status, _faults(error) or text
    if status == 401 or (status >= 500 and status != 502):
        return status, text
    return status, error.detail or text


def _faults(error: Invalid) -> str:
    if error.code == "json-malformed":
        return "Bad parameters [body: Malformed JSON.]"
    placed = [f"{fault.pointer}: {fault.detail}" for fault in error.faults if fault.pointer]
    return f"Bad parameters [{', '.join(placed)}]" if placed else error.detail


def render(error: CareError, call: Call) -> Reply:
    """The nested envelope."""
    status, text = said(error)
    return _with_wait(error, json_reply({"error": {"message": text}}, status))


def render_flat(error: CareError, call: Call) -> Reply:
    """The flat envelope of assistance requests; who is not known is told so in the nested one (settled 49)."""
    if isinstance(error, NotAuthenticated | NotAllowed):
        return render(error, call)
    status, text = said(error)
    return _with_wait(error, json_reply({"message": text}, status))


def _with_wait(error: CareError, reply: Reply) -> Reply:
    if isinstance(error, TooMany):
        reply.headers["retry-after"] = str(error.retry_after_s)
    return reply
