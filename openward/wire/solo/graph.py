"""Microsoft Graph, called: makes meetings in Teams in the name of whoever shows a token of theirs."""

from datetime import UTC
from urllib.parse import urlsplit

import msgspec
import structlog

from openward.care.visits import Refusal, Wanted
from openward.infra import http

log = structlog.get_logger("openward.teams")
_TOTAL_S = 15.0
_LONGEST_URL = 4096
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class _Meeting(msgspec.Struct):
    join_web_url: str = msgspec.field(name="joinWebUrl")


class GraphMeetings:
    """`POST {graph_url}/me/onlineMeetings`, as Graph 1.0 describes it."""

    async def make(self, wanted: Wanted, *, allow_private: bool) -> str | Refusal:
        """The `joinWebUrl` of a new meeting; 401 and 403 are the token's fault, all else is theirs."""
        body = {
            "subject": wanted.subject,
            "startDateTime": wanted.starts_at.astimezone(UTC).strftime(_TIME),
            "endDateTime": wanted.ends_at.astimezone(UTC).strftime(_TIME),
        }
        headers = {"authorization": f"Bearer {wanted.token}", "content-type": "application/json"}
        url = f"{wanted.url}/me/onlineMeetings"
        try:
            async with http.open_session(allow_private=allow_private, total_s=_TOTAL_S) as session:
                answer = await http.call(session, "POST", url, headers=headers, body=msgspec.json.encode(body))
        except http.CallFailed as failed:
            log.warning("no_meeting", reason_code=failed.reason)
            return Refusal.UNREACHABLE
        if answer.status in (401, 403):
            return Refusal.TOKEN
        found = _join_url(answer) if answer.status in (200, 201) else None
        if found is None:
            log.warning("no_meeting", status=answer.status)
        return found or Refusal.UNREACHABLE


def _join_url(answer: http.Answer) -> str | None:
    try:
        found = msgspec.json.decode(answer.body, type=_Meeting).join_web_url
        is_address = urlsplit(found).scheme in ("https", "http") and bool(urlsplit(found).hostname)
    except (msgspec.DecodeError, ValueError):
        return None
    return found if is_address and len(found) <= _LONGEST_URL else None
