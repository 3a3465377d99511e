"""Messages over TLS: the listener shows its certificate, and senders have to show theirs."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from openward.cli.tree.feed import tls_of
from openward.config import Settings
from openward.gateway.request import Gate
from tests.wire.hl7v2.conftest import listening, make_hospital
from tests.wire.hl7v2.sender import Sender

pytestmark = pytest.mark.anyio


class Authority:
    """Somebody who certifies, and writes key and certificate of each name to files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        own = self._made(self._name, self._key.public_key(), is_authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def certify(self, name: str) -> tuple[str, str]:
        """The files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._made(subject, key.public_key(), is_authority=False)
        cert, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(made.public_bytes(Encoding.PEM))
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(cert), str(private)

    def _made(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def client(self, name: str | None) -> ssl.SSLContext:
        """What a sender of this name brings; None brings no certificate."""
        context = ssl.create_default_context(cafile=str(self.file))
        context.check_hostname = False
        if name is not None:
            context.load_cert_chain(*self.certify(name))
        return context


async def test_senders_are_known_by_their_certificates(gate: Gate, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.certify("openward.test")
    settings = Settings(mllp_tls_cert=cert, mllp_tls_key=key, mllp_tls_client_ca=str(authority.file))
    async with listening(gate, tls_of(settings)) as place:
        hospital = await make_hospital(gate, place, certificates=("north.test",))
        async with Sender(*place, authority.client("north.test")) as sender:
            assert (await sender.send(hospital.adt())).code == "AA"
        async with Sender(*place, authority.client("south.test")) as other:
            refused = await other.send(hospital.adt("A08"))
            assert (refused.code, refused.problem) == ("AR", "204")
        for tls in (authority.client(None), None):
            with pytest.raises((OSError, StopIteration, RuntimeError)):
                await _send(Sender(*place, tls), hospital.adt("A08"))
        async with Sender(*place, authority.client("north.test")) as again:
            assert (await again.send(hospital.adt("A08", at="20260310130000"))).code == "AA"


async def _send(sender: Sender, message: bytes) -> None:
    async with sender:
        await sender.send(message)
