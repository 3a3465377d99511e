"""Reminding people of accounts that wait to be claimed: once, a week after a clinic has made one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from openward.care import notices
from openward.care.accounts import confirmation_store
from openward.care.accounts.confirmations import key_of
from openward.care.accounts.documents import documents
from openward.care.accounts.people import get_many
from openward.care.work import Work

REMIND = "accounts.remind"
AFTER = timedelta(days=7)
_AT_ONCE = 200


async def remind(work: Work, _data: Mapping[str, Any]) -> None:
    """The job, each minute: mail those who are due and still have not claimed their account.

    A mark on the confirmation, set in the transaction that defers the mail, keeps it at one mail however often and
    by however many workers the job is run.
    """
    due = await confirmation_store.take_unreminded(work, work.now - AFTER, _AT_ONCE)
    people = [one.person for one in due if one.person is not None]
    accounts, profiles = await get_many(work, people), await documents(work, people, "profile")
    for one in due:
        account = accounts.get(one.person) if one.person is not None else None
        if account is None or account.has_password or account.email != one.email or not one.is_open(work.now):
            continue
        name = profiles.get(account.key, {}).get("fullName")
        left = one.expires_at - work.now if one.expires_at is not None else AFTER
        await notices.send(
            work,
            "custodial_claim_reminder",
            one.email,
            person=account.key,
            organization=one.organization,
            name=name if isinstance(name, str) else "",
            invited_by=one.extra.get("organizationName", ""),
            link=f"{work.tools.settings.public_url}/signup/confirm?key={quote(key_of(work, one))}",
            days=max(1, left.days),
        )
