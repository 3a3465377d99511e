"""What a person sees when something goes wrong: one plain page that says what to do next."""

from urllib.parse import quote

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
    TooMany,
    Unavailable,
    Unprocessable,
)
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.web.page import render_template

_PAGES: dict[type[CareError], tuple[int, str, str]] = {
    Invalid: (400, "That did not work", "Please check what you entered and try again."),
    NotAllowed: (
        403,
        "Not for this account",
        "You may not see this. Ask the clinic's administrator.",
    ),
    NotFound: (404, "Nothing here", "The page may have moved, or you may not have access to it."),
    MethodUnknown: (405, "Nothing here", "This address takes no such request."),
    Conflict: (409, "Somebody was quicker", "It exists already. Reload the page to see what is there now."),
    Unprocessable: (422, "That is not possible now", "The present state does not allow it."),
    TierRequired: (402, "The plan is full", "The clinic has as many patients as its plan allows."),
    TooLarge: (413, "Too large", "What you sent is larger than this server takes."),
    TooMany: (429, "Too many tries", "Please wait a few minutes and try again."),
    Unavailable: (503, "One moment", "The server is busy or starting. Try again in a few seconds."),
}
_UNFORESEEN = (500, "Something went wrong on our side", "It has been noted. Please try again; nothing was half-saved.")


def render(error: CareError, call: Call) -> Reply:
    """The error page; somebody who is not signed in is led to the sign-in page and back."""
    if isinstance(error, NotAuthenticated):
        target = call.url_path
        if call.method == "GET" and target not in ("/", "/signin"):
            return Reply(303, b"", "", {"location": f"/signin?next={quote(target)}"})
        return Reply(303, b"", "", {"location": "/signin"})
    status, title, advice = _page_of(error)
    detail = error.detail if status in (400, 409, 422) else ""
    return render_template(
        "error.html", {"title": title, "advice": advice, "detail": detail, "trace": call.trace}, status=status
    )


def status_of(error: CareError) -> int:
    """The status of the page, also where a form is shown again instead of it."""
    return _page_of(error)[0]


def _page_of(error: CareError) -> tuple[int, str, str]:
    return next((_PAGES[kind] for kind in type(error).__mro__ if kind in _PAGES), _UNFORESEEN)
