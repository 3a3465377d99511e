"""Signed statements: others can check them, and only this installation can make them."""

from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from openward.infra.crypto import Keyring
from openward.infra.signing import public_keys, sign


def test_the_public_key_checks_what_was_signed(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys")
    token = sign(keyring, {"sub": "ana"})
    shown = public_keys(keyring)
    assert jwt.decode(token, KeySet.import_key_set(shown), ["ES256"]).claims == {"sub": "ana"}
    assert "d" not in shown["keys"][0]


def test_the_key_outlives_a_rotation(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys")
    assert public_keys(keyring.rotate()) == public_keys(keyring)


def test_another_installation_signs_otherwise(tmp_path: Path) -> None:
    token = sign(Keyring.open(tmp_path / "one"), {"sub": "ana"})
    other = KeySet.import_key_set(public_keys(Keyring.open(tmp_path / "two")))
    other.keys[0].dict_value["kid"] = public_keys(Keyring.open(tmp_path / "one"))["keys"][0]["kid"]
    with pytest.raises(BadSignatureError):
        jwt.decode(token, other.keys[0], ["ES256"])
