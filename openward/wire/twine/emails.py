"""The log of mails: those that went to patients and coaches of the organization, with what became of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import audit, notices, organizations, patients
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.notices import Mailed
from openward.care.organizations import Coach
from openward.care.work import MemberKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.calendar_people import reachable
from openward.wire.twine.coaches import is_visible
from openward.wire.twine.errors import PARAMETER
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, keys_of, names_of
from openward.wire.twine.query import Filter, Query
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource

KIND = "email_history"
MOST = 5000
_FILTERS = {"emailType": Filter.TEXT, "receiver": Filter.ID, "sender": Filter.ID}
_INVITE = "invite"
_TYPES = {"custodial_claim": _INVITE, "clinician_invitation": _INVITE}
"""Templates that this system knows by another name; the others keep theirs."""


@dataclass(frozen=True, slots=True)
class _People:
    """Who may be shown: patients within reach, and coaches by person."""

    patients: Collection[PersonKey]
    coaches: Mapping[PersonKey, Coach]

    def pointer(self, person: PersonKey | None, names: Mapping[UUID, str]) -> dict[str, Any] | None:
        """Somebody as a patient, else as a coach; None for nobody who may be shown."""
        if person is None:
            return None
        if person in self.patients:
            return pointer_to("patient", names.get(person))
        coach = self.coaches.get(person)
        return None if coach is None else pointer_to("coach", names.get(coach.member))

    def __contains__(self, person: PersonKey) -> bool:
        return person in self.patients or person in self.coaches


async def _people(work: Work, among: Sequence[PersonKey]) -> _People:
    """Those of these people whom the token reaches; two statements."""
    coaches = await organizations.coaches(work, organization(work), reach(work))
    return _People(
        await patients.in_groups(work, organization(work), reach(work), among),
        {coach.person: coach for coach in coaches if is_visible(work, coach)},
    )


def _involved(mails: Sequence[Mailed]) -> list[PersonKey]:
    return list({person for mail in mails for person in (mail.receiver, mail.sender) if person is not None})


async def _render(work: Work, mails: Sequence[Mailed], people: _People) -> list[Resource]:
    involved = _involved(mails)
    members = [people.coaches[person].member for person in involved if person in people.coaches]
    names = await names_of(work, [*(mail.key for mail in mails), *involved, *members])
    for person in dict.fromkeys(mail.receiver for mail in mails):
        if person in people.patients:
            audit.note(work, "read", "mail", person, organization(work))
    return [
        resource(
            KIND,
            names[mail.key],
            _attributes(mail, sender),
            {"sender": sender, "receiver": people.pointer(mail.receiver, names)},
        )
        for mail in mails
        for sender in (people.pointer(mail.sender, names),)
    ]


def _attributes(mail: Mailed, sender: Mapping[str, Any] | None) -> dict[str, Any]:
    times = {
        "processed": mail.created_at,
        "deferred": mail.deferred_at,
        "delivered": mail.sent_at,
        "dropped": mail.dropped_at,
    }
    known = {name: at for name, at in times.items() if at is not None}
    return {
        "twine_email_id": str(mail.number),
        "email_address": mail.recipient,
        "email_type": _TYPES.get(mail.template, mail.template),
        "send_time": written(mail.created_at),
        "status_times": {name: written(at) for name, at in known.items()},
        "created_at": written(mail.created_at),
        "updated_at": written(max(known.values())),
    } | ({} if sender is None else {"created_by": sender["id"]})


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /email_history: all of them, latest first; of more than `MOST` the latest."""
    asked = query.read(call, filters=_FILTERS, sort=("send_time", "-send_time"))
    _require_scope(work, asked)
    named = [asked.get(name) for name in ("receiver", "sender") if asked.get(name) is not None]
    by_name = await _persons(work, named)
    if any(name not in by_name for name in named):
        return collection(call, [], 0, query.links(call, asked, 0))
    receiver = asked.get("receiver")
    to = [by_name[receiver]] if receiver else await notices.receivers(work, organization(work))
    sender = by_name[asked.get("sender")] if asked.get("sender") else None
    reached = await _people(work, to)
    mails, count = await notices.mails(
        work,
        organization(work),
        [person for person in to if person in reached],
        sender=sender,
        templates=_templates(asked.get("emailType")),
        limit=MOST,
    )
    people = await _people(work, _involved(mails))
    if asked.sort == "send_time":
        mails = mails[::-1]
    return collection(call, await _render(work, mails, people), count, query.links(call, asked, count))


def _require_scope(work: Work, asked: Query) -> None:
    if work.tools.settings.twine_require_scope_filter and not {"receiver", "sender"} & {
        name for name in _FILTERS if asked.get(name) is not None
    }:
        detail = "One of filter[receiver], filter[sender] is needed"
        raise Invalid([Fault(PARAMETER, "filter[receiver]", detail)])


async def _persons(work: Work, names: Sequence[str]) -> dict[str, PersonKey]:
    """Who bears these ids, as patients or coaches; `NotAllowed` for somebody out of reach, unknown ones are absent."""
    keys = await keys_of(work, names) if names else {}
    found = await reachable(work, list(dict.fromkeys(keys.values())))
    members = await organizations.get_coaches(work, [MemberKey(key) for key, one in found.items() if one.is_coach])
    return {
        name: members[MemberKey(key)].person if found[key].is_coach else PersonKey(key)
        for name, key in keys.items()
        if key in found
    }


def _templates(kind: str | None) -> list[str] | None:
    """The templates that go by this name."""
    if kind is None:
        return None
    renamed = [template for template, name in _TYPES.items() if name == kind]
    return renamed or [kind] if kind not in _TYPES else []


async def fetch(work: Work, call: Call) -> Reply:
    """GET /email_history/{id}: `NotAllowed` for a mail of another organization or to somebody out of reach."""
    query.read_nothing(call)
    found = await notices.get_mail(work, await key_of(work, call.path["id"]))
    if found is None:
        raise NotFound
    if found.organization != organization(work):
        raise NotAllowed
    people = await _people(work, _involved([found]))
    if found.receiver not in people:
        raise NotAllowed
    return one(call, (await _render(work, [found], people))[0])


ROUTES = [
    Route("GET", f"/pub/{KIND}", fetch_all, "twine.v7:fetchEmailHistories"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "twine.v7:fetchEmailHistory"),
]
