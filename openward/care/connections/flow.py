"""The way to a partner and back: the link that lets somebody in, the state he carries, and what comes of his consent.

A state is a nonce and an HMAC over partner, link and nonce, with a key of the server; the verifier of the code is made
of the same three with another key, so nothing has to be kept for a way that most begin and some never end.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from openward.care import accounts
from openward.care.accounts import RestrictedToken
from openward.care.connections import session_store
from openward.care.connections.model import Token
from openward.care.connections.partners import PartnerSetup, partner
from openward.care.connections.requests import path_of
from openward.care.connections.revoking import revoke_later
from openward.care.connections.sessions import close_sessions, open_session
from openward.care.errors import Invalid, NotAuthenticated, NotFound
from openward.care.work import PersonKey, Work
from openward.infra.crypto import equal, hmac_sha256, token_hash

_NONCE_BYTES = 16
_NONCE_LENGTH = 2 * _NONCE_BYTES


class LinkSpent(NotAuthenticated):
    """The link has led to a connection already, or another one has taken its place."""


class LinkExpired(NotAuthenticated):
    """The link was good once."""


class StateWrong(Invalid):
    """The answer does not belong to a question that we asked this browser to carry."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody came back from a partner with a code: all that is needed to turn it into a session.

    verifier: None where the partner does not check it; redirect_uri: the very address that was asked for.
    """

    setup: PartnerSetup
    person: PersonKey
    link: str = field(repr=False)
    link_ends_at: datetime
    code: str = field(repr=False)
    verifier: str | None = field(repr=False)
    redirect_uri: str


async def open_link(work: Work, provider: str, token: str) -> RestrictedToken:
    """A link that is good for connecting this partner now; `LinkSpent`, `LinkExpired`."""
    try:
        found = await accounts.link(work, token)
    except NotFound:
        raise LinkSpent("the link was already used") from None
    if not accounts.link_covers(found, f"{path_of(provider)}/authorize"):
        raise LinkSpent("the link is for something else")
    if found.expires_at <= work.now:
        raise LinkExpired("the link has expired")
    return found


def redirect_uri(work: Work, provider: str) -> str:
    """Where the partner sends people back to; registered there to the letter."""
    return f"{work.tools.settings.public_url}{path_of(provider)}/redirect"


def accept_url(work: Work, setup: PartnerSetup, link: str | None) -> str | None:
    """The page of ours where somebody agrees first, with where it sends him on: to the partner, or to the end of it.

    link: what lets him in; None to let go of the partner. None where there is no such page.
    """
    page = setup.policy.accept_url
    if page is None:
        return None
    given = {"accept": "revoke"} if link is None else {"restricted_token": link, "accept": "authorize"}
    back = f"{work.tools.settings.public_url}{path_of(setup.name)}/authorize?{urlencode(given)}"
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'return_url': back})}"


def login_url(work: Work, setup: PartnerSetup, link: RestrictedToken) -> str:
    """Where to send somebody for his consent."""
    is_plain = setup.policy.cookie_disabled
    nonce = "" if is_plain else work.token_bytes(_NONCE_BYTES).hex()
    query = {
        "client_id": setup.client_id,
        "redirect_uri": redirect_uri(work, setup.name),
        "response_type": "code",
        "scope": " ".join(setup.code.oauth.scopes),
        "state": link.token if is_plain else nonce + _mac(work, "oauth-state", setup.name, link.token, nonce).hex(),
    }
    if setup.code.oauth.uses_pkce:
        challenge = _url64(token_hash(_verifier(work, setup.name, link.token, nonce)))
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{setup.base_url}{setup.policy.login_path}?{urlencode(query)}"


def check_state(work: Work, provider: str, token: str, state: str) -> str:
    """The nonce of a state that we made for this partner and this link; `StateWrong`."""
    nonce, mac = state[:_NONCE_LENGTH], state[_NONCE_LENGTH:]
    if not equal(mac, _mac(work, "oauth-state", provider, token, nonce).hex()):
        raise StateWrong("the state is not ours")
    return nonce


async def take_code(work: Work, provider: str, token: str, state: str, code: str) -> Consent:
    """Take a code that came back, once: the same state a second time is `LinkSpent`. `StateWrong`, `LinkExpired`."""
    setup = await partner(work, provider)
    link = await open_link(work, provider, token)
    is_plain = setup.policy.cookie_disabled
    nonce = "" if is_plain else check_state(work, provider, token, state)
    # A link that is its own state is good for another try after a code that failed, but not for the same code.
    mark = f"{state}\0{code}" if is_plain else state
    if not await session_store.spend(work, [token_hash(mark)], link.expires_at):
        raise LinkSpent("the answer was taken already")
    verifier = _verifier(work, provider, token, nonce) if setup.code.oauth.uses_pkce else None
    return Consent(setup, link.person, token, link.expires_at, code, verifier, redirect_uri(work, provider))


async def connect(work: Work, consent: Consent, token: Token) -> None:
    """Begin the session that somebody consented to, in the place of any he had; the link has done its work then.

    `LinkSpent` when it had led to a connection meanwhile, `NotFound` when the account has gone: the token of neither
    is kept, and the caller commits all the same so that the partner is told.
    """
    provider = consent.setup.name
    await session_store.lock_person(work, consent.person)
    found = await accounts.get_many(work, [consent.person])
    is_first = await session_store.spend(work, [token_hash(consent.link)], consent.link_ends_at)
    if consent.person not in found or not is_first:
        await revoke_later(work, provider, token)
        raise LinkSpent("the link was already used") if found else NotFound("the account is gone")
    # What is replaced is not revoked: at some partners that would end the new consent as well.
    await close_sessions(work, consent.person, provider, revoke=False)
    await open_session(work, consent.person, provider, token)
    await accounts.delete_link(work, consent.link)


def _verifier(work: Work, provider: str, token: str, nonce: str) -> str:
    return _url64(_mac(work, "oauth-verifier", provider, token, nonce))


def _mac(work: Work, purpose: str, provider: str, token: str, nonce: str) -> bytes:
    return hmac_sha256(work.tools.keyring.derive(purpose, 32), "\0".join((provider, token, nonce)).encode())


def _url64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
