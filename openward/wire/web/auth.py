"""Who looks at a page: the session cookie, and a token in each form that another site cannot know."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from litestar.datastructures import Cookie

from openward.care import accounts
from openward.care.errors import Invalid, NotAuthenticated
from openward.care.work import NOBODY, Actor, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.web.page import render_template

COOKIE = "openward_session"
VISIT = "openward_visit"
_MOST_FIELDS = 200  # a form of a patient has a box for each tag and each site, at most fifty of both


async def identify(work: Work, call: Call) -> Actor:
    """The person behind the cookie; `NotAuthenticated` sends the browser to the sign-in page."""
    actor = await identify_optional(work, call)
    if actor is NOBODY:
        raise NotAuthenticated("sign in first")
    return actor


async def identify_optional(work: Work, call: Call) -> Actor:
    """The person behind the cookie, or nobody."""
    token = call.request.cookies.get(COOKIE)
    return (await accounts.session(work, token) if token else None) or NOBODY


async def anyone(_work: Work, _call: Call) -> Actor:
    """For what everybody may fetch: no look-up at all."""
    return NOBODY


def session_cookie(token: str, *, is_secure: bool, max_age_s: int) -> Cookie:
    """The cookie of a new session; scripts cannot read it, other sites do not send it along with forms."""
    return Cookie(COOKIE, value=token, path="/", max_age=max_age_s, httponly=True, samesite="lax", secure=is_secure)


def form_token(work: Work, call: Call) -> str:
    """A token bound to this session, for a hidden field of each form; "" for a browser that shows no cookie yet."""
    bound_to = _bound_to(call)
    return _token(work, bound_to) if bound_to else ""


def form_page(work: Work, call: Call, template: str, values: Mapping[str, Any], *, status: int = 200) -> Reply:
    """A page with a form for people who are not signed in: its token is bound to a random cookie of this visit.

    Without that, every stranger's token would be the same, and another site could sign somebody in as somebody else.
    """
    bound_to = _bound_to(call)
    visit = bound_to or work.token_bytes(18).hex()
    reply = render_template(template, {**values, "form_token": _token(work, visit)}, status=status)
    # These pages may carry a key in their address, which must not travel on as a referrer.
    reply.headers["referrer-policy"] = "no-referrer"
    if not bound_to:
        is_secure = work.tools.settings.public_url.startswith("https://")
        reply.cookies.append(Cookie(VISIT, value=visit, path="/", httponly=True, samesite="lax", secure=is_secure))
    return reply


def _bound_to(call: Call) -> str:
    cookies = call.request.cookies
    return cookies.get(COOKIE, "") or cookies.get(VISIT, "")


def _token(work: Work, bound_to: str) -> str:
    return hmac.new(work.tools.keyring.derive("form-token", 32), bound_to.encode(), sha256).hexdigest()


async def read_form(work: Work, call: Call) -> dict[str, str]:
    """The fields of a form; `Invalid` when its token is not this session's."""
    return dict(await read_items(work, call))


async def read_items(work: Work, call: Call, *, most: int = _MOST_FIELDS) -> list[tuple[str, str]]:
    """The same with each ticked box of one name by itself, in the order of the form."""
    body = (await call.body()).decode("utf-8", "replace")
    try:
        items = parse_qsl(body, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise Invalid("the form cannot be read") from None
    if any("\x00" in value for _, value in items):
        raise Invalid("a field holds a NUL character")
    given, expected = dict(items).get("form_token", ""), form_token(work, call)
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Invalid("this form has grown old: reload the page and try again")
    return [(name, value) for name, value in items if name != "form_token"]
