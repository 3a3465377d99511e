"""Signing in and out, and where to go from there: clinicians to their patients, patients to their own page."""

from openward.care import accounts, organizations
from openward.care.errors import CareError, NotAllowed, NotAuthenticated, TooMany
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import COOKIE, form_page, identify, identify_optional, read_form, session_cookie
from openward.wire.web.page import redirect

_PROBLEMS: dict[type[CareError], str] = {
    NotAuthenticated: "The address or the password is not right.",
    NotAllowed: "This address is not confirmed yet: open the link in the mail that we sent you.",
    TooMany: "Too many tries. Please wait a few minutes.",
}


async def show(work: Work, call: Call) -> Reply:
    """The sign-in form, or the start page for somebody who is signed in."""
    target = call.query.get("next", "")
    if work.actor.person is not None and "again" not in call.query:
        return redirect(target if is_own_page(target) else "/")
    return _form(work, call, target, call.query.get("email", "")[:254], "")


async def sign_in(work: Work, call: Call) -> Reply:
    """Check the form and open a session; wrong tries are counted even though the answer is the form again."""
    fields = await read_form(work, call)
    email, target = fields.get("email", "").strip(), fields.get("next", "")
    try:
        account = await accounts.authenticate(work, email, fields.get("password", ""), call.address)
    except CareError as error:
        return _form(work, call, target, email, _problem(error), isinstance(error, NotAllowed))
    token = await accounts.open_session(work, account.key)
    settings = work.tools.settings
    reply = redirect(target if is_own_page(target) else "/")
    is_secure = settings.public_url.startswith("https://")
    reply.cookies.append(session_cookie(token, is_secure=is_secure, max_age_s=settings.session_hours * 3600))
    return reply


async def sign_out(work: Work, call: Call) -> Reply:
    """End the session on the server and forget the cookie."""
    await read_form(work, call)
    await accounts.close_session(work, call.request.cookies.get(COOKIE, ""))
    reply = redirect("/signin")
    reply.cookies.append(session_cookie("", is_secure=False, max_age_s=0))
    return reply


async def start(work: Work, _call: Call) -> Reply:
    """Lead each person to the page that is theirs."""
    if work.actor.person is None:
        return redirect("/signin")
    memberships = await organizations.memberships(work, work.actor.person)
    return redirect("/patients" if any(one.is_staff for one in memberships) else "/me")


def _problem(error: CareError) -> str:
    return next((text for kind, text in _PROBLEMS.items() if isinstance(error, kind)), "Please try again.")


def is_own_page(target: str) -> bool:
    """Only paths of this server: no other host, no protocol-relative address, no header trick."""
    return target.startswith("/") and "\\" not in target and not target.startswith("//") and target.isprintable()


def _form(work: Work, call: Call, target: str, email: str, problem: str, is_waiting: bool = False) -> Reply:
    values = {"target": target, "email": email, "problem": problem, "is_waiting": is_waiting}
    reply = form_page(work, call, "signin.html", values, status=401 if problem else 200)
    if target.startswith("/realms/"):
        # Browsers hold the policy against every address that the form leads on to, the client's at last.
        reply.headers["content-security-policy"] = reply.headers["content-security-policy"].replace(
            "form-action 'self'", "form-action *"
        )
    return reply


ROUTES = [
    Route("GET", "/", start, identify=identify_optional, is_documented=False),
    Route("GET", "/signin", show, identify=identify_optional, is_documented=False),
    Route("POST", "/signin", sign_in, identify=identify_optional, is_documented=False),
    Route("POST", "/signout", sign_out, identify=identify, is_documented=False),
]
