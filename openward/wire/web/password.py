"""A forgotten password: asking for the mail, and choosing a new one with the key from it."""

from openward.care import accounts
from openward.care.accounts import ConfirmationType
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_page, identify_optional, read_form


async def ask(work: Work, call: Call) -> Reply:
    """The form for the address."""
    return form_page(work, call, "forgot.html", {"email": call.query.get("email", ""), "problem": ""})


async def send(work: Work, call: Call) -> Reply:
    """Send the mail; the answer is the same for every address, so that nobody can ask who has an account."""
    fields = await read_form(work, call)
    email = fields.get("email", "").strip()
    try:
        await accounts.request_reset(work, email)
    except Invalid:
        problem = {"email": email, "problem": "Please check the e-mail address."}
        return form_page(work, call, "forgot.html", problem, status=400)
    values: dict[str, object] = {
        "title": "Look into your mailbox",
        "text": "We have sent a mail to this address. The link in it lets you choose a new password.",
        "link": (),
    }
    return form_page(work, call, "done.html", values)


async def show(work: Work, call: Call) -> Reply:
    """The form for the new password, for whoever has a good key."""
    return await _form(work, call, call.query.get("key", ""), "")


async def reset(work: Work, call: Call) -> Reply:
    """Set the new password and end all sessions of the account."""
    fields = await read_form(work, call)
    key = fields.get("key", "")
    found = await accounts.confirmation_status(work, key) if key else None
    try:
        await accounts.accept_reset(work, key, found.email if found else "", fields.get("password", ""))
    except Invalid:
        return await _form(work, call, key, "A password has 8 to 72 characters and no blanks.")
    except NotFound:
        return form_page(work, call, "link_gone.html", {"kind": "reset"}, status=404)
    values = {
        "title": "Your password is changed",
        "text": "All devices were signed out. Sign in with the new password.",
        "link": ("/signin", "Sign in"),
    }
    return form_page(work, call, "done.html", values)


async def _form(work: Work, call: Call, key: str, problem: str) -> Reply:
    found = await accounts.confirmation_status(work, key) if key else None
    if found is None or found.type is not ConfirmationType.RESET or not found.is_open(work.now):
        return form_page(work, call, "link_gone.html", {"kind": "reset"}, status=404)
    values = {"key": key, "email": found.email, "problem": problem}
    return form_page(work, call, "reset.html", values, status=400 if problem else 200)


ROUTES = [
    Route("GET", "/forgot", ask, identify=identify_optional, is_documented=False),
    Route("POST", "/forgot", send, identify=identify_optional, is_documented=False),
    # Mails link to the longer address; the short one is for typing.
    Route("GET", "/password/reset", show, identify=identify_optional, is_documented=False),
    Route("POST", "/password/reset", reset, identify=identify_optional, is_documented=False),
    Route("GET", "/reset", show, identify=identify_optional, is_documented=False),
]
