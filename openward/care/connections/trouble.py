"""Telling a person that a connection has broken and that only he can mend it: one mail each time it happens."""

from urllib.parse import quote

from openward.care import accounts, notices, patients
from openward.care.connections.model import SourceFailed
from openward.care.connections.requests import path_of, title_of
from openward.care.work import PersonKey, Work


async def tell_trouble(work: Work, event: SourceFailed) -> None:
    """Mail a link to connect again, good for thirty days; whoever has no address, or has died, is not told."""
    account = (await accounts.get_many(work, [event.person])).get(event.person)
    places = [one for one in await patients.peek_all(work, event.person) if one.is_active]
    address = (account.email if account else None) or next((one.email for one in places if one.email), None)
    if account is None or address is None or any(one.is_deceased for one in places):
        return
    token = await _link(work, event.person, path_of(event.provider))
    profile = await accounts.document(work, event.person, accounts.Collection.PROFILE)
    name = places[0].full_name if places else str(profile.get("fullName") or "")
    await notices.send(
        work,
        f"device_issue_{event.provider}_{'shared' if places else 'personal'}",
        address,
        person=event.person,
        name=name,
        partner=title_of(work, event.provider),
        link=f"{work.tools.settings.public_url}{path_of(event.provider)}/authorize?restricted_token={quote(token)}",
        days=patients.LINK_LIFE.days,
    )


async def _link(work: Work, person: PersonKey, path: str) -> str:
    """The link of an earlier mail, good for longer, so that both mails work; or a new one."""
    until = work.now + patients.LINK_LIFE
    for link in await accounts.links(work, person):
        if link.paths == (path,) and link.expires_at > work.now:
            return (await accounts.change_link(work, link.token, None, until)).token
    return (await accounts.create_link(work, person, [path], until)).token
