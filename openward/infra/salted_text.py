"""Encrypted text for others: AES-256-CBC under a key of one SHA-256 round, with salt and IV before it, all in base64.

    base64(salt, 8 bytes)  base64(IV, 16 bytes)  base64(ciphertext, PKCS#7)      12 + 24 + the rest characters
    key = SHA-256(secret as UTF-8 || salt)

The form is the other side's. CBC alone does not show who wrote a text, so whoever reads one checks strictly what it
says, and does not tell in which step it failed.
"""

import base64
import binascii
import hashlib
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

SALT_BYTES = 8
IV_BYTES = 16
SHORTEST = 60
"""Salt, IV and one block."""
_BLOCK_BYTES = 16
_SALT_END = 12
_IV_END = 36


class TextBroken(Exception):
    """Not such a text, or made with another secret; which of both is not said."""


def derive(secret: str, salt: bytes) -> bytes:
    """The key, 32 bytes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass") + salt).digest()


def encrypt(secret: str, plain: bytes, *, salt: bytes | None = None, iv: bytes | None = None) -> str:
    """The text of `plain`; salt (8 bytes) and IV (16 bytes) are random unless given."""
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    iv = os.urandom(IV_BYTES) if iv is None else iv
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    cipher = Cipher(algorithms.AES(derive(secret, salt)), modes.CBC(iv)).encryptor()
    text = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    return "".join(base64.b64encode(part).decode() for part in (salt, iv, text))


def decrypt(secret: str, text: str) -> bytes:
    """What `encrypt` was given; `TextBroken` for anything else."""
    return decrypt_parts(secret, split(text))


def split(text: str) -> tuple[bytes, bytes, bytes]:
    """Salt, IV and ciphertext; `TextBroken` when the text has another layout."""
    if len(text) < SHORTEST:
        raise TextBroken
    try:
        salt, iv, cipher = (
            base64.b64decode(part, validate=True)
            for part in (text[:_SALT_END], text[_SALT_END:_IV_END], text[_IV_END:])
        )
    except (binascii.Error, ValueError):
        raise TextBroken from None
    if len(salt) != SALT_BYTES or len(iv) != IV_BYTES or not cipher or len(cipher) % _BLOCK_BYTES:
        raise TextBroken
    return salt, iv, cipher


def decrypt_parts(secret: str, parts: tuple[bytes, bytes, bytes]) -> bytes:
    """`decrypt` of a text that was split already, for trying several secrets."""
    salt, iv, text = parts
    cipher = Cipher(algorithms.AES(derive(secret, salt)), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BYTES * 8).unpadder()
    try:
        return unpadder.update(cipher.update(text) + cipher.finalize()) + unpadder.finalize()
    except ValueError:
        raise TextBroken from None
