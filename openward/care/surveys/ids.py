"""Ids of profiles, questions and answers: 24 hex digits made of what they name, so that none has to be stored.

A patient has some thirty questions; rows for them would outnumber everything else. An id holds the kind, the number
of the profile and that of the question, masked, beside five bytes that only this installation can make.
"""

import hashlib
import hmac
import re
from enum import IntEnum

from openward.care.work import Work

_HEX24 = re.compile(r"[0-9a-f]{24}", re.ASCII)


class Kind(IntEnum):
    """What an id names."""

    PROFILE = 1
    QUESTION = 2
    ANSWER = 3


class Ids:
    """Makes and reads ids; one object serves a whole request."""

    def __init__(self, work: Work) -> None:
        self._key = work.tools.keyring.derive("health-profile-id", 32)

    def encode(self, kind: Kind, profile: int, question: int = 0) -> str:
        """The id of 0 <= profile < 2**32 and 0 <= question < 2**16; OverflowError beyond."""
        plain = bytes([kind]) + question.to_bytes(2, "big") + profile.to_bytes(4, "big")
        tag = self._hash(b"tag" + plain)[:5]
        return (tag + self._masked(plain, tag)).hex()

    def decode(self, kind: Kind, text: str) -> tuple[int, int] | None:
        """Profile and question behind an id of this kind; None for anything that was not made here."""
        if not _HEX24.fullmatch(text):
            return None
        raw = bytes.fromhex(text)
        plain = self._masked(raw[5:], raw[:5])
        if not hmac.compare_digest(self._hash(b"tag" + plain)[:5], raw[:5]) or plain[0] != kind:
            return None
        return int.from_bytes(plain[3:], "big"), int.from_bytes(plain[1:3], "big")

    def _masked(self, text: bytes, tag: bytes) -> bytes:
        return bytes(one ^ other for one, other in zip(text, self._hash(b"mask" + tag), strict=False))

    def _hash(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, hashlib.sha256)
