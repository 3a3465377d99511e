"""Where the way to a partner cloud ends: connected, or not. Whoever came by a mailed link may have no password yet."""

from urllib.parse import urlencode

from openward.care import connections
from openward.care.errors import NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_page, identify_optional
from openward.wire.web.my_connections import PATH
from openward.wire.web.viewer import viewer

_UNFINISHED = " Your account waits for you: set it up, and you see your data yourself."


async def authorized(work: Work, call: Call) -> Reply:
    """The data are on their way."""
    title = _title(work, call)
    text = f"New data from {title} arrive by themselves from now on. The first may take a few minutes."
    return await _page(work, call, f"{title} is connected", text, ("/me", "See my data"))


async def declined(work: Work, call: Call) -> Reply:
    """Nothing was changed, and the link is still good."""
    title = _title(work, call)
    text = (
        f"You did not let us fetch data from {title}, so nothing was changed. You may connect it later: by the link in "
        "your mail as long as it is good, or from your own page."
    )
    return await _page(work, call, f"{title} is not connected", text, (PATH, "My connections"))


def _title(work: Work, call: Call) -> str:
    code = connections.known_partners(work).get(call.path["provider"])
    if code is None:
        raise NotFound("there is no such partner")
    return code.title


async def _page(work: Work, call: Call, title: str, text: str, link: tuple[str, str]) -> Reply:
    """With the next step: the rest of a sign-up for somebody who was sent here with its key, else his own page."""
    head = None if work.actor.person is None else await viewer(work, call)
    key = call.query.get("signupKey")
    if key:
        text += _UNFINISHED
        link = (f"/signup/confirm?{urlencode({'key': key})}", "Set up your account")
    elif head is None:
        link = ("/signin", "Sign in")
    return form_page(work, call, "done.html", {"viewer": head, "title": title, "text": text, "link": link})


ROUTES = [
    Route("GET", "/oauth/{provider}/authorized", authorized, identify=identify_optional, is_documented=False),
    Route("GET", "/oauth/{provider}/declined", declined, identify=identify_optional, is_documented=False),
]
