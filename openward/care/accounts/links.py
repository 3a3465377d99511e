"""Links for one person (restricted tokens): random, for some paths and some time, kept hashed and sealed."""

from collections.abc import Sequence
from datetime import datetime

from openward.care import audit
from openward.care.accounts import rules, session_store
from openward.care.accounts.model import RestrictedToken
from openward.care.accounts.people import get
from openward.care.errors import NotFound
from openward.care.work import Actor, ActorKind, PersonKey, Work, new_key
from openward.infra.crypto import new_base36, token_hash
from openward.infra.db import Record

_COLUMN = "accounts.restricted_token.token_sealed"


def _link(work: Work, row: Record) -> RestrictedToken:
    token = work.tools.keyring.unseal(row["token_sealed"], _COLUMN, row["id"]).decode()
    return RestrictedToken(
        token=token,
        person=PersonKey(row["person"]),
        paths=None if row["paths"] is None else tuple(row["paths"]),
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


async def create_link(
    work: Work, person: PersonKey, paths: Sequence[str] | None = None, expires_at: datetime | None = None
) -> RestrictedToken:
    """A new link; one hour unless asked otherwise, at most 90 days. `Invalid`, `NotFound`."""
    clean, until = rules.require_link_paths(paths), rules.require_link_life(expires_at, work.now)
    await get(work, person)
    token, link = new_base36(32), new_key(work)
    sealed = work.tools.keyring.seal(token.encode(), _COLUMN, link)
    await session_store.insert_link(work, token_hash(token), sealed, link, person, clean, until)
    audit.note(work, "write", "restricted-token", person)
    return RestrictedToken(token, person, clean, work.now, work.now, until, None)


async def link(work: Work, token: str) -> RestrictedToken:
    """One link, expired or not, or `NotFound`."""
    row = await session_store.find_link(work, token_hash(token))
    if row is None:
        raise NotFound("restricted token not found")
    return _link(work, row)


async def links(work: Work, person: PersonKey, offset: int = 0, limit: int = 1000) -> list[RestrictedToken]:
    """The links of a person, newest first."""
    return [_link(work, row) for row in await session_store.links(work, person, offset, limit)]


async def change_link(
    work: Work, token: str, paths: Sequence[str] | None, expires_at: datetime | None
) -> RestrictedToken:
    """Give a link other paths and another end; None leaves either as it is."""
    kept = await link(work, token)
    clean = kept.paths if paths is None else rules.require_link_paths(paths)
    until = kept.expires_at if expires_at is None else rules.require_link_life(expires_at, work.now)
    await session_store.change_link(work, token_hash(token), clean, until)
    audit.note(work, "write", "restricted-token", kept.person)
    return await link(work, token)


async def delete_link(work: Work, token: str) -> None:
    """Remove a link; an unknown one is no error."""
    await session_store.delete_link(work, token_hash(token))


async def delete_links(work: Work, person: PersonKey, *, with_paths: Sequence[str] | None = None) -> None:
    """Remove all links of a person, or only those with exactly these paths."""
    await session_store.delete_links(work, person, with_paths)
    audit.note(work, "delete", "restricted-token", person)


def link_covers(link: RestrictedToken, path: str) -> bool:
    """Whether a link is for this path; `paths` None is for every one."""
    return rules.covers(link.paths, path)


async def link_actor(work: Work, token: str, path: str) -> Actor | None:
    """Who holds a link that is good now for this path; None otherwise. The first use is remembered."""
    hashed = token_hash(token)
    row = await session_store.find_link(work, hashed)
    if row is None or row["expires_at"] <= work.now or not rules.covers(row["paths"], path):
        return None
    if row["used_at"] is None:
        await session_store.mark_link_used(work, hashed)
    return Actor(ActorKind.LINK, PersonKey(row["person"]), None, f"link:{hashed[:4].hex()}")
