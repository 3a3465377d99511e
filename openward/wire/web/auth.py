"""Who looks at a page: the session cookie, and a token in each form that another site cannot know."""

import hmac
from hashlib import sha256
from urllib.parse import parse_qsl

from litestar.datastructures import Cookie

from openward.care import accounts
from openward.care.errors import Invalid, NotAuthenticated
from openward.care.work import NOBODY, Actor, Work
from openward.gateway.call import Call

COOKIE = "openward_session"


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
    return Cookie(COOKIE, token, path="/", max_age=max_age_s, httponly=True, samesite="lax", secure=is_secure)


def form_token(work: Work, call: Call) -> str:
    """A token bound to this session, for a hidden field of each form."""
    session = call.request.cookies.get(COOKIE, "")
    key = work.tools.keyring.derive("form-token", 32)
    return hmac.new(key, session.encode(), sha256).hexdigest()


async def read_form(work: Work, call: Call) -> dict[str, str]:
    """The fields of a form; `Invalid` when its token is not this session's."""
    body = (await call.body()).decode("utf-8", "replace")
    fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=100))
    if any("\x00" in value for value in fields.values()):
        raise Invalid("a field holds a NUL character")
    if not hmac.compare_digest(fields.pop("form_token", ""), form_token(work, call)):
        raise Invalid("this form has grown old: reload the page and try again")
    return fields
