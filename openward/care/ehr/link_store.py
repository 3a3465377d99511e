"""The SQL of links with record systems: `ehr.link`, `ehr.redox_token`. All they hold is sealed before it comes here."""

from datetime import datetime

from openward.care.ehr.settings import Provider
from openward.care.work import Work


async def get(work: Work, provider: Provider) -> bytes | None:
    """The sealed link, None when there is none."""
    found: bytes | None = await work.tx.fetchval("select sealed from ehr.link where provider = $1", provider)
    return found


async def put(work: Work, provider: Provider, sealed: bytes) -> None:
    """Replace the link."""
    await work.tx.execute(
        "insert into ehr.link (provider, sealed, modified_at) values ($1, $2, $3)"
        " on conflict (provider) do update set sealed = excluded.sealed, modified_at = excluded.modified_at",
        provider,
        sealed,
        work.now,
    )


async def token(work: Work, link: bytes, until: datetime) -> bytes | None:
    """The sealed token of a link with Redox, if it is good until then."""
    found: bytes | None = await work.tx.fetchval(
        "select sealed from ehr.redox_token where link = $1 and expires_at > $2", link, until
    )
    return found


async def put_token(work: Work, link: bytes, sealed: bytes, expires_at: datetime) -> None:
    """Keep the newest token of a link; those of former links go."""
    await work.tx.execute("delete from ehr.redox_token where link <> $1", link)
    await work.tx.execute(
        "insert into ehr.redox_token (link, sealed, expires_at) values ($1, $2, $3)"
        " on conflict (link) do update set sealed = excluded.sealed, expires_at = excluded.expires_at",
        link,
        sealed,
        expires_at,
    )
