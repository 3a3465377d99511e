"""Accounts of many patients at once, and when people first and last signed in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care import audit, identity
from openward.care.accounts import many_store
from openward.care.accounts.model import Role
from openward.care.identity import Born
from openward.care.work import OrganizationKey, PersonKey, Work


async def create_many_custodial(
    work: Work, practice: OrganizationKey, people: Sequence[PersonKey], profiles: Sequence[Mapping[str, Any]]
) -> list[Born]:
    """An account without login for each of these new people, with a profile; like `create_custodial` for each.

    Programs of the practice may ask for them by their user ids; their names in the same order.
    """
    await many_store.insert(work, people, (Role.CUSTODIAL, Role.PATIENT))
    born = await identity.mint_people(work, people, practice)
    await many_store.insert_documents(work, "profile", list(zip(people, profiles, strict=True)))
    audit.note_all(work, "write", "account", people)
    return born


async def accesses(work: Work, keys: Sequence[UUID]) -> dict[PersonKey, tuple[datetime, datetime]]:
    """When each of these people first and last signed in; those who never did are absent."""
    return await many_store.accesses(work, keys) if keys else {}
