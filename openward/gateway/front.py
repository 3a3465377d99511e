"""What comes before the router: names in paths that hold a slash, and answers that the router gives by itself."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import structlog
from litestar import Litestar

from openward.gateway.wiring import Wiring

log = structlog.get_logger("openward.request")
SLASH = "\udc2f"
"""Stands for an encoded slash (%2F) in decoded paths; half of a pair, hence nothing that anybody can send."""


class Front(Litestar):
    """The application; `wires` are those whose names may hold anything, and whose answers all carry an id."""

    def __init__(self, *given: Any, wires: Sequence[Wiring], **named: Any) -> None:
        self._strict = [(prefix, wire) for wire in wires if wire.has_exact_paths for prefix in wire.prefixes]
        super().__init__(*given, **named)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One connection."""
        if scope["type"] == "http":
            wire = next((wire for prefix, wire in self._strict if scope["path"].startswith(prefix)), None)
            if wire is not None:
                if b"%2f" in (scope.get("raw_path") or b"").lower():
                    scope["path"] = _with_slashes_kept(scope["raw_path"])
                if scope["method"] == "OPTIONS" and wire.correlation:
                    send = _correlated(wire, send)
        await super().__call__(scope, receive, send)


def _with_slashes_kept(raw_path: bytes) -> str:
    parts = raw_path.partition(b"?")[0].decode("latin-1").split("/")
    return "/".join(unquote(part).replace("/", SLASH) for part in parts)


def _correlated(wire: Wiring, send: Any) -> Any:
    """Says what is allowed under an id of its own, as every other answer of the wire."""

    async def sending(message: Any) -> None:
        name = wire.correlation.encode()
        if message["type"] == "http.response.start" and all(key.lower() != name for key, _ in message["headers"]):
            trace = str(uuid4())
            message["headers"] = [*message["headers"], (name, trace.encode())]
            log.info(
                "answered", wire=wire.name, method="OPTIONS", route="(none)", status=message["status"], trace=trace
            )
        await send(message)

    return sending
