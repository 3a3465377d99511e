"""A zip archive with one entry that a password locks, written piece by piece in bounded memory.

AES-256 (WinZip's AE-2) by default; the old ZipCrypto for tools that know nothing else. No well-kept library writes the
latter, hence the few lines here, after section 6.1 of the published format (APPNOTE). It is weak: anybody who knows
twelve bytes of the content opens it.
"""

import io
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

import pyzipper
from pyzipper.zipfile_aes import BaseZipEncrypter

_CRC = [zlib.crc32(bytes([byte ^ 0xFF])) ^ 0xFF000000 for byte in range(256)]  # the table behind CRC-32
_HEADER_BYTES = 12


class ZipCipher(StrEnum):
    """How an entry is locked."""

    AES256 = "aes256"
    ZIPCRYPTO = "zipcrypto"


@contextmanager
def locked_zip(target: IO[bytes], entry: str, password: bytes, cipher: ZipCipher, at: datetime) -> Iterator[IO[bytes]]:
    """Write an archive with this entry to `target`; what is yielded takes the content of the entry.

    at: what the entry says of its age, local to whoever reads it.
    """
    info: Any = pyzipper.zipfile_aes.AESZipInfo(entry, date_time=at.timetuple()[:6])
    info.compress_type = pyzipper.ZIP_DEFLATED
    if cipher is ZipCipher.AES256:
        archive = pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES)
    else:
        archive = _OldZipFile(_Forward(target), "w", encryption="ZipCrypto")
    with archive:
        archive.setpassword(password)
        with archive.open(info, "w", force_zip64=True) as content:
            yield content


class _Forward(io.RawIOBase):
    """A stream that cannot go back: the entry then is checked by its time, as its CRC is not known when it begins."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self._target = target

    def writable(self) -> bool:
        """It takes bytes."""
        return True

    def seekable(self) -> bool:
        """And never goes back."""
        return False

    def write(self, data: Any) -> int:
        """Pass them on."""
        return self._target.write(data)


class _OldZipFile(pyzipper.AESZipFile):  # type: ignore[misc] # the library has no types
    def get_encrypter(self) -> "_ZipCrypto":
        return _ZipCrypto(self.pwd)


class _ZipCrypto(BaseZipEncrypter):  # type: ignore[misc] # the library has no types
    """Three 32-bit keys that roll on with each byte of the content."""

    def __init__(self, password: bytes) -> None:
        self._keys = 0x12345678, 0x23456789, 0x34567890
        self._check = 0
        self._run(password)

    def update_zipinfo(self, zipinfo: Any) -> None:
        """The library asks for the header next: its last byte must be the high one of the entry's time."""
        _, _, _, hour, minute, second = zipinfo.date_time
        self._check = (hour << 11 | minute << 5 | second // 2) >> 8

    def finalize_zipinfo(self, zipinfo: Any) -> None:
        """Nothing is left to say at the end."""

    def encryption_header(self) -> bytes:
        """Random bytes, so that equal contents differ, and the byte by which a wrong password shows."""
        return self._run(secrets.token_bytes(_HEADER_BYTES - 1) + bytes([self._check]))

    def encrypt(self, data: bytes) -> bytes:
        """The next bytes, locked."""
        return self._run(data)

    def _run(self, plain: bytes) -> bytes:
        """Lock bytes; passing a password through sets the keys, whatever comes out."""
        first, second, third = self._keys
        table = _CRC
        locked = bytearray(len(plain))
        for place, byte in enumerate(plain):
            mask = third | 2
            locked[place] = byte ^ (mask * (mask ^ 1) >> 8 & 0xFF)
            first = first >> 8 ^ table[(first ^ byte) & 0xFF]
            second = ((second + (first & 0xFF)) * 0x08088405 + 1) & 0xFFFFFFFF
            third = third >> 8 ^ table[(third ^ second >> 24) & 0xFF]
        self._keys = first, second, third
        return bytes(locked)
