"""Signed statements (JWT, RFC 7519) that others can check with our public key."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from openward.infra.crypto import Keyring

ALGORITHM = "ES256"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256


def sign(keyring: Keyring, claims: Mapping[str, Any]) -> str:
    """The claims as a signed JWT; its header names the key (`kid`)."""
    key = _key(keyring)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, dict(claims), key, [ALGORITHM])


def sign_with(pem: str, kid: str, claims: Mapping[str, Any]) -> str:
    """The claims signed with a key that somebody else gave us (P-256, PEM) and calls `kid`."""
    return jwt.encode({"alg": ALGORITHM, "kid": kid}, dict(claims), ECKey.import_key(pem), [ALGORITHM])


def sign_rsa(pem: str, kid: str, claims: Mapping[str, Any]) -> str:
    """The claims signed by RS384 with an RSA key (PEM) that its other half calls `kid`; ValueError for a bad key."""
    try:
        return jwt.encode({"alg": "RS384", "kid": kid, "typ": "JWT"}, dict(claims), RSAKey.import_key(pem), ["RS384"])
    except JoseError:
        raise ValueError("the key cannot be used") from None


def sign_shared(secret: str, claims: Mapping[str, Any]) -> str:
    """The claims signed by HS256 with a secret that whoever reads them shares with us."""
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, dict(claims), OctKey.import_key(secret), ["HS256"])


def public_keys(keyring: Keyring) -> dict[str, Any]:
    """The JSON Web Key Set (RFC 7517) that checks what `sign` made."""
    key = _key(keyring)
    return {"keys": [key.as_dict(private=False) | {"kid": key.kid, "use": "sig", "alg": ALGORITHM}]}


def _key(keyring: Keyring) -> ECKey:
    # Derived, not kept: every process of the installation has the same key without agreeing on one. 16 bytes more than
    # the order needs make the remainder as good as evenly spread.
    number = int.from_bytes(keyring.derive("signing", 48), "big") % (_ORDER - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1())
    key = ECKey.import_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.ensure_kid()
    return key
