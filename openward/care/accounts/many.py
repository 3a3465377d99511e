"""Accounts of many patients at once, and when people first and last signed in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care import audit, identity
from openward.care.accounts import many_store
from openward.care.accounts.model import Role
from openward.care.identity import Kind, System
from openward.care.work import PersonKey, Work, new_key


async def create_many_custodial(
    work: Work, profiles: Sequence[Mapping[str, Any]]
) -> list[tuple[PersonKey, Mapping[System, str]]]:
    """An account without login for each profile, in their order, with its names; like `create_custodial` for each."""
    people = [PersonKey(new_key(work)) for _ in profiles]
    await many_store.insert(work, people, (Role.CUSTODIAL, Role.PATIENT))
    names = await identity.mint_many(work, people, Kind.PERSON)
    await many_store.insert_documents(work, "profile", list(zip(people, profiles, strict=True)))
    audit.note_all(work, "write", "account", people)
    return [(person, names[person]) for person in people]


async def accesses(work: Work, keys: Sequence[UUID]) -> dict[PersonKey, tuple[datetime, datetime]]:
    """When each of these people first and last signed in; those who never did are absent."""
    return await many_store.accesses(work, keys) if keys else {}
