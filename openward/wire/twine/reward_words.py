"""What all reward resources have in common: how amounts and moments are read and written, pages, and faults."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from openward.wire.twine.names import key_of, keys_of
from openward.wire.twine.query import Paging, Query
from openward.wire.twine.resource import Resource, collection
from openward.wire.twine.schema import below, look_together
from openward.wire.twine.together import Together, is_told

PAGING = Paging(1000, 1000)
"""The published lists have no pages; ours hold a thousand unless asked otherwise."""
_RELATIONS = frozenset({"patient", "group", "reward_program", "reward_program_activation", "reward", "reward_earning"})
_NEVER = datetime.min.replace(tzinfo=UTC)
Item = TypeVar("Item")
Made = TypeVar("Made")
Render = Callable[[Work, Sequence[Item]], Awaitable[list[Resource]]]


def amount(value: Decimal | None) -> float | None:
    """A number; a whole one without a fraction of nothing."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


class Body:
    """One item of a body, read member by member; `base` points at it, `told` has what is wrong with it so far.

    Something stands in for what cannot be read, which `refused` names.
    """

    def __init__(self, data: Any, told: Together, base: str = "/data") -> None:
        self.base, self.told = base, told
        self._attributes, self._relationships = below(data, "attributes"), below(data, "relationships")
        self._unread: set[str] = set()

    @property
    def refused(self) -> frozenset[str] | None:
        """The attributes that could not be read; None when nothing is wrong so far."""
        return frozenset(self._unread) if self.told.faults else None

    def get(self, name: str) -> Any:
        """An attribute as it came, or None."""
        return self._attributes.get(name)

    def text(self, name: str) -> str:
        """An attribute that is a text."""
        return self.get(name) or ""

    def flag(self, name: str) -> bool | None:
        """An attribute that is true or false; None where it is neither."""
        return self._attributes.get(name)

    def amount(self, name: str) -> Decimal:
        """An attribute that is a number."""
        given = self.get(name)
        if given is None:
            self._unread.add(name)
            return Decimal(0)
        return Decimal(repr(given))

    def moment(self, name: str) -> datetime:
        """An attribute that is a date and time; without an offset it is UTC."""
        given = self.get(name)
        moment = moment_of(given) if isinstance(given, str) else None
        if moment is not None:
            return moment
        self._unread.add(name)
        if given is not None:
            self.told.add([body_fault(f"{self.base}/attributes/{name}", "No calendar holds this")])
        return _NEVER

    def moment_or_none(self, name: str) -> datetime | None:
        """The same of an attribute that may be missing."""
        if self.get(name) is None:
            if self._is_told(name):
                self._unread.add(name)
            return None
        return self.moment(name)

    def _is_told(self, name: str) -> bool:
        return is_told(f"{self.base}/attributes/{name}", {fault.pointer for fault in self.told.faults})

    def id_of(self, name: str) -> str:
        """The id in a relationship; "" where it cannot be read."""
        return below(self._relationships, name, "data").get("id") or ""

    async def related(self, work: Work, name: str) -> UUID | None:
        """What a relationship names; None where that cannot be read, or where nobody knows the id, which is a fault."""
        given = self.id_of(name)
        if not given:
            return None
        found = (await keys_of(work, [given])).get(given)
        if found is None:
            self.unknown(name)
        return found

    def unknown(self, name: str) -> None:
        """Note that a relationship names nothing that can be meant."""
        self.told.add([body_fault(f"{self.base}/relationships/{name}", "There is no such resource")])

    async def made(self, making: Awaitable[Made]) -> Made:
        """What care makes of it; `Invalid` with everything that is wrong, what care finds included."""
        try:
            return await making
        except Invalid as refused:
            self.told.add([placed(fault, self.base) for fault in refused.faults])
            raise Invalid(self.told.faults) from None


async def read_body(call: Call, schema: str) -> Body:
    """The one item of a body, as far as it has the published shape."""
    document, told = await look_together(call, schema)
    return Body(document.get("data"), told)


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
