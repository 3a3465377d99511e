"""OpenID Connect: ID tokens, the keys that check them, and the document that tells clients where everything is."""

from typing import Any

from openward.care import accounts
from openward.care.errors import NotFound
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.infra.signing import ALGORITHM, public_keys, sign
from openward.wire.tidepool.auth import identify_nobody
from openward.wire.tidepool.errors import account as render

REALM = "openward"
SCOPES = ("openid", "email")
_LIFE_S = 600


def issuer(work: Work) -> str:
    """Who makes the statements: the address of the realm."""
    return f"{work.tools.settings.public_url}/realms/{REALM}"


def require_realm(call: Call) -> None:
    """There is one realm; `NotFound` for all others."""
    if call.path["realm"] != REALM:
        raise NotFound("Realm does not exist")


async def id_token(
    work: Work, person: PersonKey, client_id: str, *, has_email: bool = False, nonce: str | None = None
) -> str:
    """A signed statement for a client about who the person is; the subject is the user id."""
    account = await accounts.get(work, person)
    issued = int(work.now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(work),
        "sub": account.user_id,
        "aud": client_id,
        "azp": client_id,
        "typ": "ID",
        "iat": issued,
        "exp": issued + _LIFE_S,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if has_email and account.email is not None:
        claims |= {"email": account.email, "email_verified": account.is_email_verified}
    return sign(work.tools.keyring, claims)


async def keys(work: Work, call: Call) -> Reply:
    """The public keys."""
    require_realm(call)
    return json_reply(public_keys(work.tools.keyring))


async def discovery(work: Work, call: Call) -> Reply:
    """Where clients find what, and what is supported."""
    require_realm(call)
    here = f"{issuer(work)}/protocol/openid-connect"
    return json_reply(
        {
            "issuer": issuer(work),
            "authorization_endpoint": f"{here}/auth",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/certs",
            "grant_types_supported": ["authorization_code", "client_credentials", "password", "refresh_token"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": list(SCOPES),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


def _told(summary: str, meaning: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Authentication"],
        "description": meaning,
        "responses": {"200": {"description": meaning}, "404": {"description": "No such realm"}},
        "security": [],
    }


ROUTES = [
    Route(
        "GET",
        "/realms/{realm}/protocol/openid-connect/certs",
        keys,
        describe=_told("Public Keys", "The JSON Web Key Set that checks ID tokens."),
        identify=identify_nobody,
        render=render,
        needs_database=False,
    ),
    Route(
        "GET",
        "/realms/{realm}/.well-known/openid-configuration",
        discovery,
        describe=_told("OpenID Configuration", "Endpoints and what they support."),
        identify=identify_nobody,
        render=render,
        needs_database=False,
    ),
]
