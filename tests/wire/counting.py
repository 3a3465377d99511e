"""Counts the statements that a call costs."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest


async def statements(monkeypatch: pytest.MonkeyPatch, call: Callable[[], Awaitable[Any]]) -> tuple[int, Any]:
    """How many statements a call takes, and its answer; the first call only warms what is kept."""
    seen: list[str] = []
    inner = asyncpg.connection.Connection._execute

    async def counting(self: Any, query: str, *given: Any, **kept: Any) -> Any:
        seen.append(query)
        return await inner(self, query, *given, **kept)

    await call()
    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.connection.Connection, "_execute", counting)
        answer = await call()
    assert answer.status_code == 200, answer.text
    return len(seen), answer.json()
