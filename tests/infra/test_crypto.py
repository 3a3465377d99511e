"""Sealed values stay where they belong, passwords match only themselves, ids come back only with their key."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from openward.infra import crypto
from openward.infra.crypto import IdCipher, Keyring, SealBroken

pytestmark = pytest.mark.anyio


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path / "keys")


def test_a_sealed_value_opens_in_its_place_only(keyring: Keyring) -> None:
    sealed = keyring.seal(b"refresh token", "session.token", 7)
    assert b"refresh" not in sealed
    assert keyring.unseal(sealed, "session.token", 7) == b"refresh token"
    for column, row in (("session.token", 8), ("session.other", 7)):
        with pytest.raises(SealBroken):
            keyring.unseal(sealed, column, row)


def test_a_changed_value_does_not_open(keyring: Keyring) -> None:
    sealed = keyring.seal(b"x", "c", 1)
    for changed in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", sealed[:5], b"\x09" + sealed[1:]):
        with pytest.raises(SealBroken):
            keyring.unseal(changed, "c", 1)


def test_the_keyring_is_private_and_read_again(keyring: Keyring, tmp_path: Path) -> None:
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    again = Keyring.open(tmp_path / "keys")
    assert again.unseal(keyring.seal(b"x", "c", 1), "c", 1) == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_rotation_seals_anew_and_still_opens_the_old(keyring: Keyring, tmp_path: Path) -> None:
    old = keyring.seal(b"old", "c", 1)
    rotated = keyring.rotate()
    fresh = rotated.seal(b"new", "c", 1)
    assert rotated.unseal(old, "c", 1) == b"old"
    assert rotated.is_stale(old)
    assert not rotated.is_stale(fresh)
    assert rotated.derive("x", 16) == keyring.derive("x", 16)
    assert Keyring.open(tmp_path / "keys").unseal(fresh, "c", 1) == b"new"
    with pytest.raises(SealBroken):
        keyring.unseal(fresh, "c", 1)


def test_derived_keys_differ_by_purpose(keyring: Keyring) -> None:
    assert keyring.derive("a", 32) != keyring.derive("b", 32)
    assert len(keyring.derive("a", 16)) == 16


async def test_passwords(tmp_path: Path) -> None:
    kept = await crypto.hash_password("pässword \ud800")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await crypto.verify_password(kept, "pässword \ud800")
    assert not await crypto.verify_password(kept, "password")
    assert not await crypto.verify_password("not a hash", "password")
    assert not crypto.is_weak_hash(kept)
    assert crypto.is_weak_hash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA")


async def test_an_unknown_user_costs_the_work_of_a_hash() -> None:
    kept = await crypto.hash_password("x")
    await crypto.verify_password(None, "x")

    async def seconds(hash_: str | None) -> float:
        """Work of this process, which does not grow when the machine has other work."""
        times = []
        for _ in range(5):
            start = time.process_time()
            assert not await crypto.verify_password(hash_, "wrong")
            times.append(time.process_time() - start)
        return min(times)

    assert await seconds(None) > 0.5 * await seconds(kept)


async def test_hashing_leaves_the_loop_free() -> None:
    work = asyncio.gather(*(crypto.hash_password("x") for _ in range(6)))
    turns = 0
    while not work.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 6
    assert len(set(await work)) == 6


def test_tokens_have_their_forms() -> None:
    assert len(crypto.new_token()) == 43
    assert len(crypto.new_hex(9)) == 9
    assert set(crypto.new_base36()) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert crypto.token_hash("abc").hex().startswith("ba7816bf")
    assert crypto.equal("é", "é".encode())
    assert not crypto.equal("a", "b")
    assert (
        crypto.hmac_sha256(b"key", b"The quick brown fox jumps over the lazy dog").hex().startswith("f7bc83f430538424")
    )


def test_ids_come_back_with_their_key_only() -> None:
    ids = IdCipher(bytes(range(16)))
    for pair in ((0, 0), (1, 2), (2**32 - 1, 2**64 - 1)):
        text = ids.encode(*pair)
        assert ids.decode(text) == pair
        assert IdCipher(bytes(16)).decode(text) is None
    for bad in ("", "0" * 32, "g" * 32, ids.encode(1, 2).upper(), ids.encode(1, 2) + "\n", ids.encode(1, 2)[:-1]):
        assert ids.decode(bad) is None
    with pytest.raises(OverflowError):
        ids.encode(2**32, 0)


def test_many_ids_equal_the_single_ones() -> None:
    ids = IdCipher(bytes(range(16)))
    b = np.arange(2**63, 2**63 + 100, dtype="u8")
    assert ids.encode_many(5, b) == [ids.encode(5, int(number)) for number in b]
    assert ids.encode_many([1, 2], [3, 4]) == [ids.encode(1, 3), ids.encode(2, 4)]
    assert ids.encode_many([], []) == []
