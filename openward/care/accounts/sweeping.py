"""Removing what ended: sessions, links, old tries and old keys."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from openward.care.accounts import client_store, confirmation_store, oauth_store, session_store
from openward.care.work import Work

# A little history helps to explain to people why a link of last week no longer works.
KEEP = timedelta(days=30)


async def sweep(work: Work, _data: Mapping[str, Any]) -> None:
    """The daily job."""
    await session_store.sweep(work, work.now - timedelta(days=1))
    await session_store.sweep_links(work, work.now - KEEP)
    await oauth_store.sweep(work, work.now - timedelta(days=1))
    await client_store.sweep(work, work.now - timedelta(days=1))
    await confirmation_store.sweep(work, work.now - KEEP)
