"""Making an account, confirming its address with the key from a mail, and claiming one that a clinic has made."""

from openward.care import accounts
from openward.care.accounts import ConfirmationStatus, ConfirmationType
from openward.care.errors import CareError, Conflict, Invalid, NotFound, TooMany
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_page, identify_optional, read_form

_ROLES = ("patient", "clinician")
_PASSWORD = "A password has 8 to 72 characters and no blanks."  # noqa: S105 -- a sentence about passwords
_CLAIM_PROBLEMS = {
    "1002": "Please choose a password.",
    "1003": _PASSWORD,
    "1004": "Please enter your date of birth.",
    "1005": "Please enter your date of birth as year, month and day, for example 1984-03-05.",
    "1006": "This is not the date of birth that your care team knows. Please check it, or ask them.",
}


async def show(work: Work, call: Call) -> Reply:
    """The form to make an account; mails lead here with the address filled in."""
    return _form(work, call, {"email": call.query.get("email", ""), "name": "", "role": "patient"}, "")


async def sign_up(work: Work, call: Call) -> Reply:
    """Make the account and mail the key."""
    fields = await read_form(work, call)
    kept = {"email": fields.get("email", "").strip(), "name": fields.get("name", "").strip()[:200]}
    role = fields.get("role", "")
    kept["role"] = role if role in _ROLES else "patient"
    if not kept["name"]:
        return _form(work, call, kept, "Please tell us your name.")
    try:
        account = await accounts.create(
            work,
            email=kept["email"],
            password=fields.get("password", ""),
            roles=[kept["role"]],
            full_name=kept["name"],
        )
        await accounts.request_signup(work, account.key)
    except Conflict:
        return _form(work, call, kept, "There is an account with this address already: sign in, or reset the password.")
    except Invalid as error:
        problem = _PASSWORD if error.code == "password-invalid" else "Please check the e-mail address."
        return _form(work, call, kept, problem)
    return _sent(work, call)


def _form(work: Work, call: Call, fields: dict[str, str], problem: str) -> Reply:
    return form_page(work, call, "signup.html", {**fields, "problem": problem}, status=400 if problem else 200)


def _sent(work: Work, call: Call) -> Reply:
    values = {
        "title": "Look into your mailbox",
        "text": "If this address waits for a confirmation, we have sent it a mail. Open the link in it to go on.",
        "link": (),
    }
    return form_page(work, call, "done.html", values)


async def resend(work: Work, call: Call) -> Reply:
    """Mail the key once more; the answer is the same for every address, so that nobody can ask who has an account."""
    fields = await read_form(work, call)
    try:
        await accounts.resend_signup(work, fields.get("email", "").strip())
    except (NotFound, TooMany, Invalid):
        return _sent(work, call)
    return _sent(work, call)


async def open_link(work: Work, call: Call) -> Reply:
    """Opening the link confirms an account that has a password; one that a clinic has made asks for it first."""
    key = call.query.get("key", "")
    found = await accounts.confirmation_status(work, key) if key else None
    if found is None or found.type is not ConfirmationType.SIGNUP or found.person is None:
        return _no_longer(work, call)
    if found.status is ConfirmationStatus.COMPLETED:
        return _ready(work, call)
    try:
        account = await accounts.get(work, found.person)
        if not found.is_open(work.now) or account.email != found.email:
            return _no_longer(work, call)
        if not account.has_password:
            return _claim_form(work, call, key, found.email, "", "")
        await accounts.accept_signup(work, key, None)
    except CareError:
        return _no_longer(work, call)
    return _ready(work, call)


async def claim(work: Work, call: Call) -> Reply:
    """Take the birthday and the password of somebody whose account a clinic has made."""
    fields = await read_form(work, call)
    key, birthday = fields.get("key", ""), fields.get("birthday", "").strip()
    found = await accounts.confirmation_status(work, key) if key else None
    if found is not None and found.type is ConfirmationType.SIGNUP and found.status is ConfirmationStatus.COMPLETED:
        return _ready(work, call)
    try:
        await accounts.accept_signup(work, key, {"password": fields.get("password", ""), "birthday": birthday})
    except Conflict as error:
        problem = _CLAIM_PROBLEMS.get(error.code, "Please check what you entered.")
        return _claim_form(work, call, key, found.email if found else "", birthday, problem)
    except NotFound:
        return _no_longer(work, call)
    return _ready(work, call)


def _claim_form(work: Work, call: Call, key: str, email: str, birthday: str, problem: str) -> Reply:
    values = {"key": key, "email": email, "birthday": birthday, "problem": problem}
    return form_page(work, call, "claim.html", values, status=400 if problem else 200)


def _ready(work: Work, call: Call) -> Reply:
    values = {
        "title": "Your account is ready",
        "text": "Your e-mail address is confirmed. You can sign in with it and your password.",
        "link": ("/signin", "Sign in"),
    }
    return form_page(work, call, "done.html", values)


def _no_longer(work: Work, call: Call) -> Reply:
    return form_page(work, call, "link_gone.html", {"kind": "signup"}, status=404)


ROUTES = [
    Route("GET", "/signup", show, identify=identify_optional, is_documented=False),
    Route("POST", "/signup", sign_up, identify=identify_optional, is_documented=False),
    Route("POST", "/signup/resend", resend, identify=identify_optional, is_documented=False),
    Route("GET", "/signup/confirm", open_link, identify=identify_optional, is_documented=False),
    Route("POST", "/signup/confirm", claim, identify=identify_optional, is_documented=False),
]
