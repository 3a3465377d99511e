"""Which of his clinics a patient's own page is about, and what there is of his plan there."""

from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from openward.care import coaching, identity, organizations, patients
from openward.care.coaching import Plan
from openward.care.errors import NotFound
from openward.care.identity import System
from openward.care.organizations import DEFAULT_UNITS, Organization
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.wire.web.viewer import Link, Viewer, viewer


@dataclass(frozen=True, slots=True)
class MyPlace:
    """The viewer and one of his clinics; `id` is its public one, `links` lead to the same page of each."""

    head: Viewer
    clinic: Organization
    id: str
    links: tuple[Link, ...]
    plan: Plan

    @property
    def key(self) -> OrganizationKey:
        """The key of the clinic."""
        return self.plan.organization

    @property
    def zone(self) -> ZoneInfo:
        """The clocks of the plan, whose days are shown; UTC until somebody chooses."""
        return self.plan.content.zone

    @property
    def units(self) -> str:
        """The glucose units that the clinic reads."""
        return self.clinic.profile.preferred_units or DEFAULT_UNITS

    def href(self, path: str, **more: str) -> str:
        """The address of another page of the viewer about this clinic."""
        return f"{path}?{urlencode({'clinic': self.id, **{name: text for name, text in more.items() if text}})}"


async def my_place(work: Work, call: Call, path: str) -> tuple[Viewer, MyPlace | None]:
    """The clinic that the address names, else the first by name; None for somebody who is no patient.

    `NotFound` for a clinic where the viewer is none.
    """
    head = await viewer(work, call)
    enrolments = [one for one in await patients.of_person(work, head.account.key) if one.is_active]
    found = await organizations.get_many(work, [one.organization for one in enrolments])
    ids = await identity.names(work, list(found), System.CLINIC)
    ordered = sorted(found.values(), key=lambda one: (one.profile.name.casefold(), one.key))
    chosen = call.query.get("clinic") or next((ids[one.key] for one in ordered), None)
    here = next((one for one in ordered if ids[one.key] == chosen), None)
    if here is None:
        if ordered:
            raise NotFound("no such clinic")
        return head, None
    links = tuple(
        Link(f"{path}?{urlencode({'clinic': ids[one.key]})}", one.profile.name or "Clinic", one is here)
        for one in ordered
    )
    plan = await coaching.of_patient(work, OrganizationKey(here.key), head.account.key)
    return head, MyPlace(head, here, ids[here.key], links, plan)
