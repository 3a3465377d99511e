"""Templates of a practice: made and changed; visits carry those of their room."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care import visits
from openward.care.documentation import store
from openward.care.documentation.model import Section, Template
from openward.care.errors import Unavailable
from openward.care.visits import Appointment, AppointmentBooked
from openward.care.work import OrganizationKey, Work, new_key


async def templates(work: Work, organization: OrganizationKey) -> list[Template]:
    """The templates of a practice, by name."""
    return await store.templates(work, organization)


async def put_template(work: Work, organization: OrganizationKey, name: str, sections: Sequence[Section]) -> Template:
    """The template of this name with this form, made when missing; another form is a new edition.

    Visits that carry it already keep the edition that they began with.
    """
    found = await store.lock_template(work, organization, name)
    if found is None:
        made = Template(new_key(work), organization, name, 1, tuple(sections))
        if await store.insert_template(work, made):
            return made
        found = await store.lock_template(work, organization, name)
    if found is None:
        raise Unavailable("somebody changed the template at the same time, try again")
    if found.sections == tuple(sections):
        return found
    changed = replace(found, edition=found.edition + 1, sections=tuple(sections))
    await store.replace(work, changed)
    return changed


async def attach_to(work: Work, event: AppointmentBooked) -> None:
    """A new visit carries the templates of its room."""
    room = await visits.room(work, event.organization, event.room)
    if room.settings.templates:
        await store.attach(work, event.organization, event.appointment, event.person, room.settings.templates)


async def attach(work: Work, visit: Appointment, names: Sequence[str]) -> None:
    """The templates of these names belong to a visit from now on; those that it carries already stay as they are."""
    await store.attach(work, visit.organization, visit.key, visit.person, names)
