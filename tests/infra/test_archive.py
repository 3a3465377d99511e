"""Locked archives open with their password in other people's tools, and with no other."""

import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from zipfile import BadZipFile

import pytest
import pyzipper

from openward.infra.archive import ZipCipher, locked_zip

PASSWORD = "IK5adv2N5V-gr£9v6".encode()
AT = datetime(2026, 3, 4, 13, 14, 15, tzinfo=UTC)
LINES = [f"{number},Ada Byron\r\n".encode() for number in range(20_000)]


def archived(cipher: ZipCipher, password: bytes = PASSWORD) -> bytes:
    target = io.BytesIO()
    with locked_zip(target, "report.csv", password, cipher, AT) as entry:
        for line in LINES:
            entry.write(line)
    return target.getvalue()


def test_aes_is_ae2_with_256_bits() -> None:
    made = archived(ZipCipher.AES256)
    assert len(made) < sum(map(len, LINES)) / 3
    with pyzipper.AESZipFile(io.BytesIO(made)) as archive:
        info = archive.infolist()[0]
        assert (info.filename, info.wz_aes_version, info.wz_aes_strength, info.CRC) == ("report.csv", 2, 3, 0)
        assert archive.read("report.csv", pwd=PASSWORD) == b"".join(LINES)
        with pytest.raises(RuntimeError, match="password"):
            archive.read("report.csv", pwd=b"wrong")
    assert archived(ZipCipher.AES256) != made


def test_zipcrypto_opens_where_nothing_else_is_known() -> None:
    made = archived(ZipCipher.ZIPCRYPTO)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["report.csv"]
        assert archive.infolist()[0].flag_bits & 1
        assert archive.read("report.csv", pwd=PASSWORD) == b"".join(LINES)
        with pytest.raises(RuntimeError, match="password"):
            archive.read("report.csv")
    # One wrong password in 256 passes the check of the header; its content then fails the CRC.
    for number in range(8):
        wrong = b"wrong-%d" % number
        with zipfile.ZipFile(io.BytesIO(made)) as archive, pytest.raises((RuntimeError, BadZipFile, zlib.error)):
            archive.read("report.csv", pwd=wrong)
    assert archived(ZipCipher.ZIPCRYPTO) != made


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip here")
def test_unzip_reads_zipcrypto(tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes(archived(ZipCipher.ZIPCRYPTO, b"plain-password"))
    command = ["unzip", "-p", "-P", "plain-password", str(tmp_path / "report.zip")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"".join(LINES)
    command[3] = "another"
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_an_empty_entry_is_an_archive_too() -> None:
    for cipher in ZipCipher:
        target = io.BytesIO()
        with locked_zip(target, "report.csv", PASSWORD, cipher, AT):
            pass
        with pyzipper.AESZipFile(io.BytesIO(target.getvalue())) as archive:
            assert archive.read("report.csv", pwd=PASSWORD) == b""
