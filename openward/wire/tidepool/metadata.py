"""The documents of an account (profile, preferences, settings, ...), and whom one shares with (metadata.v1)."""

from collections.abc import Mapping
from typing import Any

from openward.care import accounts, audit, patients
from openward.care.accounts import Account, Collection
from openward.care.errors import Invalid, NotAuthenticated, NotFound, TooLarge
from openward.care.patients import Permission
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.access import encode_permissions
from openward.wire.tidepool.accounts_json import encode_user, read_object
from openward.wire.tidepool.auth import UNAUTHORIZED, identify, may_manage, require_service
from openward.wire.tidepool.errors import account as render

_LARGEST = 1 << 20  # bytes of one document; clients keep names and flags there, not data
_PUBLIC_PATIENT = ("birthday", "diagnosisDate", "diagnosisType", "fullName", "isOtherPerson")
_FIELD_MAX = 100


async def collections(_work: Work, _call: Call) -> Reply:
    """The names of the collections there are."""
    return json_reply([str(name) for name in Collection])


async def _account(work: Work, call: Call) -> Account:
    """The account of the path; nobody but a service learns that there is none."""
    found = await accounts.find(work, call.path["userId"]) if "@" not in call.path["userId"] else None
    if found is None and work.actor.is_service:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    if found is None:
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    return found


def _collection(call: Call) -> Collection:
    try:
        return Collection(call.path.get("collectionName", Collection.PRIVATE))
    except ValueError:
        raise NotFound("there is no such collection") from None


async def _may_read(work: Work, person: PersonKey, collection: Collection) -> bool:
    if collection is Collection.PRIVATE:
        return work.actor.is_service
    if collection in (Collection.PROFILE, Collection.SETTINGS):
        return await may_manage(work, person) or await patients.may(work, person, Permission.VIEW)
    return await may_manage(work, person)


async def get_document(work: Work, call: Call) -> Reply:
    """One collection: the profile and settings also for whoever may view the user's data."""
    collection = _collection(call)
    found = await _account(work, call)
    if not await _may_read(work, found.key, collection):
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    body = await accounts.document(work, found.key, collection)
    audit.note(work, "read", collection, found.key)
    if not body:
        raise NotFound("nothing was stored yet")
    return json_reply(body)


async def put_document(work: Work, call: Call) -> Reply:
    """Write the given members of a collection: for the owner, a custodian or a service."""
    collection = _collection(call)
    found = await _account(work, call)
    may = work.actor.is_service if collection is Collection.PRIVATE else await may_manage(work, found.key)
    if not may:
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    body = await read_object(call)
    if len(await call.body()) > _LARGEST:
        raise TooLarge(f"a document has at most {_LARGEST} bytes")
    if collection is Collection.PROFILE:
        _check_profile(body)
    return json_reply(await accounts.put_document(work, found.key, collection, body))


def _check_profile(body: Mapping[str, Any]) -> None:
    """What other parts of the platform rely on; everything else is the client's own."""
    name, patient = body.get("fullName"), body.get("patient")
    if name is not None and not isinstance(name, str):
        raise Invalid("fullName is not a string", code="type-not-string")
    if patient is not None and not isinstance(patient, Mapping):
        raise Invalid("patient is not an object", code="type-not-object")
    for field in ("birthday", "diagnosisDate"):
        day = (patient or {}).get(field)
        if day not in (None, "") and accounts.parse_date(day) is None:
            raise Invalid(f"{field} is not a date (YYYY-MM-DD)", code="value-not-valid")


async def private_item(work: Work, call: Call) -> Reply:
    """A pair of an id and a hash that services use as an account's name elsewhere; made when first asked for."""
    require_service(work)
    found = await _account(work, call)
    name = call.path["fieldName"]
    if len(name) > _FIELD_MAX:
        raise Invalid(f"a field name has at most {_FIELD_MAX} characters")
    audit.note(work, "read", "private", found.key)
    return json_reply(await accounts.private_pair(work, found.key, name))


async def public_info(work: Work, call: Call) -> Reply:
    """Names and birthdays of those among `users` whom the caller may view; the others are left out."""
    wanted = [user_id for user_id in call.query.get("users", "").split(",") if user_id][:200]
    listed = []
    for found in await accounts.with_ids(work, wanted):
        if await _may_read(work, found.key, Collection.PROFILE):
            audit.note(work, "read", "profile", found.key)
            listed.append(found)
    profiles = await accounts.documents(work, [found.key for found in listed], "profile")
    return json_reply([{"userid": found.user_id, "profile": _public(profiles.get(found.key, {}))} for found in listed])


def _public(profile: Mapping[str, Any], *, has_patient: bool = True) -> dict[str, Any]:
    body = {name: profile[name] for name in ("fullName",) if name in profile}
    patient = profile.get("patient")
    if has_patient and isinstance(patient, Mapping):
        body["patient"] = {name: patient[name] for name in _PUBLIC_PATIENT if name in patient}
    return body


async def associated_users(work: Work, call: Call) -> Reply:
    """Everybody who shares with the user, either way, with what each may do.

    `trustorPermissions`: what that person lets the user do; `trusteePermissions`: what the user lets that person do.
    """
    me = await _account(work, call)
    if not await may_manage(work, me.key):
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    given = {grant.grantee: grant.permissions for grant in await accounts.grants(work, owner=me.key)}
    taken = {grant.owner: grant.permissions for grant in await accounts.grants(work, grantee=me.key)}
    people = list({**taken, **given})
    found = await accounts.get_many(work, people)
    profiles = await accounts.documents(work, people, "profile")
    settings = await accounts.documents(work, [key for key in taken if "view" in taken[key]], "settings")
    bodies = []
    for key in people:
        if key not in found:
            continue
        body = encode_user(found[key])
        profile = profiles.get(key, {})
        if taken.get(key, frozenset()) & {"view", "custodian"}:
            body["profile"] = profile
            audit.note(work, "read", "profile", key)
        else:
            body["profile"] = _public(profile, has_patient=False)
        if key in settings:
            body["settings"] = settings[key]
        if key in taken:
            body["trustorPermissions"] = encode_permissions(taken[key])
        if key in given:
            body["trusteePermissions"] = encode_permissions(given[key])
        bodies.append(body)
    audit.note(work, "read", "grants", me.key)
    return json_reply(bodies)


_PUBLIC_INFO = {
    "summary": "List Public Information",
    "tags": ["Metadata"],
    "description": "Name and birthday of each user of the comma list `users` whom the caller may view.",
    "parameters": [{"name": "users", "in": "query", "required": True, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "The users"}},
    "security": [{"sessionToken": []}],
}
_ONE = "/metadata/{userId}/{collectionName}"
# Its own line because of the path below it: the router does not go back from a literal part to a parameter.
_PRIVATE = "/metadata/{userId}/private"

ROUTES = [
    Route(
        "GET",
        "/metadata/collections",
        collections,
        "metadata.v1:GetMetadataCollections",
        identify=identify,
        render=render,
    ),
    Route("GET", "/metadata/publicinfo", public_info, describe=_PUBLIC_INFO, identify=identify, render=render),
    Route("GET", _ONE, get_document, "metadata.v1:GetUserMetadataCollection", identify=identify, render=render),
    Route("POST", _ONE, put_document, "metadata.v1:UpdateUserMetadataCollectionPost", identify=identify, render=render),
    Route("PUT", _ONE, put_document, "metadata.v1:UpdateUserMetadataCollectionPut", identify=identify, render=render),
    Route("GET", _PRIVATE, get_document, identify=identify, render=render, is_documented=False),
    Route("POST", _PRIVATE, put_document, identify=identify, render=render, is_documented=False),
    Route("PUT", _PRIVATE, put_document, identify=identify, render=render, is_documented=False),
    Route(
        "GET",
        "/metadata/{userId}/private/{fieldName}",
        private_item,
        "metadata.v1:GetUserPrivateMetadataItem",
        identify=identify,
        render=render,
    ),
    Route(
        "GET",
        "/metadata/users/{userId}/users",
        associated_users,
        "metadata.v1:ListUsers",
        identify=identify,
        render=render,
    ),
]
