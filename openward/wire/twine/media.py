"""Media types: JSON:API both ways; plain JSON where a caller cannot do otherwise."""

from collections.abc import Mapping
from typing import Any

import msgspec

from openward.care.errors import NotAllowed
from openward.gateway.call import Call
from openward.gateway.wiring import Reply

JSON_API = "application/vnd.api+json"
JSON = "application/json"


def body_type(call: Call) -> str:
    """The media type of a request's body without its parameters."""
    return (call.header("content-type") or "").partition(";")[0].strip().lower()


def require_document(call: Call) -> None:
    """`NotAllowed` for a body of another type: the published API answers 403, not 415."""
    if body_type(call) not in (JSON_API, JSON):
        raise NotAllowed(f"The content type must be {JSON_API}")


def answer_type(call: Call) -> str:
    """Plain JSON only for a caller whose Accept header admits that and not JSON:API."""
    accepted = [part.partition(";")[0].strip().lower() for part in (call.header("accept") or "*/*").split(",")]
    if {JSON_API, "application/*", "*/*"} & set(accepted) or JSON not in accepted:
        return JSON_API
    return JSON


def answer(
    call: Call, document: Mapping[str, Any], status: int = 200, *, meta: Mapping[str, Any] | None = None
) -> Reply:
    """A document with the id of the request in its `meta`."""
    whole = {"meta": {"req_id": call.trace, **(meta or {})}, **document}
    return Reply(status, msgspec.json.encode(whole), answer_type(call))
