"""Accounts as the account service writes and reads them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from openward.care import accounts
from openward.care.accounts import Account, Change
from openward.care.errors import Invalid
from openward.gateway.call import Call

INVALID_DETAILS = "Invalid user details were given"
MISSING_DETAILS = "Not all required details were given"
# To the database these two are endless.
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(value: object, name: str) -> datetime:
    """A moment written as RFC 3339 with a zone; `Invalid` otherwise."""
    if isinstance(value, str) and 10 < len(value) <= 40 and value[10:11] in ("T", "t", " "):
        try:
            moment = datetime.fromisoformat(value.replace("t", "T").replace("z", "Z"))
            if moment.tzinfo is not None and _FIRST < (found := moment.astimezone(UTC)) < _LAST:
                return found
        except (ValueError, OverflowError):
            pass
    raise Invalid(f"{name} is not a time with a zone (RFC 3339)", code="type-not-time")


def encode_user(account: Account, *, is_for_service: bool = False) -> dict[str, Any]:
    """The user object; whether a password exists is told to services only. An account without login has no address."""
    body: dict[str, Any] = {"userid": account.user_id}
    if account.email is not None:
        body |= {"username": account.email, "emails": [account.email]}
    body |= {"emailVerified": account.is_email_verified, "roles": list(account.roles)}
    if account.terms_accepted is not None:
        body["termsAccepted"] = account.terms_accepted
    body |= {"createdTime": timestamp(account.created_at), "modifiedTime": timestamp(account.modified_at)}
    if is_for_service:
        body["passwordExists"] = account.has_password
    return body


async def read_object(call: Call, *, optional: bool = False) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object when `optional`. `Invalid` otherwise."""
    value = await call.json(optional=optional)
    if value is None and optional:
        return {}
    if not isinstance(value, dict):
        raise Invalid("the body is not an object", code="type-not-object")
    return value


def one_address(body: Mapping[str, Any]) -> str | None:
    """The one address that `username` and `emails` name together; None when they name none."""
    emails = body.get("emails")
    if emails is not None and (not isinstance(emails, Sequence) or isinstance(emails, str)):
        raise Invalid(INVALID_DETAILS)
    if emails == [] and body.get("username") is not None:
        # An empty list says "no address", which a name of the account contradicts.
        raise Invalid(INVALID_DETAILS)
    given = [*(emails or []), *([body["username"]] if body.get("username") is not None else [])]
    found = {accounts.clean_email(text) for text in given}
    if len(found) > 1:
        # One account, one address: with two we could not say which of them proves who somebody is.
        raise Invalid(INVALID_DETAILS)
    return found.pop() if found else None


def text(body: Mapping[str, Any], name: str) -> str | None:
    """A string or nothing; `Invalid` for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{name} is not a string", code="type-not-string")
    return value


def decode_roles(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The roles, or None when none are given."""
    roles = body.get("roles")
    if roles is None:
        return None
    if not isinstance(roles, list):
        raise Invalid("The role specified is invalid")
    return accounts.require_roles(roles)


def decode_change(body: Mapping[str, Any]) -> Change:
    """The change in `{"updates": {...}}`; the bare object, as the contract shows it, is read as well."""
    updates = body.get("updates", body)
    if not isinstance(updates, Mapping):
        raise Invalid(INVALID_DETAILS)
    verified = updates.get("emailVerified")
    if verified is not None and not isinstance(verified, bool):
        raise Invalid(INVALID_DETAILS)
    terms = text(updates, "termsAccepted")
    if terms is not None:
        parse_timestamp(terms, "termsAccepted")
    return Change(
        email=one_address(updates),
        should_drop_email=updates.get("emails") == [] and updates.get("username") is None,
        password=text(updates, "password"),
        roles=decode_roles(updates),
        terms_accepted=terms,
        is_email_verified=verified,
    )
