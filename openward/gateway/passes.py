"""The cookie that carries a pass to one visit: a wire that lets somebody in by a link sets it, the pages read it."""

from uuid import UUID

from litestar.datastructures import Cookie

from openward.care import visits
from openward.care.visits import Role
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call

COOKIE = "openward_pass"


def call_path(call: UUID) -> str:
    """The page of a video call, by its public id."""
    return f"/videocalls/{call}"


def pass_cookie(work: Work, appointment: UUID, call: UUID, role: Role, person: PersonKey | None = None) -> Cookie:
    """The cookie to set before leading somebody to `call_path(call)`; browsers show it to that page alone."""
    return Cookie(
        COOKIE,
        value=visits.issue_pass(work, appointment, role, person),
        path=call_path(call),
        max_age=int(visits.PASS_LIFE.total_seconds()),
        httponly=True,
        # `lax`, as the redirect comes from a page of another system, to which a strict cookie would not be shown.
        samesite="lax",
        secure=work.tools.settings.public_url.startswith("https://"),
    )


def shown_pass(call: Call) -> str:
    """The pass that the browser shows, or ""."""
    return call.request.cookies.get(COOKIE, "")
