"""What an organization asks its patient to do: upload data, connect a partner cloud."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from openward.care import accounts, events, notices, organizations
from openward.care.patients.model import ConnectionRequest, ConnectionRequested, DataSource, Enrolment
from openward.care.patients.update import locked, save
from openward.care.work import OrganizationKey, PersonKey, Work

LINK_LIFE: Final = timedelta(days=30)
"""Tidepool: so long the link of a connection request is good, and the entry of the partner waits."""
_MOST_REQUESTS = 100
"""So many requests a partner are kept, the latest ones."""


async def remind_to_upload(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment:
    """Ask the patient by mail to upload data, and note when; without an address, or of a dead one, it is noted only."""
    place = await organizations.get(work, organization)
    before = await locked(work, organization, person)
    after = replace(before, last_upload_reminder_at=work.now, updated_at=work.now)
    await save(work, after)
    account = (await accounts.get_many(work, [person])).get(person)
    address = after.email or (account.email if account else None)
    if (
        address is not None
        and not after.is_deceased
        and await accounts.may_mail(work, address, f"upload-reminder:{organization}")
    ):
        await notices.send(
            work,
            "patient_upload_reminder",
            address,
            person=person,
            organization=organization,
            name=after.full_name,
            clinic=place.profile.name,
            link=f"{work.tools.settings.public_url}/signin",
        )
    return after


async def request_connection(work: Work, organization: OrganizationKey, person: PersonKey, provider: str) -> Enrolment:
    """Note that the organization asks the patient to connect this partner cloud; `NotFound` for the patient.

    A patient without an entry for the partner gets one. What goes to the patient hangs on `ConnectionRequested`.
    """
    before = await locked(work, organization, person)
    after = replace(
        before,
        connection_requests=_with_request(before.connection_requests, ConnectionRequest(provider, work.now)),
        data_sources=_awaiting(before.data_sources or (), provider, work),
        updated_at=work.now,
    )
    await save(work, after)
    events.record(work, ConnectionRequested(organization, person, provider))
    return after


def _with_request(
    before: Mapping[str, tuple[ConnectionRequest, ...]], request: ConnectionRequest
) -> dict[str, tuple[ConnectionRequest, ...]]:
    """The request before all earlier ones; one that began first and comes last takes the time of the latest."""
    earlier = before.get(request.provider, ())
    if earlier and earlier[0].at > request.at:
        request = replace(request, at=earlier[0].at)
    return {**before, request.provider: (request, *earlier)[:_MOST_REQUESTS]}


def _awaiting(sources: tuple[DataSource, ...], provider: str, work: Work) -> tuple[DataSource, ...]:
    """The entries with that of the partner waiting; one that was connected before waits to be connected again."""
    until = work.now + LINK_LIFE
    if all(source.provider != provider for source in sources):
        return (*sources, DataSource(provider, "pending", expires_at=until))
    return tuple(
        source
        if source.provider != provider
        else replace(source, state="pending", expires_at=until)
        if source.modified_at is None
        else replace(source, state="pendingReconnect", expires_at=until, modified_at=work.now)
        for source in sources
    )
