"""The video call of a visit: opened by a link, people come and go, it begins by itself when both are ready.

Every change holds the visit's row first. A sign of life does not, as it changes nothing that anybody else decides by.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from openward.care import audit
from openward.care.errors import NotFound, Unprocessable
from openward.care.visits import call_rules, call_store, rules, signal
from openward.care.visits.call_rules import Seat, Standing
from openward.care.visits.change import move
from openward.care.visits.model import Appointment, Call, CallStatus, Outcome, Role, Status
from openward.care.visits.read import lock
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra.jobs import Deferred

LEFT = "visits.left"


async def open_call(work: Work, organization: OrganizationKey, key: UUID, role: Role) -> Appointment:
    """The visit as somebody opens his side of it, with its call, which is made when missing.

    A patient who opens the page has arrived. A visit that is settled stays as it is, with or without a call.
    """
    visit = await lock(work, organization, key)
    if visit.status in rules.SETTLED:
        return visit
    if visit.call is None:
        made = Call(new_key(work), uuid4(), CallStatus.WAITING, work.now, None, None)
        await call_store.insert(work, made.key, made.id, key)
        audit.note(work, "write", "video-call", visit.person, organization)
        visit = replace(visit, call=made)
    if role is Role.PATIENT and visit.status is Status.SCHEDULED:
        visit = await move(work, organization, key, Status.ARRIVED)
    return visit


class Meeting:
    """A call whose visit is held: who is in it and what happens to it. Use `enter`, then `leave` to keep and tell."""

    def __init__(self, work: Work, visit: Appointment, call: Call, standing: Standing) -> None:
        self.work, self.visit, self.call, self.standing = work, visit, call, standing
        self.seats: dict[Role, Seat] = {}
        self.has_noticed = False

    @classmethod
    async def enter(cls, work: Work, organization: OrganizationKey, key: UUID) -> "Meeting":
        """Hold the visit and look who is there; `NotFound` while it has no call.

        `has_noticed` says whether somebody has fallen silent without anybody knowing yet.
        """
        visit = await lock(work, organization, key)
        if visit.call is None:
            raise NotFound("this visit has no video call yet")
        standing, _ = await call_store.standing(work, visit.call.key)
        found = cls(work, visit, visit.call, standing)
        found.seats = dict((await call_store.seats(work, [visit.call.key]))[visit.call.key])
        await found._notice_silence()
        return found

    async def put(self, seat: Seat) -> None:
        """Give a side to a page, or note that it changed."""
        self.seats[seat.role] = seat
        await call_store.put_seat(self.work, self.call.key, seat)

    async def _notice_silence(self) -> None:
        lease = timedelta(seconds=self.work.tools.settings.video_away_seconds)
        for seat in list(self.seats.values()):
            if seat.is_silent(self.work.now, lease):
                await self.empty(seat)
                self.has_noticed = True

    async def empty(self, seat: Seat) -> None:
        """Nobody sits there any more. When it is the patient who waited, somebody looks again after the grace."""
        away = replace(seat, is_ready=False, away_since=self.work.now)
        await self.put(away)
        since = call_rules.left_at(self.visit, away) if seat.role is Role.PATIENT else None
        if since is not None:
            self.work.tasks.append(left_job(self.visit, since + self.grace))

    @property
    def grace(self) -> timedelta:
        """How long a patient may be away before having left."""
        return timedelta(seconds=self.work.tools.settings.video_left_seconds)

    def move(self, to: CallStatus, held_by: str | None = None) -> None:
        """The call in another status; `Unprocessable` when it cannot go there, or the visit is over."""
        if self.visit.status in rules.SETTLED:
            raise Unprocessable(rules.refusal(self.visit.status))
        if not call_rules.may_move(self.standing.status, to):
            raise Unprocessable(f'The call can not go from "{self.standing.status}" to "{to}"')
        self.standing = Standing(to, held_by)

    async def leave(self) -> dict[str, Any]:
        """Look who is there, keep what happened, let the visit follow, tell the pages; what they are told."""
        if self.visit.status not in rules.SETTLED:
            since = call_rules.left_at(self.visit, self.seats.get(Role.PATIENT))
            if self.standing.status is CallStatus.WAITING and since and since + self.grace <= self.work.now:
                self.standing = Standing(CallStatus.LEFT)
            self.standing = call_rules.standing(self.standing, self.seats)
        version = await call_store.put(self.work, self.call.key, self.standing)
        audit.note(self.work, "write", "video-call", self.visit.person, self.visit.organization)
        await self._follow()
        now = await lock(self.work, self.visit.organization, self.visit.key)
        told = signal.state_of(now, self.seats, self.standing.held_by, version)
        await signal.tell(self.work, self.call.id, told)
        return told

    async def _follow(self) -> None:
        """The visit goes where its call leads it; it may be further on already, by the staff's own hand."""
        visit, status = self.visit, self.standing.status
        if status is self.call.status:
            return
        to, outcome = _VISIT.get(status, (None, None))
        if to is not None and (to is not Status.EXAM or rules.may_move(visit.status, to)):
            await move(self.work, visit.organization, visit.key, to, outcome=outcome)


_VISIT: Mapping[CallStatus, tuple[Status, Outcome | None]] = {
    CallStatus.ON_CALL: (Status.EXAM, None),
    CallStatus.COMPLETE: (Status.COMPLETED, None),
    CallStatus.INCOMPLETE: (Status.COMPLETED, Outcome.INCOMPLETE),
    CallStatus.LEFT: (Status.NO_SHOW, Outcome.LEFT),
}


def left_job(visit: Appointment, when: datetime) -> Deferred:
    """The job that looks whether a patient who went away came back."""
    data = {"organization": str(visit.organization), "appointment": str(visit.key)}
    return Deferred(LEFT, data, f"{LEFT}:{visit.key}:{int(when.timestamp())}", when)
