"""`POST /auth/oauthlogin`: a program that got a token by OAuth starts a session as its user."""

from typing import Any

from openward.care import accounts
from openward.care.errors import NotAuthenticated
from openward.care.work import ActorKind, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.accounts_json import encode_user
from openward.wire.tidepool.auth import SESSION_HEADER, identify, session_token
from openward.wire.tidepool.errors import account as render

_TOLD: dict[str, Any] = {
    "summary": "Log In With OAuth Token",
    "tags": ["Sessions"],
    "description": "The bearer token of a user becomes a session token, with the rights and the end that it has.",
    "responses": {"200": {"description": "`{oauthUser, oauthTarget}`; the token is in the header"}},
    "security": [{"sessionToken": []}],
}


async def login(work: Work, call: Call) -> Reply:
    """The user, twice: who logged in, and whose data he is sent to. The token stays the same: nothing is prolonged."""
    if work.actor.kind is not ActorKind.PERSON or work.actor.person is None:
        raise NotAuthenticated("A user token is required", code="unauthorized")
    user = encode_user(await accounts.get(work, work.actor.person))
    body = {"oauthUser": user, "oauthTarget": {"userid": user["userid"]}}
    return json_reply(body, 200, {SESSION_HEADER: session_token(call) or ""})


ROUTES = [
    Route("POST", "/auth/oauthlogin", login, describe=_TOLD, identify=identify, render=render),
    Route("POST", "/oauthlogin", login, identify=identify, render=render, is_documented=False),
]
