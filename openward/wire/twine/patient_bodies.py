"""Bodies that say who a patient is: read whole, with every fault, and what they point at found in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from openward.care import organizations
from openward.care.errors import Fault, Invalid, NotAllowed
from openward.care.organizations import Coach
from openward.care.patients import MEDICAL_RECORD_NUMBER, CoachedBy
from openward.care.work import MemberKey, Work
from openward.gateway.call import Call
from openward.wire.twine import groups
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.coaches import is_visible
from openward.wire.twine.errors import body_fault
from openward.wire.twine.media import require_document
from openward.wire.twine.names import keys_of, organization_name
from openward.wire.twine.patient_words import rule_faults
from openward.wire.twine.query import read_nothing
from openward.wire.twine.schema import check_body

_OWN_FAULTS = frozenset({"taken", "missing", "shared"})


@dataclass(slots=True)
class Item:
    """One patient of a body. `attributes` are those without a fault; groups and coaches are pointers with places."""

    base: str
    attributes: Mapping[str, Any]
    groups: list[tuple[int, Mapping[str, Any]]] | None
    coaches: list[tuple[int, Mapping[str, Any]]] | None
    group_keys: list[UUID] = field(default_factory=list)
    group_names: list[str] = field(default_factory=list)
    coached_by: tuple[CoachedBy, ...] = ()

    @property
    def mrn_pointer(self) -> str:
        """Where the medical record number stands, or should."""
        given = self.attributes.get("identifiers") or ()
        place = next((n for n, one in enumerate(given) if one["system"] == MEDICAL_RECORD_NUMBER), None)
        return f"{self.base}/attributes/identifiers" + ("" if place is None else f"/{place}")


@dataclass(frozen=True, slots=True)
class Body:
    """A body: its items, what is wrong with it so far, its `meta`, and whether its data was a list."""

    items: list[Item]
    faults: list[Fault]
    meta: Mapping[str, Any]
    is_list: bool


async def read(call: Call, name: str) -> Body:
    """The body by the published schema `name`, with all that can be found wrong without looking anything up."""
    require_document(call)
    read_nothing(call)
    kept, faults = await check_body(call, name)
    data = kept.get("data") if isinstance(kept, dict) else None
    meta = (kept.get("meta") if isinstance(kept, dict) else None) or {}
    spoilt = {fault.pointer.partition("/attributes/")[::2] for fault in faults}
    wrong = {(base, rest.partition("/")[0]) for base, rest in spoilt}
    if isinstance(data, list):
        items = [_item(f"/data/{place}", one, wrong, faults) for place, one in enumerate(data)]
    else:
        items = [_item("/data", data, wrong, faults)]
        wanted = call.path.get("id")
        if isinstance(data, dict) and wanted is not None and data.get("id") not in (None, wanted):
            faults.append(body_fault("/data/id", "The id is not that of the path"))
    return Body(items, faults, meta, isinstance(data, list))


def _item(base: str, data: object, wrong: set[tuple[str, str]], faults: list[Fault]) -> Item:
    """One item without the attributes that are `wrong`; what the rules find besides is added to the faults."""
    given = data if isinstance(data, dict) else {}
    said = given.get("attributes")
    said = said if isinstance(said, dict) else {}
    broken = rule_faults(f"{base}/attributes", said)
    faults += broken
    attributes: Mapping[str, Any] = said
    if broken or wrong:
        spoilt = {fault.pointer[len(base) + len("/attributes/") :].partition("/")[0] for fault in broken}
        attributes = {name: value for name, value in said.items() if name not in spoilt and (base, name) not in wrong}
    relationships = given.get("relationships")
    relationships = relationships if isinstance(relationships, dict) else {}
    item = Item(base, attributes, _pointers(relationships, "groups"), _pointers(relationships, "coaches"))
    faults += _pointer_faults(item)
    return item


def _pointers(relationships: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]] | None:
    given = relationships.get(name)
    data = given.get("data") if isinstance(given, dict) else None
    return None if not isinstance(data, list) else [(n, one) for n, one in enumerate(data) if isinstance(one, dict)]


def _query(one: Mapping[str, Any]) -> Mapping[str, Any] | None:
    meta = one.get("meta")
    query = meta.get("query") if isinstance(meta, dict) else None
    return query if isinstance(query, dict) else None


def _pointer_faults(item: Item) -> list[Fault]:
    faults = [
        body_fault(f"{item.base}/relationships/groups/data/{place}", "An id or a query is needed")
        for place, one in item.groups or ()
        if one.get("id") is None and one.get("meta") is None
    ]
    if not item.coaches:
        return faults
    primary = [place for place, one in item.coaches if (one.get("meta") or {}).get("primary") is True]
    base = f"{item.base}/relationships/coaches/data"
    return faults + [
        body_fault(f"{base}/{place}/meta/primary", "Only one coach can be the primary one") for place in primary[1:]
    ]


async def look_up(work: Work, items: Sequence[Item]) -> list[Fault]:
    """Find the groups and coaches that the items point at, with a few statements; unknown ones are faults.

    `NotAllowed` for what exists out of the token's reach.
    """
    return [*await _find_groups(work, items), *await _find_coaches(work, items)]


async def _find_groups(work: Work, items: Sequence[Item]) -> list[Fault]:
    ids = {str(one["id"]) for item in items for _, one in item.groups or () if isinstance(one.get("id"), str)}
    keys = await keys_of(work, list(ids))
    found = await organizations.get_groups(work, list(keys.values()))
    confined = reach(work)
    if any(one.organization != organization(work) for one in found.values()):
        raise NotAllowed
    if confined is not None and not set(found) <= set(confined):
        raise NotAllowed
    faults = []
    asked = False
    for item in items:
        for place, one in item.groups or ():
            query = _query(one)
            if one.get("id") is not None:
                key = keys.get(one["id"])
                if key in found:
                    item.group_keys.append(key)
                else:
                    pointer = f"{item.base}/relationships/groups/data/{place}/id"
                    faults.append(body_fault(pointer, "There is no such group"))
            elif query is not None and isinstance(query.get("name"), str) and query.get("organization"):
                asked = True
                item.group_names.append(query["name"])
                if len(query["name"]) > 255:
                    pointer = f"{item.base}/relationships/groups/data/{place}/meta/query/name"
                    faults.append(body_fault(pointer, "This must have at most 255 characters"))
    if asked:
        await _require_own_queries(work, items)
    return faults


async def _require_own_queries(work: Work, items: Sequence[Item]) -> None:
    """`NotAllowed` for a query that looks outside the token's organization or groups."""
    own = await organization_name(work, organization(work))
    queries = [_query(one) for item in items for _, one in item.groups or () if one.get("id") is None]
    if any(query is not None and query.get("organization") not in (None, own) for query in queries):
        raise NotAllowed("Queries do not look outside the organization of the token")
    if reach(work) is not None:
        names = {group.name for group in await groups.visible(work)}
        if not {name for item in items for name in item.group_names} <= names:
            raise NotAllowed("A token of some groups makes no new ones")


async def _find_coaches(work: Work, items: Sequence[Item]) -> list[Fault]:
    ids = {str(one["id"]) for item in items for _, one in item.coaches or () if isinstance(one.get("id"), str)}
    keys = await keys_of(work, list(ids))
    found: Mapping[MemberKey, Coach] = await organizations.get_coaches(work, [MemberKey(key) for key in keys.values()])
    if not all(is_visible(work, coach) for coach in found.values()):
        raise NotAllowed
    faults = []
    for item in items:
        chosen: dict[MemberKey, bool] = {}
        for place, one in item.coaches or ():
            key = MemberKey(keys[one["id"]]) if one.get("id") in keys else None
            if key is not None and key in found:
                chosen[key] = chosen.get(key, False) or (one.get("meta") or {}).get("primary") is True
            elif isinstance(one.get("id"), str):
                pointer = f"{item.base}/relationships/coaches/data/{place}/id"
                faults.append(body_fault(pointer, "There is no such coach"))
        item.coached_by = tuple(CoachedBy(key, is_primary) for key, is_primary in chosen.items())
    return faults


async def group_keys(work: Work, items: Sequence[Item]) -> list[list[UUID]]:
    """The groups of each item; those that were asked for by name are made where they are missing."""
    names = list(dict.fromkeys(name for item in items for name in item.group_names))
    found = await organizations.groups_by_names(work, organization(work), names) if names else {}
    return [list(dict.fromkeys([*item.group_keys, *(found[name].key for name in item.group_names)])) for item in items]


def in_words(refused: Invalid, items: Sequence[Item]) -> Invalid:
    """What care refused, with the pointers of this body. A pointer of care's may begin with the number of the item."""
    return Invalid([_placed(fault, items) if fault.code in _OWN_FAULTS else fault for fault in refused.faults])


def _placed(fault: Fault, items: Sequence[Item]) -> Fault:
    number, _, rest = fault.pointer.partition("/")
    item = items[int(number)] if number.isdigit() else items[0]
    where = rest if number.isdigit() else fault.pointer
    if where.startswith("names/"):
        return body_fault(f"{item.base}/attributes/identifiers/{where[6:]}", "Somebody else has this identifier")
    if where == "mrn":
        detail = "A medical record number is needed" if fault.code == "missing" else "Somebody else has this identifier"
        return body_fault(item.mrn_pointer, detail)
    return body_fault(f"{item.base}/attributes/email_address", "Another patient has this address")
