"""What anybody may ask: the time, and which uploaders this server takes."""

from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply

_SCHEMA_VERSION = 3
_OLDEST_UPLOADER = "2.0.0"


async def time(work: Work, _call: Call) -> Reply:
    """`GET /v1/time`, always with milliseconds."""
    text = work.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json_reply({"data": {"time": text}})


async def info(_work: Work, _call: Call) -> Reply:
    """`GET /info`: uploaders ask for the oldest version that may still upload."""
    return json_reply({"versions": {"schema": _SCHEMA_VERSION, "uploaderMinimum": _OLDEST_UPLOADER}})
