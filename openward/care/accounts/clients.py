"""OAuth clients of organizations and the tokens they get: client credentials and refresh, scoped to groups."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from openward.care.accounts import client_store as store
from openward.care.accounts.client_store import Client
from openward.care.errors import Conflict, NotAuthenticated
from openward.care.identity import hex24
from openward.care.work import Actor, ActorKind, OrganizationKey, Work
from openward.infra.crypto import hash_password, new_token, token_hash, verify_password

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)
WHOLE = "organization"
"""The scope of a client that may see all of its organization; others see the groups that the actor lists."""
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class ClientTokens:
    """What a client is given: `id` names the pair, `expires_in_s` is the life of the access token."""

    id: str
    access: str
    refresh: str
    expires_in_s: int


async def put_client(
    work: Work,
    organization: OrganizationKey,
    client_id: str,
    name: str,
    *,
    secret: str | None = None,
    groups: Sequence[UUID] | None = None,
    is_rotated: bool = False,
) -> str | None:
    """Make or change a client; its secret as far as it is known: the given or a new one, None for one made earlier.

    groups: None is the whole organization. `Conflict` when the client id is another organization's.
    """
    found = await store.lock(work, client_id)
    if found is not None and found.organization != organization:
        raise Conflict("this client id belongs to another organization")
    if secret is None and (found is None or is_rotated):
        secret = new_token(_SECRET_BYTES)
    if found is None:
        hashed = await hash_password(secret or "")
        await store.insert(work, Client(client_id, organization, name, hashed, _sorted(groups)))
        return secret
    hashed = found.secret
    if secret is not None and not await verify_password(found.secret, secret):
        hashed = await hash_password(secret)
    after = Client(client_id, organization, name, hashed, _sorted(groups))
    if after != found:
        await store.update(work, after)
    return secret


async def clients(work: Work, organization: OrganizationKey) -> list[Client]:
    """The clients of an organization, by name."""
    return await store.of_organization(work, organization)


async def remove_client(work: Work, organization: OrganizationKey, client_id: str) -> bool:
    """Take a client and its tokens away; whether there was one."""
    return await store.delete(work, organization, client_id)


async def grant_client_tokens(work: Work, client_id: str, secret: str) -> tuple[ClientTokens, Actor]:
    """Tokens for a client that shows its secret; `NotAuthenticated` for an unknown id and a wrong secret alike."""
    client = await store.get(work, client_id)
    if not await verify_password(client.secret if client else None, secret) or client is None:
        raise NotAuthenticated("the client or its secret is wrong")
    tokens = _new(work)
    await store.insert_tokens(work, client_id, tokens.id, *_hashes(tokens), *_ends(work))
    return tokens, _actor(client, tokens.id)


async def refresh_client_tokens(
    work: Work, client_id: str, refresh: str, secret: str | None
) -> tuple[ClientTokens, Actor]:
    """A new pair in place of one, which stops working; of two who come at once with it, one gets the new pair.

    `NotAuthenticated` for a pair that is not good, or another client's, or when a secret is sent that is wrong.
    """
    client = await store.get(work, client_id)
    if secret is not None and not await verify_password(client.secret if client else None, secret):
        client = None
    tokens = _new(work)
    if client is None or not await store.replace_tokens(
        work, client_id, token_hash(refresh), tokens.id, *_hashes(tokens), *_ends(work)
    ):
        raise NotAuthenticated("the client or its refresh token is wrong")
    return tokens, _actor(client, tokens.id)


async def by_client_token(work: Work, access: str) -> tuple[Actor, str]:
    """Who holds this access token, a program of one organization, and the id of its pair; `NotAuthenticated`."""
    found = await store.by_access(work, token_hash(access)) if access else None
    if found is None:
        raise NotAuthenticated("the token is not good")
    client, name = found
    return _actor(client, name), name


def _actor(client: Client, token: str) -> Actor:
    return Actor(
        ActorKind.CLIENT,
        organization=client.organization,
        credential=f"client:{client.client_id[:64]}:{token[-6:]}",
        scopes=frozenset({WHOLE}) if client.groups is None else frozenset(),
        groups=client.groups or (),
    )


def _new(work: Work) -> ClientTokens:
    return ClientTokens(hex24(work.now), str(uuid4()), str(uuid4()), int(ACCESS_LIFE.total_seconds()))


def _hashes(tokens: ClientTokens) -> tuple[bytes, bytes]:
    return token_hash(tokens.access), token_hash(tokens.refresh)


def _ends(work: Work) -> tuple[datetime, datetime]:
    return work.now + ACCESS_LIFE, work.now + REFRESH_LIFE


def _sorted(groups: Collection[UUID] | None) -> tuple[UUID, ...] | None:
    return None if groups is None else tuple(sorted(set(groups)))
