"""Media types: JSON:API both ways; plain JSON where a caller cannot do otherwise."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from openward.care.errors import NotAllowed
from openward.gateway.call import Call
from openward.gateway.wiring import Reply

JSON_API = "application/vnd.api+json"
JSON = "application/json"
_NOTHING = re.compile(r"q=0(\.0*)?")


def body_type(call: Call) -> str:
    """The media type of a request's body without its parameters."""
    return (call.header("content-type") or "").partition(";")[0].strip().lower()


def require_document(call: Call) -> None:
    """`NotAllowed` for a body of another type: the published API answers 403, not 415."""
    if body_type(call) not in (JSON_API, JSON):
        raise NotAllowed(f"The content type must be {JSON_API}")


def answer_type(call: Call) -> str:
    """Plain JSON only for a caller whose Accept header admits that and not JSON:API."""
    kinds = {"*/*"} if not call.header("accept") else set()
    refused: set[str] = set()
    for part in (call.header("accept") or "").lower().split(","):
        kind, *parameters = (word.replace(" ", "") for word in part.split(";"))
        (refused if any(_NOTHING.fullmatch(word) for word in parameters) else kinds).add(kind)
    admits = (JSON_API in kinds or not {"application/*", "*/*"}.isdisjoint(kinds)) and JSON_API not in refused
    return JSON if JSON in kinds and not admits else JSON_API


def answer(
    call: Call, document: Mapping[str, Any], status: int = 200, *, meta: Mapping[str, Any] | None = None
) -> Reply:
    """A document with the id of the request in its `meta`."""
    whole = {"meta": {"req_id": call.trace, **(meta or {})}, **document}
    return Reply(status, msgspec.json.encode(whole), answer_type(call))
