"""Session tokens: opened at login, renewed before they end, closed at logout; kept as hashes only."""

from datetime import timedelta
from uuid import UUID

from openward.care.accounts import many_store, session_store, store
from openward.care.accounts.model import Session, Tokens
from openward.care.errors import NotAuthenticated
from openward.care.work import Actor, ActorKind, PersonKey, Work, new_key
from openward.infra.crypto import equal, hash_password, new_token, token_hash, verify_password

SERVICE_LIFE = timedelta(hours=24)
LONG_TERM_LIFE = timedelta(days=30)
# Requests that were on their way when a client renewed its token still carry the old one.
RENEWAL_GRACE = timedelta(minutes=5)
OAUTH_ACCESS_LIFE = timedelta(minutes=10)
OAUTH_PROGRAM_LIFE = timedelta(hours=1)


async def open_session(
    work: Work,
    key: PersonKey | None,
    *,
    life: timedelta | None = None,
    name: str = "",
    family: UUID | None = None,
    purpose: str = "access",
    identity_provider: str = "",
) -> str:
    """Open a session and return its token, which is shown this once. No `key`: a service of this `name`.

    `life` is the setting `session_hours` for people and a day for services unless given.
    """
    if life is None:
        life = SERVICE_LIFE if key is None else timedelta(hours=work.tools.settings.session_hours)
    token = new_token(32)
    await session_store.insert(
        work,
        token_hash(token),
        purpose=purpose,
        person=key,
        name=name,
        family=family or new_key(work),
        identity_provider=identity_provider,
        expires_at=work.now + life,
    )
    if key is not None and purpose == "access":
        await many_store.note_access(work, key)
    return token


async def session(work: Work, token: str) -> Actor | None:
    """Who holds this token; None if it is not, or no longer, good. One indexed read."""
    hashed = token_hash(token)
    row = await session_store.find(work, hashed, "access")
    if row is None:
        return None
    # A few digits of the hash name the credential in the audit and cannot be used as one.
    credential = f"session:{hashed[:4].hex()}"
    if row["person"] is None:
        return Actor(ActorKind.SERVICE, credential=f"service:{row['name'][:64]}:{hashed[:4].hex()}")
    return Actor(ActorKind.PERSON, PersonKey(row["person"]), None, credential, row["identity_provider"])


async def describe_session(work: Work, token: str) -> Session | None:
    """What is behind a token, for callers that check one; None if it is not good."""
    row = await session_store.find(work, token_hash(token), "access")
    if row is None:
        return None
    person = None if row["person"] is None else PersonKey(row["person"])
    return Session(person, row["name"], row["identity_provider"], row["expires_at"])


async def renew_session(work: Work, token: str) -> tuple[str, Session]:
    """A new token in place of this one, which stays good for a short grace. `NotAuthenticated` if it is not good."""
    hashed = token_hash(token)
    row = await session_store.find(work, hashed, "access")
    if row is None:
        raise NotAuthenticated("session token is invalid or expired")
    person = None if row["person"] is None else PersonKey(row["person"])
    await _stay_open(work, person, hashed, "access")
    provider = row["identity_provider"]
    fresh = await open_session(work, person, name=row["name"], family=row["family"], identity_provider=provider)
    await session_store.shorten(work, hashed, work.now + RENEWAL_GRACE)
    opened = await describe_session(work, fresh)
    if opened is None:
        raise NotAuthenticated("session token is invalid or expired")
    return fresh, opened


async def _stay_open(work: Work, person: PersonKey | None, hashed: bytes, purpose: str) -> None:
    """Hold the account and look again: a password that is changed at this moment ends what is renewed, too."""
    if person is None:
        return
    if await store.lock(work, person) is None or await session_store.find(work, hashed, purpose) is None:
        raise NotAuthenticated("session token is invalid or expired")


async def close_session(work: Work, token: str) -> None:
    """Log out: this token and all that it was renewed from or into end; an unknown one is no error."""
    await session_store.end_family(work, token_hash(token))


async def put_oauth_client(work: Work, client_id: str, secret: str, name: str, person: PersonKey) -> None:
    """Make an OAuth client whose own user is `person`, or give it another secret and name."""
    await store.put_client(work, client_id, await hash_password(secret), name, person)


async def oauth_client_user(work: Work, client_id: str) -> PersonKey | None:
    """The own user of an OAuth client, or None for an unknown client."""
    row = await store.client(work, client_id)
    return PersonKey(row["person"]) if row else None


async def check_oauth_client(work: Work, client_id: str, secret: str) -> PersonKey:
    """The own user of a client that proved itself; `NotAuthenticated` otherwise, in the same time."""
    row = await store.client(work, client_id)
    if not await verify_password(row["secret"] if row else None, secret) or row is None:
        raise NotAuthenticated("Invalid client credentials", code="invalid_client")
    return PersonKey(row["person"])


async def oauth_tokens(work: Work, person: PersonKey, client_id: str, *, is_program: bool = False) -> Tokens:
    """Tokens for a person who came through a client, or for the client itself (`is_program`, no refresh token)."""
    return await _tokens(work, person, client_id, new_key(work), is_program=is_program)


async def tokens_in(work: Work, person: PersonKey, client_id: str, family: UUID) -> Tokens:
    """Tokens for a person who came through a client, which end together with all others of their family."""
    return await _tokens(work, person, client_id, family, is_program=False)


async def _tokens(work: Work, person: PersonKey, client_id: str, family: UUID, *, is_program: bool) -> Tokens:
    life = OAUTH_PROGRAM_LIFE if is_program else OAUTH_ACCESS_LIFE
    access = await open_session(work, person, life=life, name=client_id, family=family)
    if is_program:
        return Tokens(access, int(life.total_seconds()))
    refresh = await open_session(work, person, name=client_id, family=family, purpose="refresh")
    return Tokens(access, int(life.total_seconds()), refresh, work.tools.settings.session_hours * 3600)


async def redeem_refresh_token(work: Work, token: str, client_id: str) -> tuple[PersonKey, Tokens]:
    """Whose it is and new tokens for a refresh token of this client; the old one is good for a short grace only."""
    hashed = token_hash(token)
    row = await session_store.find(work, hashed, "refresh")
    if row is None or not equal(row["name"], client_id):
        raise NotAuthenticated("Invalid refresh token", code="invalid_grant")
    person = PersonKey(row["person"])
    await _stay_open(work, person, hashed, "refresh")
    await session_store.shorten(work, hashed, work.now + RENEWAL_GRACE)
    return person, await _tokens(work, person, client_id, row["family"], is_program=False)
