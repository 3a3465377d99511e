"""Who may send for which organization: set up, found by the names in a message and by who is at the other end."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from openward.care.ehr.feed import link_store
from openward.care.ehr.feed.model import Feed, FeedSettings, Names, Peer
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.work import OrganizationKey, Work, new_key

_LONGEST = 255
CHARSETS = ("", "ASCII", "8859/1", "8859/15", "UNICODE UTF-8")


def read_feed_settings(document: Mapping[str, Any]) -> FeedSettings:
    """The settings in a document, checked; `Invalid` names the place and never a value."""
    try:
        settings = msgspec.convert(document, FeedSettings)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None
    if not settings.peers:
        raise Invalid("Expected at least one network - at `$.peers`")
    for place, peer in enumerate(settings.peers):
        try:
            ipaddress.ip_network(peer, strict=False)
        except ValueError:
            raise Invalid(f"Expected a network such as 10.1.0.0/16 - at `$.peers[{place}]`") from None
    if settings.charset not in CHARSETS:
        raise Invalid(f"Expected one of {', '.join(CHARSETS[1:])} - at `$.charset`")
    return settings


async def put_feed(
    work: Work, organization: OrganizationKey, names: Names, settings: FeedSettings, *, is_enabled: bool = True
) -> Feed:
    """The sender of these names with these settings, made when missing.

    `Conflict` when it is another organization's; `Invalid` for one that names no sending side at all.
    """
    if not names.sending_application and not names.sending_facility:
        raise Invalid("a sender has an application or a facility")
    if any(len(name) > _LONGEST for name in names.all):
        raise Invalid(f"a name has at most {_LONGEST} characters")
    made = Feed(new_key(work), organization, names, settings, is_enabled)
    if await link_store.insert(work, made):
        return made
    found = await link_store.by_names(work, names)
    if found is None or found.organization != organization:
        raise Conflict("another clinic has this sender")
    changed = replace(found, settings=settings, is_enabled=is_enabled)
    if changed != found:
        await link_store.update(work, changed)
    return changed


async def feeds(work: Work, organization: OrganizationKey) -> Sequence[Feed]:
    """The senders of an organization, oldest first."""
    return await link_store.of_organization(work, organization)


async def set_enabled(work: Work, organization: OrganizationKey, key: UUID, *, is_enabled: bool) -> Feed:
    """A sender taken or not any more; `NotFound` for another organization's."""
    found = await link_store.get(work, organization, key)
    if found is None:
        raise NotFound("sender not found")
    changed = replace(found, is_enabled=is_enabled)
    if changed != found:
        await link_store.update(work, changed)
    return changed


async def change_feed(
    work: Work, organization: OrganizationKey, key: UUID, change: Callable[[FeedSettings], FeedSettings]
) -> Feed:
    """A sender with other codes; who it is and where it sends from is for whoever runs the installation.

    `NotFound` for another organization's, `Invalid` for settings that cannot be.
    """
    found = await link_store.get(work, organization, key)
    if found is None:
        raise NotFound("sender not found")
    wanted = change(found.settings)
    after = msgspec.structs.replace(wanted, peers=found.settings.peers, certificates=found.settings.certificates)
    changed = replace(found, settings=read_feed_settings(msgspec.to_builtins(after)))
    if changed != found:
        await link_store.update(work, changed)
    return changed


async def find_feed(work: Work, names: Names, peer: Peer) -> Feed:
    """The one sender whom a message means, the most exactly named one; `NotFound` when none fits, or several do.

    A sender counts only when the other end of the connection may speak for it.
    """
    found = [feed for feed in await link_store.fitting(work, names) if may_speak(feed, peer)]
    rank = max((_exactness(feed) for feed in found), default=0)
    best = [feed for feed in found if _exactness(feed) == rank]
    if len(best) != 1:
        raise NotFound("this sender is not known here")
    return best[0]


async def may_connect(work: Work, address: str) -> bool:
    """Whether anybody who may send has this address."""
    peer = Peer(address)
    return any(_is_in(feed, peer) for feed in await link_store.enabled(work))


def may_speak(feed: Feed, peer: Peer) -> bool:
    """Whether the other end of a connection may send as this sender."""
    wanted = feed.settings.certificates
    return _is_in(feed, peer) and (not wanted or not peer.certificates.isdisjoint(wanted))


def _is_in(feed: Feed, peer: Peer) -> bool:
    address = ipaddress.ip_address(peer.address)
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ipaddress.ip_network(network, strict=False) for network in feed.settings.peers)


def _exactness(feed: Feed) -> int:
    return sum(1 for name in feed.names.all if name)
