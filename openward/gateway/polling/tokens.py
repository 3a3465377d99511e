"""The token of one fetch: the one we have while it is good, else a new one that is kept before it is used."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

import structlog

from openward.care.connections import (
    Claim,
    Lost,
    PartnerSetup,
    Renew,
    Token,
    begin_renewal,
    finish_renewal,
    needs_renewal,
)
from openward.care.connections import give_up_renewal as give_up
from openward.care.connections.ports import Failed, Refused
from openward.gateway import tokens as partner_tokens
from openward.gateway.polling.house import House

log = structlog.get_logger("openward.polling")
_SOON_S: Final = 10.0
_PAUSES_S: Final = (0.1, 0.5, 1.0, 2.0, 4.0)
"""An answer that was cut off may have brought a new token; asked again so soon, a partner with a grace repeats it."""
_UNSURE: Final = ("connection", "timeout", "broken-answer", "status-5")
"""How failures begin after which nobody knows what the old token is worth. After others asking again helps nobody."""
_LOOK_AGAIN_S: Final = 1.0


class Tokens:
    """Gives a good access token; safe beside other workers, a cancelled fetch and a failing database."""

    def __init__(
        self, house: House, setup: PartnerSetup, claim: Claim, token: Token, wait: Callable[[], Awaitable[None]]
    ) -> None:
        """wait: keeps the pace and the pauses before each request; it may raise Stopped or Failed."""
        self._house, self._setup, self._claim = house, setup, claim
        self._token, self._wait = token, wait
        self._holder = UUID(f"{house.engine:08x}{uuid4().hex[8:]}")

    async def good(self) -> str:
        """An access token that is not known to have expired."""
        if needs_renewal(self._token, self._house.gate.now()):
            await self._replace(self._token.access)
        return self._token.access

    async def other_than(self, access: str) -> str:
        """A token in place of one that the partner has refused."""
        if self._token.access == access:
            await self._replace(access)
        return self._token.access

    async def _replace(self, bad: str) -> None:
        session = self._claim.session
        while True:
            async with self._house.work(self._claim.provider) as work:
                found = await begin_renewal(work, session, bad, self._holder)
            if found is None:
                raise Lost
            if isinstance(found, Token):
                self._token = found
                return
            if isinstance(found, Renew):
                # From here on nothing may come between: not the end of the fetch, not that of the worker.
                self._token = await self._house.finished(self._renew(found.old))
                return
            await asyncio.sleep(min(found.seconds, _LOOK_AGAIN_S))

    async def _renew(self, old: Token) -> Token:
        try:
            new = await self._ask(old)
        except Exception as error:
            lucky = await self._house.surely(
                self._claim.provider,
                lambda work: give_up(work, self._claim.session, self._holder, old),
            )
            if lucky is not None and isinstance(error, Refused):
                return lucky
            raise
        kept = await self._house.surely(
            self._claim.provider,
            lambda work: finish_renewal(work, self._claim.session, self._holder, self._claim.provider, old, new),
        )
        if kept is None:
            raise Lost
        return kept

    async def _ask(self, old: Token) -> Token:
        began = time.monotonic()
        pauses = iter(_PAUSES_S)
        while True:
            await self._wait()
            try:
                return await partner_tokens.renew(self._house.http, self._setup, old, self._house.gate.now())
            except Failed as failed:
                log.warning("token_not_renewed", wire=self._setup.name, reason_code=failed.reason)
                pause_s = next(pauses, None)
                if pause_s is None or not failed.reason.startswith(_UNSURE) or time.monotonic() - began > _SOON_S:
                    raise
            await asyncio.sleep(pause_s)
