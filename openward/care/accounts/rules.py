"""What addresses, passwords, roles, permissions and paths look like; plain decisions without I/O."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from openward.care.accounts.model import Role
from openward.care.errors import Fault, Invalid

INVALID_DETAILS = "Invalid user details were given"
EMAIL_MAX = 254

# ASCII only: an address beyond it needs a mail server that few installations have.
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})\Z"
)
_PASSWORD = re.compile(r"\S{8,72}\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)

SHARED_PERMISSIONS = frozenset({"view", "upload", "note", "follow"})
"""What a person may grant to another; `custodian` is given by the service or with a new custodial account only."""

PERMISSIONS = SHARED_PERMISSIONS | {"custodian"}

SIGNUP_ROLES = frozenset({Role.CLINIC, Role.CLINICIAN, Role.PATIENT})
"""What somebody who signs up may call himself; none of them opens a door by itself."""

LINK_LIFE = timedelta(hours=1)
LINK_LIFE_MAX = timedelta(days=90)
LINK_PATHS_MAX = 10
_PATH_MAX = 1024


def clean_email(text: object) -> str:
    """The address in lower case; `Invalid` unless it is `local@domain.tld`."""
    if isinstance(text, str) and len(text) <= EMAIL_MAX:
        lower = text.strip().lower()
        if _EMAIL.match(lower):
            return lower
    raise Invalid(INVALID_DETAILS, code="email-invalid")


def fold_email(text: str) -> str:
    """An address as it is looked up; one that cannot be is simply not found."""
    return text.strip().lower()[: EMAIL_MAX + 1]


def is_password(text: object) -> bool:
    """Tidepool: 8 to 72 characters, no white space."""
    return isinstance(text, str) and _PASSWORD.match(text) is not None


def require_password(text: object) -> str:
    """The password, or `Invalid`."""
    if isinstance(text, str) and is_password(text):
        return text
    raise Invalid(INVALID_DETAILS, code="password-invalid")


def require_roles(given: Sequence[object], allowed: frozenset[Role] = frozenset(Role)) -> tuple[str, ...]:
    """The roles without repeats, or `Invalid`."""
    roles = []
    for role in given:
        if not isinstance(role, str) or role not in allowed:
            raise Invalid("The role specified is invalid", code="role-invalid")
        if role not in roles:
            roles.append(role)
    return tuple(roles)


def parse_date(text: object) -> date | None:
    """A calendar day written YYYY-MM-DD, else None."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def require_permissions(names: Sequence[str], allowed: frozenset[str]) -> frozenset[str]:
    """The permissions as a set, or `Invalid` for one that may not be granted here."""
    for name in names:
        if name not in allowed:
            raise Invalid([Fault("permission-invalid", f"/{name[:64]}", f"permission {name[:64]!r} cannot be granted")])
    return frozenset(names)


def require_link_life(expires_at: datetime | None, now: datetime) -> datetime:
    """Tidepool: one hour unless asked otherwise, at most 90 days."""
    if expires_at is None:
        return now + LINK_LIFE
    if not now < expires_at <= now + LINK_LIFE_MAX:
        raise Invalid("expirationTime is not within the next 90 days", code="value-out-of-range")
    return expires_at


def require_link_paths(paths: Sequence[object] | None) -> tuple[str, ...] | None:
    """Tidepool: 1 to 10 different paths that start with a slash; None for all."""
    if paths is None:
        return None
    clean = [path for path in paths if isinstance(path, str) and path.startswith("/") and len(path) <= _PATH_MAX]
    if not 1 <= len(paths) <= LINK_PATHS_MAX or len(clean) != len(paths) or len(set(clean)) != len(clean):
        raise Invalid("paths are 1 to 10 different strings that start with a slash", code="paths-invalid")
    return tuple(clean)


def covers(paths: Sequence[str] | None, asked: str) -> bool:
    """Whether a link is good for this path: one of its paths, or something below one. Dots never climb out."""
    if paths is None:
        return True
    if any(part in (".", "..") for part in asked.split("/")):
        return False
    return any(asked == path or asked.startswith(path.rstrip("/") + "/") for path in paths)
