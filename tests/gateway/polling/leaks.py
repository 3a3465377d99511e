"""Looks for secrets in everything that a database dump or a log would show."""

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import asyncpg

_LEAST = 16
_RUNS = re.compile(rb"[A-Za-z0-9_+/=-]{%d,}" % _LEAST)
"""What every secret is made of, however it is written; text between such runs need not be looked at."""


async def readable(dsn: str, logs: Iterable[Path], secrets: Iterable[str]) -> set[str]:
    """Where any of the secrets can be read: tables, by their names, and logs. As it is, in base64 or in hexadecimal."""
    heads = {form[:_LEAST] for secret in secrets for form in _forms(secret)}
    found = {log.name for log in logs if _has(log.read_bytes(), heads)}
    connection = await asyncpg.connect(dsn)
    tables = await connection.fetch(
        "select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r'"
        " and nspname not in ('pg_catalog', 'information_schema')"
    )
    for schema, table in tables:
        chunks: list[bytes] = []

        async def take(chunk: bytes, chunks: list[bytes] = chunks) -> None:
            chunks.append(chunk)

        # The binary form shows what was compressed and what is bytes as the program wrote it.
        await connection.copy_from_table(table, schema_name=schema, output=take, format="binary")
        if _has(b"".join(chunks), heads):
            found.add(f"{schema}.{table}")
    await connection.close()
    return found


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    assert len(raw) >= _LEAST
    yield raw
    yield base64.b64encode(raw)
    yield raw.hex().encode()


def _has(text: bytes, heads: set[bytes]) -> bool:
    return any(
        run[begin : begin + _LEAST] in heads
        for run in map(re.Match.group, _RUNS.finditer(text))
        for begin in range(len(run) - _LEAST + 1)
    )
