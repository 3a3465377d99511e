"""Passes: somebody signed in to one visit only, for a quarter of an hour, by a link from another system."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from openward.care.errors import NotAuthenticated
from openward.care.visits.model import Role
from openward.care.work import PersonKey, Work

LIFE = timedelta(minutes=15)
_ROLES = {b"p": Role.PATIENT, b"v": Role.PROVIDER}
_LETTERS = {role: letter for letter, role in _ROLES.items()}
_NOBODY = bytes(16)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass allows: one side of one visit; `person` is who holds it, if it is somebody with an account."""

    appointment: UUID
    role: Role
    person: PersonKey | None
    expires_at: datetime


def issue_pass(work: Work, appointment: UUID, role: Role, person: PersonKey | None = None) -> str:
    """A pass to this visit for the next fifteen minutes; no row is kept of it."""
    expires_s = int((work.now + LIFE).timestamp())
    plain = _LETTERS[role] + expires_s.to_bytes(8, "big") + appointment.bytes + (person.bytes if person else _NOBODY)
    return base64.urlsafe_b64encode(_cipher(work).encrypt(plain, None)).decode().rstrip("=")


def read_pass(work: Work, token: str) -> Pass:
    """What the pass allows; `NotAuthenticated` once it is over, and for anything that `issue_pass` did not make."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        plain = _cipher(work).decrypt(sealed, None)
    except (binascii.Error, ValueError, InvalidTag):
        raise NotAuthenticated("this pass is not valid") from None
    found = Pass(
        UUID(bytes=plain[9:25]),
        _ROLES[plain[:1]],
        PersonKey(UUID(bytes=plain[25:])) if plain[25:] != _NOBODY else None,
        datetime.fromtimestamp(int.from_bytes(plain[1:9], "big"), UTC),
    )
    if found.expires_at <= work.now:
        raise NotAuthenticated("this pass has expired")
    return found


def _cipher(work: Work) -> AESSIV:
    # Deterministic encryption is enough: two passes that are alike open the same thing for the same time.
    return AESSIV(work.tools.keyring.derive("visit-pass", 32))
