"""The SQL that gives what hangs on one account to another, when two patients turn out to be one."""

from openward.care.accounts import store
from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """What was shared, links to reports and documents go over as far as the other has none; the account is buried."""
    for mine, other in (("owner", "grantee"), ("grantee", "owner")):
        await work.tx.execute(
            f"update accounts.sharing g set {mine} = $2 where {mine} = $1 and {other} <> $2"  # noqa: S608 -- constants
            f" and not exists (select from accounts.sharing k where k.{mine} = $2 and k.{other} = g.{other})",
            gone,
            kept,
        )
    await work.tx.execute("update accounts.restricted_token set person = $2 where person = $1", gone, kept)
    await work.tx.execute(
        "update accounts.document g set person = $2 where g.person = $1 and not exists ("
        "select from accounts.document k where k.person = $2 and k.collection = g.collection)",
        gone,
        kept,
    )
    await work.tx.execute("delete from accounts.oauth_code where person = $1", gone)
    await store.bury(work, gone)
    # Whoever was invited, or invited somebody, under the one goes on as the other; sign-ups ended with the account.
    await work.tx.execute("update accounts.confirmation set person = $2 where person = $1", gone, kept)
    await work.tx.execute(
        "update accounts.confirmation g set creator = $2 where g.creator = $1"
        " and not (g.status = 'pending' and exists (select from accounts.confirmation k"
        " where k.creator = $2 and k.type = g.type and k.status = 'pending'))",
        gone,
        kept,
    )
    await work.tx.execute(
        "update accounts.confirmation set creator = $2, status = 'canceled', modified_at = $3 where creator = $1",
        gone,
        kept,
        work.now,
    )
