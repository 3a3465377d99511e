"""Links to a visit: unguessable, the same each time, without a row of their own."""

import base64
import re
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from openward.care.errors import NotFound
from openward.care.visits.model import Role
from openward.care.work import Work

_ROLES = {Role.PATIENT: b"p", Role.PROVIDER: b"v"}
_PURPOSE = "visit-link"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{44}", re.ASCII)


def link_token(work: Work, appointment: UUID, role: Role) -> str:
    """What opens one side of a visit: 44 letters, digits, `-` and `_`.

    The key of the visit and the role, encrypted and authenticated by a key of this installation (AES-SIV, RFC 5297,
    which gives the same text for the same content); nobody without that key can make or read one.
    """
    sealed = _cipher(work).encrypt(_ROLES[role] + appointment.bytes, None)
    return base64.urlsafe_b64encode(sealed).decode()


def read_link(work: Work, token: str) -> tuple[UUID, Role]:
    """The visit and the side that a link is for; `NotFound` for anything that `link_token` did not make."""
    if not _SHAPE.fullmatch(token):
        raise NotFound("there is no such visit")
    try:
        plain = _cipher(work).decrypt(base64.urlsafe_b64decode(token), None)
    except InvalidTag:
        raise NotFound("there is no such visit") from None
    roles = {letter: role for role, letter in _ROLES.items()}
    return UUID(bytes=plain[1:]), roles[plain[:1]]


def visit_url(work: Work, appointment: UUID, role: Role) -> str:
    """The page of one side of a visit: the patient's check-in, the provider's call."""
    return f"{work.tools.settings.public_url}/visits/{link_token(work, appointment, role)}"


def _cipher(work: Work) -> AESSIV:
    return AESSIV(work.tools.keyring.derive(_PURPOSE, 32))
