"""Messages of Redox: kept whole, answered at once; and the proof that we know the token."""

from collections.abc import Mapping
from typing import Any

from openward.care import ehr
from openward.care.ehr import NEW, ORDER, Provider
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.redox.auth import TOKEN, require_token
from openward.wire.redox.order import read_order

MESSAGE_ID = "x-openward-message-id"


async def receive(work: Work, call: Call) -> Reply:
    """POST /v1/redox: any message with a model and an event; the id it is kept by is in a header of the answer."""
    message = await _object(call)
    meta = message.get("Meta")
    model = _word(meta, "DataModel")
    event = _word(meta, "EventType")
    kept = await ehr.keep_message(
        work,
        Provider.REDOX,
        data_model=model,
        event_type=event,
        content=await call.body(),
        order=read_order(message) if (model, event) == (ORDER, NEW) else None,
    )
    reply = empty(200)
    reply.headers[MESSAGE_ID] = kept.name
    return reply


async def verify(work: Work, call: Call) -> Reply:
    """POST /v1/redox/verify: who knows the token is given his challenge back."""
    body = await _object(call)
    await require_token(work, body.get(TOKEN))
    challenge = body.get("challenge")
    if not isinstance(challenge, str):
        raise Invalid("challenge is missing")
    return json_reply({"challenge": challenge})


async def _object(call: Call) -> Mapping[str, Any]:
    body = await call.json()
    if not isinstance(body, Mapping):
        raise Invalid("the body is not a JSON object")
    return body


def _word(meta: object, name: str) -> str:
    word = meta.get(name) if isinstance(meta, Mapping) else None
    if not isinstance(word, str) or not word:
        raise Invalid(f"Meta.{name} is missing")
    return word
