"""Calls to a partner in one person's name: in the pace, outside of pauses, with a good token, and never too long."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import structlog

from openward.care.connections import Claim, Ending, PartnerSetup, Token
from openward.care.connections.ports import Failed, Refused, Stopped, decode
from openward.gateway.measure import PARTNER_CALLS
from openward.gateway.polling.house import House
from openward.gateway.polling.line import Line
from openward.gateway.polling.tokens import Tokens
from openward.gateway.tokens import retry_after_s
from openward.infra.http import Answer, CallFailed, call

log = structlog.get_logger("openward.polling")
LONGEST_S: Final = 30 * 60.0
"""Source: Tidepool, limits of a run."""
_CALL_S: Final = 60.0
_SLOW_S: Final = 30.0


class PersonAPI:
    """See `ports.API`. `stopped_by`: why it raised Stopped; `was_answered`: whether a call succeeded."""

    def __init__(self, house: House, setup: PartnerSetup, claim: Claim, token: Token, line: Line | None) -> None:
        self.stopped_by = Ending.STOPPED
        self.was_answered = False
        self._house, self._setup, self._line = house, setup, line
        self._tokens = Tokens(house, setup, claim, token, self._turn)
        self._began = time.monotonic()

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, read: Callable[[bytes], Any] = decode
    ) -> Any:
        """The JSON answer; raises Refused, Failed or Stopped."""
        self._check()
        access = await self._tokens.good()
        answer = await self._ask(path, params, access)
        if answer.status == 401:
            access = await self._tokens.other_than(access)
            answer = await self._ask(path, params, access)
            if answer.status == 401:
                raise Refused
        return self._read(answer, read)

    def _check(self) -> None:
        """Source: Tidepool, a run in progress stops at the next request boundary."""
        pause = self._setup.policy.pause
        if self._house.is_stopping:
            self.stopped_by = Ending.STOPPED
            raise Stopped
        if pause is not None and pause.ends_at(self._house.gate.now()) is not None:
            self.stopped_by = Ending.PAUSED
            raise Stopped
        if time.monotonic() - self._began > LONGEST_S:
            raise Failed("deadline")

    async def _turn(self) -> None:
        if self._line is not None:
            await self._line.wait()
        self._check()

    async def _ask(self, path: str, params: Mapping[str, str] | None, access: str) -> Answer:
        await self._turn()
        began = time.monotonic()
        name = self._setup.name
        headers = {"authorization": f"Bearer {access}", "accept": "application/json"}
        try:
            answer = await call(
                self._house.http, "GET", self._setup.base_url + path, headers=headers, params=params, total_s=_CALL_S
            )
        except CallFailed as failed:
            PARTNER_CALLS.labels(name, failed.reason).inc()
            raise Failed(failed.reason) from None
        finally:
            duration_s = time.monotonic() - began
            if duration_s > _SLOW_S:
                log.warning("partner_slow", wire=name, duration_ms=round(duration_s * 1000))
        PARTNER_CALLS.labels(name, str(answer.status)).inc()
        return answer

    def _read(self, answer: Answer, read: Callable[[bytes], Any]) -> Any:
        if answer.status != 200:
            raise Failed(f"status-{answer.status}", retry_after_s(answer.headers, self._house.gate.now()))
        try:
            content = read(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Failed("broken-answer") from None
        self.was_answered = True
        return content
