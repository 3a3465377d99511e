"""What all reward resources have in common: how amounts and moments are read and written, pages, and faults."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.rewards import Selection
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.twine import query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.errors import body_fault, refuse_parameter
from openward.wire.twine.moments import moment_of
from openward.wire.twine.names import key_of
from openward.wire.twine.query import Paging, Query
from openward.wire.twine.resource import Resource, collection

PAGING = Paging(1000, 1000)
"""The published lists have no pages; ours hold a thousand unless asked otherwise."""
_RELATIONS = frozenset({"patient", "group", "reward_program", "reward_program_activation", "reward", "reward_earning"})
_NEVER, _NOTHING = datetime.min.replace(tzinfo=UTC), UUID(int=0)
Item = TypeVar("Item")
Render = Callable[[Work, Sequence[Item]], Awaitable[list[Resource]]]


def amount(value: Decimal | None) -> float | None:
    """A number; a whole one without a fraction of nothing."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


@dataclass(slots=True)
class Body:
    """The attributes and relationships of one item of a body, read one by one; `base` points at it.

    What cannot be read is noted, and something stands in for it until `require` refuses the whole.
    """

    data: Mapping[str, Any]
    base: str = "/data"
    faults: list[Fault] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """An attribute as it came, or None."""
        return self.data["attributes"].get(name)

    def amount(self, name: str) -> Decimal:
        """An attribute that is a number."""
        return Decimal(repr(self.get(name)))

    def moment(self, name: str) -> datetime:
        """An attribute that is a date and time; without an offset it is UTC."""
        moment = moment_of(self.get(name))
        if moment is not None:
            return moment
        self.faults.append(body_fault(f"{self.base}/attributes/{name}", "No calendar holds this"))
        return _NEVER

    def moment_or_none(self, name: str) -> datetime | None:
        """The same of an attribute that may be missing."""
        return None if self.get(name) is None else self.moment(name)

    async def related(self, work: Work, name: str) -> UUID:
        """What a relationship names; an unknown id is a fault."""
        try:
            return await key_of(work, self.data["relationships"][name]["data"]["id"])
        except NotFound:
            return self.unknown(name)

    def unknown(self, name: str) -> UUID:
        """Note that a relationship names nothing that can be meant."""
        fault = body_fault(f"{self.base}/relationships/{name}", "There is no such resource")
        if fault not in self.faults:
            self.faults.append(fault)
        return _NOTHING

    def require(self) -> None:
        """`Invalid` when something is wrong so far."""
        if self.faults:
            raise Invalid(self.faults)


def placed(fault: Fault, base: str = "/data") -> Fault:
    """A fault of care, which names a field, with its pointer."""
    part = "relationships" if fault.pointer in _RELATIONS else "attributes"
    return body_fault(f"{base}/{part}/{fault.pointer}", fault.detail)


async def require_owner(work: Work, owner: OrganizationKey, person: PersonKey) -> None:
    """`NotAllowed` unless this patient of this organization is within the token's reach."""
    if owner != organization(work):
        raise NotAllowed
    await scope.require_people(work, [person])


async def selection(
    work: Work, asked: Query, activation: UUID | None = None, thread: str | None = None, is_ready: bool | None = None
) -> Selection | None:
    """Whose rewards are asked for; None for nobody's."""
    whom = await scope.read(work, asked)
    if whom.is_empty:
        return None
    return Selection(whom.organization, whom.groups, whom.person, activation, thread, is_ready)


async def after(work: Work, asked: Query) -> UUID | None:
    """The key of the last item seen, out of a cursor, which holds its id."""
    page = asked.page
    if page is None or page.after is None:
        return None
    name = page.after[0] if len(page.after) == 1 else None
    try:
        return await key_of(work, name) if isinstance(name, str) else _strange()
    except NotFound:
        return _strange()


def _strange() -> UUID:
    raise refuse_parameter("page[after]", "This is not a cursor that was given out")


async def listed(
    work: Work,
    call: Call,
    asked: Query,
    count: int,
    fetch: Callable[[int, int, UUID | None], Awaitable[list[Item]]],
    render: Render[Item],
) -> Reply:
    """One page of a list: `fetch(offset, limit, after)` gives its items."""
    page = asked.page or query.Page(0)
    found: list[Item] = []
    if page.size:
        found = await fetch(page.offset, page.size + page.is_cursor, await after(work, asked))
    has_more, found = len(found) > page.size, found[: page.size]
    made = await render(work, found)
    last = [made[-1]["id"]] if has_more and page.is_cursor else None
    return collection(call, made, count, query.links(call, asked, count, last))
