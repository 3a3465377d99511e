"""Templates of a practice: made and changed; visits carry those of their room."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from openward.care import visits
from openward.care.documentation import forms, store
from openward.care.documentation.model import Section, Template
from openward.care.errors import Conflict, NotFound, Unavailable
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


async def template(work: Work, organization: OrganizationKey, key: UUID) -> Template:
    """One template of the practice, or `NotFound`."""
    found = await store.template(work, organization, key)
    if found is None:
        raise NotFound("there is no such template")
    return found


async def create_template(
    work: Work, organization: OrganizationKey, name: str, sections: Sequence[Section]
) -> Template:
    """A new template; `Conflict` when the practice has one of this name, `Invalid` with a fault at each bad place."""
    forms.require_form(name, sections)
    made = Template(new_key(work), organization, name, 1, tuple(sections))
    if not await store.insert_template(work, made):
        raise Conflict("there is a template of this name already")
    return made


async def change_template(
    work: Work, organization: OrganizationKey, key: UUID, name: str, sections: Sequence[Section]
) -> Template:
    """A template with another name or form, a new edition then; errors as with `create_template`, `NotFound`.

    Visits that carry it already keep the edition that they began with; rooms follow its name.
    """
    forms.require_form(name, sections)
    found = await template(work, organization, key)
    held = await store.lock_template(work, organization, found.name)
    if held is None:
        raise Unavailable("somebody changed the template at the same time, try again")
    if held.name != name:
        await store.rename(work, key, name)
        await visits.rename_template(work, organization, held.name, name)
    changed = replace(held, name=name)
    if held.sections != tuple(sections):
        changed = replace(changed, edition=held.edition + 1, sections=tuple(sections))
        await store.replace(work, changed)
    return changed


async def attach_to(work: Work, event: AppointmentBooked) -> None:
    """A new visit carries the templates of its room."""
    if event.templates:
        await store.attach(work, event.organization, event.appointment, event.person, event.templates)


async def attach(work: Work, visit: Appointment, names: Sequence[str]) -> None:
    """The templates of these names belong to a visit from now on; those that it carries already stay as they are."""
    await store.attach(work, visit.organization, visit.key, visit.person, names)
