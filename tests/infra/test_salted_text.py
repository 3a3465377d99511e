"""The published vectors, byte for byte, with our own code and with `openssl`; what is not such a text."""

import base64
import shutil
import subprocess
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openward.infra.salted_text import TextBroken, decrypt, derive, encrypt

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


class Vector(NamedTuple):
    secret: str
    salt: str
    iv: str
    key: str
    plain: str
    text: str


VECTORS = {
    "sample": Vector(
        "some secret",
        "062cd728bf4be044",
        "62e8532b9a9736d38299bb9a1ccab9b4",
        "9ce81749e3511c4f03cb3f5aa2b2dbf2fd71dba7349554c7834c4538cf587d0b",
        '{"visit":"12345","user":"1234"}',
        "BizXKL9L4EQ=YuhTK5qXNtOCmbuaHMq5tA==DUPdvDCZPiSUf0Jumt/Mr/wVWv+mr6Vzj5LnKUQtTPc=",
    ),
    "link": Vector(
        "openward-demo-secret",
        "0001020304050607",
        "101112131415161718191a1b1c1d1e1f",
        "14fb32cab0e03aa9517a4da9758b9df60148645216fa81db7bccf360966e1d8b",
        '{"user":"dr.bob","type":"provider","visit":"V-1001","date":1735732800,"patient":{"id":"P-77","sex":"female",'
        '"dob":"1983-08-15","firstName":"Ada","lastName":"Byron"}}',
        "AAECAwQFBgc=EBESExQVFhcYGRobHB0eHw==w92VsLqMaUVWLS+2/1R7/IOC3pmnOVbLVGsiLoh/nEb2jWeOMCD7kJLFT9Rcrae6v5axNzRh"
        "+X3EMuGtGOlma7QGk83jvDU0C5+lJQznF/LNn4eYIf+IKLc2WZQix3imkryJ43ICuo93TGZ1Uq11IoSoHKBxhjwzr9mYVqsnScOLnPpqCiS8"
        "86EtuCIUFi9YQcnaEvpf+7CzGj9WwVSwxXY/37E6ichbj7ceO7FpSPk=",
    ),
    "webhook": Vector(
        "39VNjjSpgoUWMbUhVCjAoQ==",
        "08090a0b0c0d0e0f",
        "202122232425262728292a2b2c2d2e2f",
        "94ec9a90ff50aa0ccd787dfa0ffc66ca0640b19eaf6b3d90c5f704574f512cbc",
        '{"event":"appointment:scheduled","data":{"appointmentId":1}}',
        "CAkKCwwNDg8=ICEiIyQlJicoKSorLC0uLw==5caZ0p/GMieseUPRmYfg/M2iF2k13ocZ+aDo4Lj1cLsSu1sP7XFpAF6HXh2LjGhbTE0hX/I2"
        "gSBPE1F454Bydg==",
    ),
}
KEY_ONLY = ("some secret", "7ADD846A66F25916", "3D98C78B0F2C8D27A6B0294A7F04B8484C2890D09B1AF98D4E6E7044DA1EF6DF")


@pytest.fixture(params=sorted(VECTORS))
def vector(request: pytest.FixtureRequest) -> Vector:
    return VECTORS[request.param]


def test_a_published_text_is_read_and_written_byte_for_byte(vector: Vector) -> None:
    salt, iv = bytes.fromhex(vector.salt), bytes.fromhex(vector.iv)
    assert derive(vector.secret, salt).hex() == vector.key
    assert decrypt(vector.secret, vector.text).decode() == vector.plain
    assert encrypt(vector.secret, vector.plain.encode(), salt=salt, iv=iv) == vector.text


def test_the_key_is_one_round_over_secret_and_raw_salt() -> None:
    secret, salt, key = KEY_ONLY
    assert derive(secret, bytes.fromhex(salt)).hex().upper() == key


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *arguments], input=given, capture_output=True, check=True).stdout


@needs_openssl
def test_openssl_reads_and_writes_the_published_texts(vector: Vector) -> None:
    cipher = base64.b64decode(vector.text[36:])
    fixed = ("enc", "-aes-256-cbc", "-K", vector.key, "-iv", vector.iv)
    assert openssl(*fixed, "-d", given=cipher).decode() == vector.plain
    assert openssl(*fixed, given=vector.plain.encode()) == cipher


@needs_openssl
def test_openssl_derives_the_same_key_and_reads_what_we_write() -> None:
    secret, salt, key = KEY_ONLY
    shown = openssl("enc", "-aes-256-cbc", "-md", "sha256", "-k", secret, "-S", salt, "-P").decode()
    assert f"key={key}" in shown.splitlines()
    text = encrypt(secret, "grüße".encode())
    parts = base64.b64decode(text[:12]), base64.b64decode(text[12:36]), base64.b64decode(text[36:])
    told = ("-K", derive(secret, parts[0]).hex(), "-iv", parts[1].hex())
    assert openssl("enc", "-d", "-aes-256-cbc", *told, given=parts[2]).decode() == "grüße"


@given(st.binary(max_size=100), st.text(min_size=1, max_size=40))
def test_what_was_written_is_read_and_no_two_texts_are_alike(plain: bytes, secret: str) -> None:
    text = encrypt(secret, plain)
    assert decrypt(secret, text) == plain
    assert text[12:36] != encrypt(secret, plain)[12:36]


WEBHOOK = VECTORS["webhook"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        WEBHOOK.text[:59],
        WEBHOOK.text[:-4],
        WEBHOOK.text[:36] + WEBHOOK.text[40:],
        WEBHOOK.text.replace("=", "", 1),
        "*" + WEBHOOK.text[1:],
        WEBHOOK.text + "\n",
        WEBHOOK.text.replace("+", " "),
        "é" * 80,
    ],
    ids=["empty", "short", "no-last-block", "half-block", "shifted", "letter", "newline", "blank", "not-ascii"],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(TextBroken):
        decrypt(WEBHOOK.secret, text)


def test_another_secret_is_refused() -> None:
    with pytest.raises(TextBroken):
        decrypt("some secret", VECTORS["webhook"].text)
