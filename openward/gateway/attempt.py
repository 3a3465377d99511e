"""Trying one thing inside a request that goes on when it is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openward.care.work import Work


@asynccontextmanager
async def attempt(work: Work) -> AsyncIterator[None]:
    """What is done inside is kept whole or not at all: an error passes on, without its events, jobs and notes.

    A page that shows the form again after a refusal still answers with a commit, which must not keep half a change.
    """
    kept = len(work.recorded), len(work.audited), len(work.tasks)
    try:
        async with work.tx.transaction():
            yield
    except BaseException:
        del work.recorded[kept[0] :], work.audited[kept[1] :], work.tasks[kept[2] :]
        raise
