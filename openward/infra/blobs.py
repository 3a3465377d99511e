"""Keep one file: named by the SHA-256 of its content, written whole or not at all."""

import asyncio
import hashlib
import math
import os
import re
import secrets
import time
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

CHUNK_BYTES = 256 * 1024
_KEY_SHAPE = re.compile(r"[0-9a-f]{64}\Z")


class BlobTooLarge(Exception):
    """More bytes came than the caller allows."""


class BlobMissing(Exception):
    """There is no blob of this key."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A kept file: its key (64 hexadecimal digits, the SHA-256) and its size."""

    key: str
    size_bytes: int


class Blobs:
    """Files in one folder, spread over 256 folders so that none grows too long.

    Equal content is kept once, so whoever deletes must know that no other row names the key.
    """

    def __init__(self, folder: Path) -> None:
        """Keep files below this folder, which is made on first use."""
        self._folder = folder

    async def write(self, content: bytes | AsyncIterable[bytes], *, limit_bytes: int) -> Blob:
        """Keep a content and return its key once it is safe on disk; BlobTooLarge leaves nothing behind."""
        arriving = self._folder / "arriving"
        await asyncio.to_thread(_make_folder, arriving)
        fresh = arriving / secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                async for chunk in _chunks(content):
                    size += len(chunk)
                    if size > limit_bytes:
                        raise BlobTooLarge(f"more than {limit_bytes} bytes")
                    await asyncio.to_thread(file.write, chunk)
                    digest.update(chunk)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            key = digest.hexdigest()
            await asyncio.to_thread(self._settle, fresh, self._path(key))
        finally:
            fresh.unlink(missing_ok=True)
        return Blob(key, size)

    async def read(self, key: str, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
        """The content in chunks; BlobMissing comes before the first one."""
        file = await asyncio.to_thread(self._open, key)
        try:
            while chunk := await asyncio.to_thread(os.read, file, chunk_bytes):
                yield chunk
        finally:
            os.close(file)

    async def read_all(self, key: str) -> bytes:
        """The whole content, for files known to be small."""
        return b"".join([chunk async for chunk in self.read(key)])

    async def size_bytes(self, key: str) -> int:
        """The size of a kept file; BlobMissing if there is none."""
        try:
            return (await asyncio.to_thread(self._path(key).stat)).st_size
        except FileNotFoundError:
            raise BlobMissing(key) from None

    async def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error, since jobs may run twice."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def older_than(self, age: timedelta) -> list[str]:
        """Keys of the files that were kept longer ago than this, in no order; for sweeping those that nothing names."""
        return await asyncio.to_thread(self._older_than, time.time() - age.total_seconds())

    def _older_than(self, before: float) -> list[str]:
        paths = (path for path in self._folder.glob("??/*") if _KEY_SHAPE.match(path.name))
        return [path.name for path in paths if _made(path) < before]

    def _path(self, key: str) -> Path:
        # Checking the shape also keeps every path inside the folder.
        if not _KEY_SHAPE.match(key):
            raise BlobMissing("not the key of a blob")
        return self._folder / key[:2] / key

    def _open(self, key: str) -> int:
        try:
            return os.open(self._path(key), os.O_RDONLY)
        except FileNotFoundError:
            raise BlobMissing(key) from None

    def _settle(self, fresh: Path, final: Path) -> None:
        _make_folder(final.parent)
        fresh.rename(final)
        # Without these a power cut could lose the name of a file whose content is safe.
        for folder in (final.parent, self._folder):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _made(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else was faster
        return math.inf


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _chunks(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for chunk in content:
        yield chunk
