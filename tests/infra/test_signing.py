"""Signed statements: others can check them, and only this installation can make them."""

from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from openward.infra.crypto import Keyring
from openward.infra.signing import public_keys, sign


def test_the_public_key_checks_what_was_signed(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys")
    token = sign(keyring, {"sub": "ana"})
    shown: Any = public_keys(keyring)
    assert jwt.decode(token, KeySet.import_key_set(shown), ["ES256"]).claims == {"sub": "ana"}
    assert "d" not in shown["keys"][0]


def test_the_key_outlives_a_rotation(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys")
    assert public_keys(keyring.rotate()) == public_keys(keyring)


def test_another_installation_signs_otherwise(tmp_path: Path) -> None:
    token = sign(Keyring.open(tmp_path / "one"), {"sub": "ana"})
    shown: Any = public_keys(Keyring.open(tmp_path / "two"))
    with pytest.raises(BadSignatureError):
        jwt.decode(token, KeySet.import_key_set(shown).keys[0], ["ES256"])
