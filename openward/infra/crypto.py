"""Secrets: sealed columns, password hashes, random tokens, and ids that cannot be guessed."""

import base64
import functools
import hashlib
import hmac
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any, Self

import numpy as np
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import ArrayLike

from openward.infra.threads import Threads

NONCE_BYTES = 12
KEY_BYTES = 32
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class SealBroken(Exception):
    """A sealed value that was changed, moved to another row or column, or sealed with a key we do not have."""


class Keyring:
    """The keys of one installation, kept in a file that only its owner may read.

    The file is JSON: `{"keys": {"1": base64, ...}}`. New values are sealed with the highest number; the older keys
    stay to open what they sealed. Key 1 also is the root of `derive`, so derived keys outlive a rotation.
    """

    def __init__(self, keys: dict[int, bytes], path: Path) -> None:
        """Hold these keys; use `open` to read or make the file."""
        self._keys = keys
        self._path = path
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._current = max(keys)
        self._derived: dict[tuple[str, int], bytes] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the keyring file, making it with one fresh key on first use; several processes may come at once."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_keys(path, {1: secrets.token_bytes(KEY_BYTES)}, only_if_missing=True)
        kept = json.loads(path.read_text())["keys"]
        return cls({int(number): base64.b64decode(key) for number, key in kept.items()}, path)

    def rotate(self) -> Self:
        """Add a new key to the file and return the keyring that seals with it; at most 255 keys fit."""
        keys = {**self._keys, self._current + 1: secrets.token_bytes(KEY_BYTES)}
        if max(keys) > 255:
            raise ValueError("a keyring holds at most 255 keys")
        _write_keys(self._path, keys, only_if_missing=False)
        return type(self)(keys, self._path)

    def seal(self, plain: bytes, column: str, row: object) -> bytes:
        """Encrypt a value for one place: `column` such as `connections.session.token`, `row` the key of the row.

        The result is the key's number (1 byte), the nonce (12) and the AES-256-GCM text with its tag (16 more).
        """
        nonce = os.urandom(NONCE_BYTES)
        text = self._ciphers[self._current].encrypt(nonce, plain, _place(column, row))
        return bytes([self._current]) + nonce + text

    def unseal(self, sealed: bytes, column: str, row: object) -> bytes:
        """Open what `seal` made for the same column and row; raises SealBroken otherwise."""
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise SealBroken("sealed with an unknown key")
        try:
            return cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], _place(column, row))
        except (InvalidTag, ValueError):
            raise SealBroken("the sealed value does not belong here or was changed") from None

    def is_stale(self, sealed: bytes) -> bool:
        """Whether a value was sealed with an older key and should be sealed again."""
        return sealed[:1] != bytes([self._current])

    def derive(self, purpose: str, size: int) -> bytes:
        """A key of `size` bytes for one purpose, always the same one in this installation (HKDF-SHA256)."""
        known = self._derived.get((purpose, size))
        if known is None:
            kdf = HKDF(algorithm=hashes.SHA256(), length=size, salt=b"openward", info=purpose.encode())
            known = self._derived[purpose, size] = kdf.derive(self._keys[1])
        return known


def _place(column: str, row: object) -> bytes:
    return f"{column}\0{row}".encode()


def _write_keys(path: Path, keys: dict[int, bytes], *, only_if_missing: bool) -> None:
    content = json.dumps({"keys": {str(number): base64.b64encode(key).decode() for number, key in keys.items()}})
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        if only_if_missing:
            # A hard link appears whole or not at all and fails when another process was faster, whose keys then count.
            os.link(fresh, path)
        else:
            fresh.replace(path)
    except FileExistsError:
        return
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# OWASP's first choice for Argon2id. Two threads cap memory and keep a burst of logins from taking every core.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_HASH_THREADS = Threads(2, "password")


def _password_bytes(password: str) -> bytes:
    # A lone surrogate is bad input elsewhere; here it must only not match, and never raise.
    return password.encode("utf-8", "surrogatepass")


@functools.cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_bytes(32))


def _verify(kept: str | None, password: str) -> bool:
    try:
        matches = _HASHER.verify(kept or _nobodys_hash(), _password_bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept is not None


async def hash_password(password: str) -> str:
    """The Argon2id hash to keep, about 20 ms of work off the event loop."""
    return await _HASH_THREADS.run(_HASHER.hash, _password_bytes(password))


async def verify_password(kept: str | None, password: str) -> bool:
    """Whether the password matches the kept hash; None (no such user) takes just as long and is False."""
    return await _HASH_THREADS.run(_verify, kept, password)


def is_weak_hash(kept: str) -> bool:
    """Whether a kept hash was made with other parameters and should be made again at the next login."""
    try:
        return _HASHER.check_needs_rehash(kept)
    except InvalidHashError:
        return True


def new_token(size_bytes: int = 32) -> str:
    """A random token of letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(size_bytes)


def new_hex(length: int = 32) -> str:
    """A random token of lower-case hexadecimal digits."""
    return secrets.token_hex((length + 1) // 2)[:length]


def new_base36(length: int = 32) -> str:
    """A random token of lower-case letters and digits."""
    return "".join(secrets.choice(BASE36) for _ in range(length))


def token_hash(token: str) -> bytes:
    """What is kept of a token: its SHA-256, enough because tokens are random and long."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def equal(one: str | bytes, other: str | bytes) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    left, right = (
        value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value for value in (one, other)
    )
    return hmac.compare_digest(left, right)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The HMAC-SHA-256 of a message, 32 bytes."""
    return hmac.digest(key, message, "sha256")


_BLOCK = np.dtype([("a", ">u4"), ("b", ">u8"), ("check", ">u4")])
_ID_SHAPE = re.compile(r"[0-9a-f]{32}\Z")


class IdCipher:
    """Turns pairs of numbers into 32 hexadecimal digits that look random, and back; nothing is stored.

    One AES-128 block holds `a` (32 bits), `b` (64 bits) and 32 zero bits; those come out wrong for all but one in
    four thousand million ids that were not made with this key.
    """

    def __init__(self, key: bytes) -> None:
        """key: 16 bytes that never change, for ids live as long as the data."""
        if len(key) != 16:
            raise ValueError("the key of an IdCipher has 16 bytes")
        # A single block under a secret key is a permutation; there is no longer text whose patterns ECB could show.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
        self._encrypt = self._cipher.encryptor().update
        self._decrypt = self._cipher.decryptor().update

    def encode(self, a: int, b: int) -> str:
        """The id of 0 <= a < 2**32 and 0 <= b < 2**64; OverflowError beyond."""
        return self._encrypt(a.to_bytes(4, "big") + b.to_bytes(8, "big") + b"\0\0\0\0").hex()

    def decode(self, text: str) -> tuple[int, int] | None:
        """The pair behind an id, or None for anything that `encode` with this key did not make."""
        if not _ID_SHAPE.match(text):
            return None
        block = self._decrypt(bytes.fromhex(text))
        if block[12:] != b"\0\0\0\0":
            return None
        return int.from_bytes(block[:4], "big"), int.from_bytes(block[4:12], "big")

    def encode_many(self, a: ArrayLike, b: ArrayLike) -> list[str]:
        """The ids of many pairs in one go; either side may be one number for all."""
        left, right = np.broadcast_arrays(np.asarray(a, dtype="u4"), np.asarray(b, dtype="u8"))
        blocks: np.ndarray[Any, Any] = np.zeros(left.size, dtype=_BLOCK)
        blocks["a"] = left.ravel()
        blocks["b"] = right.ravel()
        text = self._cipher.encryptor().update(blocks.tobytes()).hex()
        return [text[start : start + 32] for start in range(0, len(text), 32)]
