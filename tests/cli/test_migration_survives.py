"""A migration whose server is killed in the middle goes on where it was, and everybody is moved exactly once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from openward.care import accounts, organizations, roster, transfers
from openward.care.transfers import Outcome, Progress, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.cli.act import acting
from openward.cli.tree.database import opened
from openward.config import Settings
from tests.care.transfers.test_migration import COMPLETE
from tests.cli.running import Running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

PEOPLE = 150
T = TypeVar("T")


def ask(folder: Path, do: Callable[[Work], Awaitable[T]]) -> T:
    """Do something in a transaction on the installation, as a command does."""
    settings = Settings(data_dir=folder)

    async def go(dsn: str) -> T:
        async with acting(settings, dsn, "test") as work:
            return await do(work)

    with opened(settings) as dsn:
        return asyncio.run(go(dsn))


async def begin(work: Work) -> tuple[PersonKey, OrganizationKey]:
    account = await accounts.create(work, email="old@example.org", roles=["clinic"], full_name="Dr Old")
    for number in range(PEOPLE):
        sharer = await accounts.create(work, email=f"sharer{number}@example.org", full_name=f"Sharer {number}")
        await accounts.set_grant(work, sharer.key, account.key, ["view", "upload"])
    place = await transfers.enable(work, account.key)
    await organizations.update(work, place.key, COMPLETE)
    await transfers.trigger(work, place.key, is_attested=True)
    return account.key, place.key


def test_killed_in_the_middle(tmp_path: Path) -> None:
    folder = tmp_path / "installation"
    server = Running("serve", folder, "--port", "0", "--processes", "1")
    started = [server]
    try:
        server.ready()
        account, place = ask(folder, begin)

        async def progress(work: Work) -> tuple[Status, Progress]:
            (found,) = await transfers.migrations(work, place)
            return found.status, (await transfers.progress(work, [found]))[account]

        until(lambda: ask(folder, progress)[1].done >= 15, 60)
        server.kill_all()
        # Without workers first, so that the state in the middle can be looked at.
        started.append(Running("serve", folder, "--port", "0", "--processes", "1", "--no-jobs"))
        started[-1].ready()
        status, far = ask(folder, progress)
        assert status is Status.RUNNING
        assert 15 <= far.done < far.total == PEOPLE
        started.append(Running("work", folder))
        until(lambda: ask(folder, progress)[0] is Status.COMPLETED, 90)

        async def look(work: Work) -> dict[str, Any]:
            mails = "select count(*) n, count(distinct recipient) people from notices.message where template = $1"
            return {
                "enrolled": await work.tx.fetchval(
                    "select count(*) from patients.enrolment where organization = $1 and is_migrated", place
                ),
                "listed": (await roster.find(work, place, roster.Query())).total,
                "mailed": tuple(await work.tx.fetchrow(mails, "patient_migrated")),
                "told": tuple(await work.tx.fetchrow(mails, "migration_completed")),
                "left": await accounts.grants(work, grantee=account),
                "outcomes": (await transfers.progress(work, await transfers.migrations(work, place)))[account].outcomes,
            }

        assert ask(folder, look) == {
            "enrolled": PEOPLE,
            "listed": PEOPLE,
            "mailed": (PEOPLE, PEOPLE),
            "told": (1, 1),
            "left": [],
            "outcomes": {Outcome.MOVED: PEOPLE},
        }
    finally:
        for one in started:
            if one.process.poll() is None:
                one.kill_all()
