"""What a browser shows on the way to a partner and back: short pages that need nothing from anywhere else."""

import base64
import hashlib
from html import escape
from typing import Final

from litestar.datastructures import Cookie

from openward.care.connections import LinkExpired, LinkSpent, StateWrong
from openward.care.errors import CareError, Invalid, NotFound, Unavailable
from openward.gateway.call import Call
from openward.gateway.request import Unforeseen
from openward.gateway.wiring import Reply
from openward.wire.tidepool.errors import status_of

_STYLE: Final = (
    ":root{color-scheme:light dark;--ink:#17202b;--paper:#f7f6f2;--card:#fff;--line:#e1ddd3;--go:#00594c}"
    "@media(prefers-color-scheme:dark)"
    "{:root{--ink:#eceff2;--paper:#0e1318;--card:#151c23;--line:#28323d;--go:#62d2b8}}"
    "body{margin:0;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:var(--ink);"
    "background:var(--paper)}"
    "main{max-width:32rem;margin:12vh auto;padding:2rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.7rem}h1{font-size:1.5rem;line-height:1.2;margin:0 0 .8rem}p{margin:0}a{color:var(--go)}"
)
# The address with the code must not stay in the history, hence `replace`.
_MOVE: Final = 'location.replace(document.getElementById("next").href)'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_MOVE)}; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}

_SPENT = (
    "This link was already used",
    "A link connects an account once, and a newer one takes the place of an older. To connect again, start from your "
    "account page, or ask your clinic for a new link.",
)
_EXPIRED = (
    "This link has expired",
    "It was good for a limited time. Start again from your account page, or ask your clinic for a new link.",
)
_UNKNOWN = ("This page does not exist", "We do not know a service of this name.")
_FOREIGN = (
    "That did not work",
    "The answer does not belong to the window in which you began. Nothing was changed. Please open the link again.",
)
_FAILED = ("That did not work", "The service did not let us in. Nothing was changed. Please open the link again.")
_TROUBLE = ("That did not work", "Something went wrong on our side. Nothing was changed. Please try again later.")


class ConsentFailed(Unavailable):
    """The partner would not give us a token for the code, or sent somebody back with an error of its own."""


def cookie_name(provider: str) -> str:
    """What the cookie is called that says which link began the way to this partner."""
    return f"org.tidepool.provider.oauth.{provider}"


def cookie(provider: str, value: str, *, max_age_s: int, is_secure: bool) -> Cookie:
    """That cookie, for the paths of this partner only. `lax`: the partner's page sends the browser back to us."""
    return Cookie(
        cookie_name(provider),
        value=value,
        path=f"/v1/oauth/{provider}",
        max_age=max_age_s,
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )


def moved(target: str, cookies: list[Cookie]) -> Reply:
    """A page that takes the browser on, in place of this one; `target` is one of our own paths."""
    where = escape(target, quote=True)
    body = f'<p><a id="next" href="{where}">Go on</a></p><script>{_MOVE}</script>'
    head = f'<noscript><meta http-equiv="refresh" content="0;url={where}"></noscript>'
    return _page(200, "One moment", body, cookies, head)


def refused(error: CareError, call: Call) -> Reply:
    """What went wrong, in words for whoever looks at it; nothing of the address is repeated."""
    title, text = _words(error)
    status = 400 if isinstance(error, ConsentFailed) else status_of(error)
    provider = call.path.get("provider", "")
    # Whoever was on the way back begins anew: what the cookie stands for has been looked at.
    is_back = call.url_path.endswith("/redirect") and cookie_name(provider) in call.request.cookies
    cookies = [cookie(provider, "", max_age_s=0, is_secure=False)] if is_back else []
    return _page(status, title, f"<p>{escape(text)}</p>", cookies)


def _words(error: CareError) -> tuple[str, str]:
    for kinds, words in (
        (LinkSpent, _SPENT),
        (LinkExpired, _EXPIRED),
        (StateWrong, _FOREIGN),
        (NotFound, _UNKNOWN),
        (ConsentFailed, _FAILED),
        (Unforeseen, _TROUBLE),
        (Invalid, _FOREIGN),
    ):
        if isinstance(error, kinds):
            return words
    return _TROUBLE


def _page(status: int, title: str, body: str, cookies: list[Cookie], head: str = "") -> Reply:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{head}</head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return Reply(status, html.encode(), "text/html", dict(_HEADERS), cookies)
