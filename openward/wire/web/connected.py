"""Where the way to a partner cloud ends: connected, or not; in the small window that opened it or on its own."""

from urllib.parse import urlencode

from openward.care import connections
from openward.care.errors import NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_page, identify_optional


async def authorized(work: Work, call: Call) -> Reply:
    """The data are on their way."""
    title = _title(work, call)
    text = f"New data from {title} arrive by themselves from now on. The first may take a few minutes."
    return _page(work, call, f"{title} is connected", text)


async def declined(work: Work, call: Call) -> Reply:
    """Nothing was changed."""
    title = _title(work, call)
    text = f"You did not let us fetch data from {title}, so nothing was changed. You may connect it later."
    return _page(work, call, f"{title} is not connected", text)


def _title(work: Work, call: Call) -> str:
    code = connections.known_partners(work).get(call.path["provider"])
    if code is None:
        raise NotFound("there is no such partner")
    return code.title


def _page(work: Work, call: Call, title: str, text: str) -> Reply:
    """With the next step: the rest of a sign-up for somebody who was sent here with its key, else his own page."""
    key = call.query.get("signupKey")
    if key:
        link = (f"/signup/confirm?{urlencode({'key': key})}", "Set up your account")
    else:
        link = ("/me", "Go to your page") if work.actor.person is not None else ("/signin", "Sign in")
    return form_page(work, call, "done.html", {"title": title, "text": text, "link": link})


ROUTES = [
    Route("GET", "/oauth/{provider}/authorized", authorized, identify=identify_optional, is_documented=False),
    Route("GET", "/oauth/{provider}/declined", declined, identify=identify_optional, is_documented=False),
]
