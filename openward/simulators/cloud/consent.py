"""What people do at a partner cloud in their browser: log in, allow or deny, and take back what they allowed."""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web

from openward.simulators.cloud import pages
from openward.simulators.cloud.lives import Person

if TYPE_CHECKING:
    from openward.simulators.cloud.server import Cloud

_COOKIE: Final = "partner_session"
_APPS: Final = "/apps"
_ASKED: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_MOST_SESSIONS: Final = 10_000


class Consent:
    """The pages of one cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._sessions: dict[str, Person] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """Login with consent, and the list of applications."""
        path = self._cloud.setup.login_path
        return [
            web.get(path, self._ask),
            web.post(path, self._decide),
            web.get(_APPS, self._apps),
            web.post(_APPS, self._change_apps),
        ]

    async def _ask(self, request: web.Request) -> web.Response:
        asked = _asked(request.query)
        wrong = self._wrong(asked)
        if wrong is not None:
            return wrong
        return self._next(self._known(request), asked)

    async def _decide(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        asked = _asked(form)
        wrong = self._wrong(asked)
        if wrong is not None:
            return wrong
        if "username" in form:
            found = self._logged_in(form)
            if found is None:
                return self._login(self._cloud.setup.login_path, asked, "User name or password is wrong.")
            return self._remembering(self._next(found, asked), found)
        known = self._known(request)
        if known is None:
            return self._next(None, asked)
        if form.get("decision") != "allow":
            return _back(asked, {"error": "access_denied"})
        challenge = asked.get("code_challenge")
        return _back(asked, {"code": self._cloud.grants.code(known.number, asked["redirect_uri"], challenge)})

    def _wrong(self, asked: Mapping[str, str]) -> web.Response | None:
        """Where to send the person is checked first: to an address that is not ours nobody is sent."""
        cloud = self._cloud
        if asked.get("client_id") != cloud.client[0]:
            return _page(pages.refused(cloud.setup.title, "This application is not known here."), 400)
        if asked.get("redirect_uri") not in cloud.redirect_uris:
            return _page(pages.refused(cloud.setup.title, "The redirect URL is not one of this application's."), 400)
        if asked.get("response_type") != "code":
            return _back(asked, {"error": "unsupported_response_type"})
        has_challenge = "code_challenge" in asked
        if has_challenge != (asked.get("code_challenge_method") == "S256") or (
            cloud.setup.needs_pkce and not has_challenge
        ):
            return _back(asked, {"error": "invalid_request"})
        return None

    def _next(self, known: Person | None, asked: Mapping[str, str]) -> web.Response:
        setup = self._cloud.setup
        if known is None:
            return self._login(setup.login_path, asked)
        return _page(pages.consent(setup.title, self._cloud.client[0], known.name, setup.login_path, asked))

    def _login(self, action: str, hidden: Mapping[str, str], fault: str = "") -> web.Response:
        return _page(pages.login(self._cloud.setup.title, action, hidden, fault))

    def _logged_in(self, form: Mapping[str, str]) -> Person | None:
        found = self._cloud.person_by_login(form.get("username", "").strip())
        is_right = secrets.compare_digest(form.get("password", "").encode(), self._cloud.password.encode())
        return found if is_right else None

    def _known(self, request: web.Request) -> Person | None:
        return self._sessions.get(request.cookies.get(_COOKIE, ""))

    def _remembering(self, response: web.Response, found: Person) -> web.Response:
        if len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        name = secrets.token_urlsafe(24)
        self._sessions[name] = found
        response.set_cookie(_COOKIE, name, httponly=True, samesite="Lax")
        return response

    async def _apps(self, request: web.Request) -> web.Response:
        known = self._known(request)
        return self._login(_APPS, {}) if known is None else self._list(known)

    async def _change_apps(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if "username" in form:
            found = self._logged_in(form)
            if found is None:
                return self._login(_APPS, {}, "User name or password is wrong.")
            return self._remembering(self._list(found), found)
        known = self._known(request)
        if known is None:
            return self._login(_APPS, {})
        if form.get("decision") == "revoke":
            self._cloud.grants.revoke_person(known.number)
        return self._list(known)

    def _list(self, known: Person) -> web.Response:
        is_granted = self._cloud.grants.is_granted(known.number)
        title, app = self._cloud.setup.title, self._cloud.client[0]
        return _page(pages.apps(title, app, known.name, _APPS, is_granted=is_granted))


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in _ASKED if name in given}


def _back(asked: Mapping[str, str], answer: Mapping[str, str]) -> web.Response:
    """Back to the application (RFC 6749, 4.1.2)."""
    uri = asked["redirect_uri"]
    query = {**answer, **({"state": asked["state"]} if "state" in asked else {})}
    location = uri + ("&" if "?" in uri else "?") + urlencode(query)
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


def _page(html: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=html, content_type="text/html", headers={"Cache-Control": "no-store"})
