"""An organization with an endpoint."""

from uuid import UUID

import pytest

from openward.care import organizations, subscriptions
from openward.care.organizations import Profile
from openward.care.subscriptions import Topic
from openward.care.work import OrganizationKey, Work

URL = "https://receiver.example.org/hook"


@pytest.fixture
async def organization(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Practice"), admin=None)).key


@pytest.fixture
async def endpoint(work: Work, organization: OrganizationKey) -> UUID:
    made = await subscriptions.subscribe(work, organization, URL, [Topic.PATIENT_CREATED])
    return made.subscription.key
