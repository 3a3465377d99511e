"""Whether a request for tokens comes from the application it says (RFC 6749, 2.3.1)."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote


def is_client(authorization: str | None, form: Mapping[str, str], client: tuple[str, str]) -> bool:
    """Id and secret in the form or by HTTP Basic, but not in both."""
    if authorization is not None:
        pair = _basic(authorization)
        return pair is not None and "client_secret" not in form and _equal(pair, client)
    return _equal((form.get("client_id", ""), form.get("client_secret", "")), client)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote(name), unquote(secret)) if scheme.lower() == "basic" and colon else None


def _equal(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(one, other, strict=True))
