"""A video engine of the operator's own, Jitsi or LiveKit: where one side of a call joins its room there.

The engine learns nothing about the patient: the room has a made-up name, and so has the patient.

Sources: Jitsi, `doc/tokens.md` of lib-jitsi-meet (values of `context.user` are texts) and its modules for moderators;
LiveKit, "Tokens & grants".
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from openward.care import visits
from openward.care.visits import Call, Role
from openward.care.work import Work
from openward.config import Settings
from openward.infra.signing import sign_shared

LIFE = timedelta(minutes=5)
"""How long a token lets somebody in; whoever is in stays. It is made when a page goes there."""
_EARLY = timedelta(seconds=30)
"""So far the engine's clock may be behind."""


def origin(settings: Settings) -> str:
    """Scheme and host of the engine, "" without one."""
    found = urlsplit(settings.video_engine_url)
    return f"{found.scheme}://{found.netloc}" if found.netloc else ""


def join_url(work: Work, call: Call, role: Role, name: str) -> str:
    """The address at which this side joins; `name` is what the other side is to read."""
    settings = work.tools.settings
    room = visits.engine_room(work, call)
    url = settings.video_engine_url.replace("{room}", room)
    if not settings.video_engine_token:
        return url
    write = _jitsi if settings.video_engine_token == "jitsi" else _livekit  # noqa: S105 -- a kind of token
    claims = write(settings, room, role, name) | _times(work.now)
    return url.replace("{token}", sign_shared(settings.video_engine_secret, claims))


def _times(now: datetime) -> dict[str, int]:
    return {"nbf": int((now - _EARLY).timestamp()), "exp": int((now + LIFE).timestamp())}


def _jitsi(settings: Settings, room: str, role: Role, name: str) -> dict[str, Any]:
    is_provider = role is Role.PROVIDER
    user = {"id": f"{room}-{role}", "name": name, "moderator": "true" if is_provider else "false"}
    return {
        "aud": "jitsi",
        "iss": settings.video_engine_key,
        "sub": urlsplit(settings.video_engine_url).hostname,
        "room": room,
        "moderator": is_provider,
        "context": {"user": user | {"affiliation": "owner" if is_provider else "member"}},
    }


def _livekit(settings: Settings, room: str, role: Role, name: str) -> dict[str, Any]:
    may: dict[str, Any] = {"roomJoin": True, "canPublish": True, "canSubscribe": True, "canPublishData": True}
    return {
        "iss": settings.video_engine_key,
        # One of each side: who comes again takes the place of himself.
        "sub": str(role),
        "name": name,
        "video": {"room": room} | may | {"roomAdmin": role is Role.PROVIDER},
    }
