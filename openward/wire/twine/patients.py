"""Patients: one or many made at once, found, read, changed, made or changed; with their groups and coaches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care import identity, organizations, patients
from openward.care.errors import Fault, Invalid
from openward.care.identity import System
from openward.care.patients import Coached, Listing, Newcomer, Revision
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import coaches, groups, patient_bodies, patient_words, query, schema, scope
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.errors import PARAMETER, body_fault
from openward.wire.twine.media import require_document
from openward.wire.twine.moments import moment_of
from openward.wire.twine.names import names_of
from openward.wire.twine.patient_bodies import Item
from openward.wire.twine.query import Filter, Page, Paging, Query, Span
from openward.wire.twine.resource import Resource, collection, one, pointers, resource
from openward.wire.twine.together import Together

_FILTERS = {
    "archived": Filter.FLAG,
    "created_at": Filter.SPAN,
    "updated_at": Filter.SPAN,
    "groups": Filter.IDS,
    "organization": Filter.ID,
    "identifier.system": Filter.TEXT,
    "identifier.value": Filter.TEXT,
}


async def render(work: Work, known: Sequence[Coached]) -> list[Resource]:
    """Patients as resources, with those of their groups and coaches that the token reaches; three queries at most."""
    confined = reach(work)
    shown = [[key for key in patient.groups if confined is None or key in confined] for patient in known]
    seen = await _visible_coaches(work, known)
    born = [patient.born for patient in known if patient.born is not None]
    names: dict[UUID, str] = {one.person: one.twine for one in born}
    users: dict[UUID, str] = {one.person: str(one.user_id) for one in born}
    people = [patient.person for patient in known if patient.born is None]
    names |= await names_of(work, list(dict.fromkeys([*people, *(key for keys in shown for key in keys), *seen])))
    users |= await identity.names(work, people, System.USER)
    base = work.tools.settings.public_url
    made = []
    for patient, own_groups in zip(known, shown, strict=True):
        relationships = {
            "groups": pointers("group", [names[key] for key in own_groups]),
            "coaches": [
                {"type": "coach", "id": names[coach.member], "meta": {"primary": coach.is_primary}}
                for coach in patient.coaches
                if coach.member in seen
            ],
        }
        shape = resource("patient", names[patient.person], patient_words.attributes(patient), relationships)
        shape["links"]["twine_web_app"] = f"{base}/patients/{users[patient.person]}"
        made.append(shape)
    return made


async def _visible_coaches(work: Work, known: Sequence[Coached]) -> dict[UUID, Any]:
    members = list(dict.fromkeys(coach.member for patient in known for coach in patient.coaches))
    found = await organizations.get_coaches(work, members)
    return {key: coach for key, coach in found.items() if coaches.is_visible(work, coach)}


async def _known(work: Work, person: PersonKey) -> Coached:
    return (await patients.coached_many(work, organization(work), [person]))[person]


async def create(work: Work, call: Call) -> Reply:
    """POST /patient: one, or up to a thousand of them, all or none."""
    body = await patient_bodies.read(call, "PatientCreate")
    faults = body.faults + await patient_bodies.look_up(work, body.items)
    skips = body.meta.get("ignore_duplicates") is True
    made = await _register(work, body.items, faults, skips=skips)
    resources = await render(work, [known for known in made if known is not None])
    ignored = [item.base for item, known in zip(body.items, made, strict=True) if known is None]
    data = resources if body.is_list else (resources[0] if resources else None)
    return one(call, data, status=201, meta={"ignored": ignored} if skips else None)


async def _register(
    work: Work, items: Sequence[Item], faults: Sequence[Fault], *, skips: bool = False
) -> list[Coached | None]:
    """Make patients of the items, in their groups; None in the place of each who is left out."""
    newcomers = [
        Newcomer(
            patient_words.begun(item.attributes),
            patient_words.names(item.attributes) or (),
            item.coached_by,
        )
        for item in items
    ]

    async def groups_of(accepted: Sequence[int]) -> list[list[UUID]]:
        return await patient_bodies.group_keys(work, [items[number] for number in accepted])

    try:
        return await patients.register_many(
            work, organization(work), newcomers, groups_of, skips_clashes=skips, refused=faults
        )
    except Invalid as refused:
        raise patient_bodies.in_words(refused, items) from None


async def update(work: Work, call: Call) -> Reply:
    """PATCH /patient/{id}."""
    require_document(call)
    person = await scope.person_of(work, call.path["id"])
    body = await patient_bodies.read(call, "PatientUpdate")
    faults = body.faults + await patient_bodies.look_up(work, body.items)
    await _revise(work, person, body.items[0], faults)
    return one(call, (await render(work, [await _known(work, person)]))[0])


async def _revise(work: Work, person: PersonKey, item: Item, faults: Sequence[Fault]) -> None:
    if faults:
        wanted = Revision(names=patient_words.names(item.attributes))
    else:
        wanted = await _revision(work, person, item)
    try:
        await patients.revise(work, organization(work), person, wanted, refused=faults)
    except Invalid as refused:
        raise patient_bodies.in_words(refused, [item]) from None


async def _revision(work: Work, person: PersonKey, item: Item) -> Revision:
    """What the item asks for. Groups and coaches out of the token's reach stay as they are."""
    before = await _known(work, person)
    confined = reach(work)
    own_groups = own_coaches = None
    if item.groups is not None:
        kept = [] if confined is None else [key for key in before.groups if key not in confined]
        own_groups = tuple(dict.fromkeys([*kept, *(await patient_bodies.group_keys(work, [item]))[0]]))
    if item.coaches is not None:
        seen = await _visible_coaches(work, [before])
        has_primary = any(coach.is_primary for coach in item.coached_by)
        hidden = [
            replace(coach, is_primary=coach.is_primary and not has_primary)
            for coach in before.coaches
            if coach.member not in seen
        ]
        own_coaches = (*hidden, *item.coached_by)
    return Revision(
        lambda said: patient_words.changed(said, item.attributes),
        patient_words.names(item.attributes),
        own_groups,
        own_coaches,
    )


async def upsert(work: Work, call: Call) -> Reply:
    """PUT /patient: the patient whom the query means is changed, or made with the identifier of the query."""
    body = await patient_bodies.read(call, "PatientUpsert")
    asked = body.meta.get("query")
    if asked is None or not _is_whole(asked):
        raise Invalid(body.faults)
    item = body.items[0]
    faults = [*body.faults, *_long_parts(asked["identifier"]), *await patient_bodies.look_up(work, [item])]
    own_groups, group_faults = await _query_groups(work, asked["groups"])
    if group_faults:
        raise Invalid([*faults, *group_faults])
    pair = asked["identifier"]["system"], asked["identifier"]["value"]
    await patients.lock_name(work, pair)
    found = (await patients.by_identifiers(work, organization(work), own_groups, [pair]))[pair]
    if len(found) > 1:
        raise Invalid([*faults, body_fault("/meta/query", "Several patients have this identifier")])
    _add_identifier(item, asked["identifier"], is_new=not found)
    if found:
        await _revise(work, found[0], item, faults)
        return one(call, (await render(work, [await _known(work, found[0])]))[0])
    if item.groups is None:
        item.group_keys = own_groups
    needed = [name for name in ("first_name", "last_name") if name not in item.attributes]
    told = Together(faults)
    told.add(body_fault(f"/data/attributes/{name}", "This is missing") for name in needed)
    (made,) = await _register(work, [item], told.faults)
    return one(call, (await render(work, [made] if made else []))[0])


def _is_whole(asked: Any) -> bool:
    """Whether the query has what it takes to look somebody up."""
    identifier = asked.get("identifier") if isinstance(asked, dict) else None
    return (
        isinstance(identifier, dict)
        and all(isinstance(identifier.get(name), str) and identifier[name].strip() for name in ("system", "value"))
        and isinstance(asked.get("groups"), list)
        and all(isinstance(name, str) for name in asked["groups"])
    )


def _long_parts(identifier: Mapping[str, Any]) -> list[Fault]:
    """Parts of a query's identifier that are longer than those of a patient may be."""
    return [
        body_fault(f"/meta/query/identifier/{name}", f"This must have at most {schema.LONGEST_NAME} characters")
        for name in ("label", "system", "value")
        if isinstance(identifier.get(name), str) and len(identifier[name]) > schema.LONGEST_NAME
    ]


async def _query_groups(work: Work, ids: Sequence[str]) -> tuple[list[UUID], list[Fault]]:
    """The groups that a query names; unknown ones are faults, `NotAllowed` for one out of reach."""
    item = Item("", {}, [(place, {"id": name}) for place, name in enumerate(ids)], None)
    faults = await patient_bodies.look_up(work, [item])
    return item.group_keys, [
        replace(fault, pointer=f"/meta/query/groups/{fault.pointer.split('/')[-2]}") for fault in faults
    ]


def _add_identifier(item: Item, asked: Mapping[str, Any], *, is_new: bool) -> None:
    """The identifier of the query belongs to the patient, whatever list of identifiers the body has."""
    given = item.attributes.get("identifiers")
    if not is_new and "identifiers" not in item.attributes:
        return
    present = {(name["system"], name["value"]) for name in given or ()}
    if (asked["system"], asked["value"]) not in present:
        item.attributes = {**item.attributes, "identifiers": [*(given or ()), dict(asked)]}


async def fetch(work: Work, call: Call) -> Reply:
    """GET /patient/{id}."""
    query.read_nothing(call)
    person = await scope.person_of(work, call.path["id"])
    return one(call, (await render(work, [await _known(work, person)]))[0])


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /patient: in the order they came."""
    asked = query.read(call, filters=_FILTERS, paging=Paging())
    page = asked.page or Page(10)
    reached = await scope.read(work, asked, ("groups", "organization"))
    pair = _pair(asked)
    if reached.is_empty:
        return collection(call, [], 0, query.links(call, asked, 0))
    archived = asked.get("archived")
    wanted = Listing(
        groups=reached.groups,
        among=None if pair is None else await _named(work, pair),
        is_active=None if archived is None else not archived,
        created=_ends(asked.get("created_at")),
        updated=_ends(asked.get("updated_at")),
        offset=page.offset,
        limit=page.size + (1 if page.is_cursor and page.size else 0),
        after=_after(page),
    )
    people, count = await patients.listed(work, organization(work), wanted)
    known = await patients.coached_many(work, organization(work), people[: page.size])
    shown = [known[person] for person in people[: page.size] if person in known]
    last = None
    if page.is_cursor and len(people) > page.size and shown:
        last = [shown[-1].created_at.isoformat(), str(shown[-1].record)]
    return collection(call, await render(work, shown), count, query.links(call, asked, count, last))


def _pair(asked: Query) -> tuple[str, str] | None:
    system, value = asked.get("identifier.system"), asked.get("identifier.value")
    if (system is None) != (value is None):
        missing = "identifier.value" if value is None else "identifier.system"
        raise Invalid([Fault(PARAMETER, query.filter_name(missing), "System and value need each other")])
    return None if system is None else (system, value)


async def _named(work: Work, pair: tuple[str, str]) -> tuple[PersonKey, ...]:
    return (await patients.by_identifiers(work, organization(work), None, [pair]))[pair]


def _ends(span: Span | None) -> tuple[datetime | None, datetime | None]:
    return (None, None) if span is None else (span.start, span.end)


def _after(page: Page) -> tuple[datetime, UUID] | None:
    if page.after is None:
        return None
    try:
        moment, key = page.after
        at = moment_of(moment)
        if at is not None:
            return at, UUID(key)
    except (TypeError, ValueError, AttributeError):
        pass
    raise query.strange_cursor()


async def fetch_coaches(work: Work, call: Call) -> Reply:
    """GET /patient/{id}/coaches: those whom the token sees."""
    query.read_nothing(call)
    known = await _known(work, await scope.person_of(work, call.path["id"]))
    seen = await _visible_coaches(work, [known])
    shown = [seen[coach.member] for coach in known.coaches if coach.member in seen]
    return collection(call, await coaches.render(work, shown), len(shown), query.links(call, Query(), len(shown)))


async def fetch_groups(work: Work, call: Call) -> Reply:
    """GET /patient/{id}/groups: those that the token reaches."""
    query.read_nothing(call)
    known = await _known(work, await scope.person_of(work, call.path["id"]))
    shown = [group for group in await groups.visible(work) if group.key in known.groups]
    return collection(call, await groups.render(work, shown), len(shown), query.links(call, Query(), len(shown)))


ROUTES = [
    Route("GET", "/pub/patient", fetch_all, "twine.v7:fetchPatients"),
    Route("POST", "/pub/patient", create, "twine.v7:createPatient"),
    Route("PUT", "/pub/patient", upsert, "twine.v7:upsertPatient"),
    Route("GET", "/pub/patient/{id}", fetch, "twine.v7:fetchPatient"),
    Route("PATCH", "/pub/patient/{id}", update, "twine.v7:updatePatient"),
    Route("GET", "/pub/patient/{id}/coaches", fetch_coaches, "twine.v7:fetchPatientCoaches"),
    Route("GET", "/pub/patient/{id}/groups", fetch_groups, "twine.v7:fetchPatientGroups"),
]
