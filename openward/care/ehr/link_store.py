"""The SQL of links with record systems: `ehr.link`. What it holds is sealed before it comes here."""

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
