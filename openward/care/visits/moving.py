"""Virtual care in a merge of organizations."""

from openward.care import organizations
from openward.care.visits import moving_store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Rooms, staff, visits and settings of one organization belong to another; rooms keep their hours and zone."""
    timezone = (await organizations.get(work, source)).profile.timezone
    await moving_store.move_rooms(work, source, target, timezone)
    await moving_store.move_staff(work, source, target)
    await moving_store.move_visits(work, source, target)
    await moving_store.move_practice(work, source, target)
