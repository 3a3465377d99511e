"""Providers and medical assistants: members of the practice with what virtual care says of them."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care import accounts, organizations
from openward.care.errors import Invalid, NotFound
from openward.care.visits import staff_store
from openward.care.visits.model import Staff
from openward.care.work import OrganizationKey, PersonKey, Work

_MOST_NAME = 255


async def put_staff(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    *,
    first_name: str,
    last_name: str,
    middle_name: str = "",
    username: str | None = None,
    is_provider: bool = False,
    is_assistant: bool = False,
) -> Staff:
    """Somebody as a provider or an assistant, or both; what he was already he stays. Membership is for the caller.

    `Conflict` when the user name is a colleague's.
    """
    found = (await staff_store.get_many(work, organization, [person])).get(person)
    if found is not None:
        is_provider, is_assistant = is_provider or found.is_provider, is_assistant or found.is_assistant
        username = username or found.username
    names = (first_name, middle_name, last_name)
    if found is not None:
        same = replace(found, username=username, is_provider=is_provider, is_assistant=is_assistant)
        if same == found and names == (found.first_name, found.middle_name, found.last_name):
            return found
    await staff_store.put(
        work,
        organization,
        person,
        username,
        names,
        is_provider=is_provider,
        is_assistant=is_assistant,
    )
    return await _one(work, organization, person)


async def set_staff(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    names: tuple[str, str, str],
    username: str | None,
    *,
    is_provider: bool,
    is_assistant: bool,
) -> Staff:
    """A member of the practice as just this: first, middle and last name, user name, provider, assistant, or neither.

    `NotFound` for whoever is no member, `Conflict` when the user name is a colleague's, `Invalid` without a last name.
    """
    await organizations.member(work, organization, person)
    if not names[2].strip() or any(len(name) > _MOST_NAME for name in (*names, username or "")):
        raise Invalid(f"a last name is needed, and no name has more than {_MOST_NAME} characters")
    await staff_store.put(
        work, organization, person, username or None, names, is_provider=is_provider, is_assistant=is_assistant
    )
    return await _one(work, organization, person)


async def as_provider(work: Work, organization: OrganizationKey, person: PersonKey) -> Staff:
    """A member of the practice as one of its providers, with the name of the member; `NotFound` for others."""
    found = (await staff_store.get_many(work, organization, [person])).get(person)
    if found is not None:
        return found
    member = await organizations.member(work, organization, person)
    first, _, last = (member.name or "").strip().rpartition(" ")
    return await put_staff(work, organization, person, first_name=first, last_name=last, is_provider=True)


async def staff_of(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[PersonKey, Staff]:
    """Those of these people who are staff of the practice."""
    return await staff_store.get_many(work, organization, people) if people else {}


async def all_staff(work: Work, organization: OrganizationKey) -> list[Staff]:
    """All providers and assistants of a practice, by name."""
    return await staff_store.of_organization(work, organization)


async def staff_named(work: Work, organization: OrganizationKey, name: str) -> Staff | None:
    """Whom a user name or an e-mail address means."""
    found = await staff_store.by_username(work, organization, name)
    if found is None:
        account = await accounts.by_email(work, name)
        if account is not None:
            return (await staff_store.get_many(work, organization, [account.key])).get(account.key)
    return found


async def _one(work: Work, organization: OrganizationKey, person: PersonKey) -> Staff:
    found = (await staff_store.get_many(work, organization, [person])).get(person)
    if found is None:
        raise NotFound("this person does not work here")
    return found
