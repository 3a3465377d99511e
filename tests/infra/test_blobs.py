"""Blobs are written whole or not at all, and found by their content."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from openward.infra.blobs import BlobMissing, Blobs, BlobTooLarge

pytestmark = pytest.mark.anyio


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_round_trip_in_chunks(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    blob = await blobs.write(pieces(b"ab", b"", b"cde"), limit_bytes=5)
    assert blob.key == hashlib.sha256(b"abcde").hexdigest()
    assert blob.size_bytes == await blobs.size_bytes(blob.key) == 5
    assert [chunk async for chunk in blobs.read(blob.key, 2)] == [b"ab", b"cd", b"e"]
    (path,) = files(tmp_path)
    assert path == tmp_path / "blobs" / blob.key[:2] / blob.key
    assert path.stat().st_mode & 0o777 == 0o600


async def test_too_large_or_broken_off_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with pytest.raises(BlobTooLarge):
        await blobs.write(pieces(b"abc", b"def"), limit_bytes=5)

    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.write(broken(), limit_bytes=5)
    assert files(tmp_path) == []


async def test_equal_content_written_at_once_is_kept_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    kept = await asyncio.gather(*(blobs.write(b"same", limit_bytes=9) for _ in range(8)))
    assert len(set(kept)) == len(files(tmp_path)) == 1
    assert await blobs.read_all(kept[0].key) == b"same"


async def test_delete_and_missing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blob = await blobs.write(b"", limit_bytes=0)
    await blobs.delete(blob.key)
    await blobs.delete(blob.key)
    with pytest.raises(BlobMissing):
        await blobs.size_bytes(blob.key)
    for key in (blob.key, "../../etc/passwd", ""):
        with pytest.raises(BlobMissing):
            await blobs.read_all(key)


async def test_old_files_are_listed(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    assert await blobs.older_than(timedelta(0)) == []
    old, fresh = await blobs.write(b"old", limit_bytes=5), await blobs.write(b"fresh", limit_bytes=5)
    os.utime(tmp_path / "blobs" / old.key[:2] / old.key, (1, 1))
    assert await blobs.older_than(timedelta(hours=1)) == [old.key]
    assert set(await blobs.older_than(timedelta(seconds=-5))) == {old.key, fresh.key}
