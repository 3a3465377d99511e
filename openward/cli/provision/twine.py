"""What a provisioning file says of coaching: groups, programs with their reach, coaches with their groups."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from openward.care import accounts, identity, organizations
from openward.care.errors import Conflict
from openward.care.identity import System
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.questions import QUESTIONS, put_question_definitions
from openward.cli.provision.shapes import Shape, email, list_of, record, secret, text
from openward.cli.provision.staff import member_by_email

TWINE: Shape = record(
    {},
    {
        "clients": list_of(
            record({"name": text(), "client_id": text()}, {"client_secret": secret(), "groups": list_of(text())}),
            unique=lambda item: item["client_id"],
            what="client_id",
        ),
        "groups": list_of(
            record({"name": text(longest=255)}, {"bio": text(shortest=0, longest=4000)}),
            unique=lambda item: item["name"],
            what="name",
        ),
        "coaches": list_of(
            record({"email": email, "first_name": text(), "last_name": text()}, {"groups": list_of(text())}),
            unique=lambda item: item["email"],
            what="email",
        ),
        "question_definitions": QUESTIONS,
    },
)
Part = Callable[[Work, OrganizationKey, Any, Collection[str]], Awaitable[Any]]


async def put_groups(
    work: Work, key: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, str]]:
    """Groups by their exact names."""
    made = [await organizations.put_group(work, key, item["name"], item["bio"]) for item in wanted]
    names = await identity.names(work, [group.key for group in made], System.TWINE)
    return [{"name": group.name, "id": names[group.key]} for group in made]


async def put_clients(
    work: Work, key: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, Any]]:
    """Programs; one without groups reaches the whole organization."""
    answer = []
    for place, item in enumerate(wanted):
        groups = await _groups(work, key, item["groups"], f"clients[{place}].groups")
        client_id = item["client_id"]
        try:
            given = await accounts.put_client(
                work,
                key,
                client_id,
                item["name"],
                secret=item["client_secret"],
                groups=groups or None,
                is_rotated=client_id in rotate,
            )
        except Conflict:
            raise BadFile([Fault(f"clients[{place}].client_id", "is another organization's")]) from None
        shown = {"name": item["name"], "client_id": client_id, "client_secret": given}
        answer.append(shown if given is not None else shown | {"kept": True})
    return answer


async def put_coaches(
    work: Work, key: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, str]]:
    """Coaches, by the addresses of their accounts."""
    members = []
    for place, item in enumerate(wanted):
        _, member = await member_by_email(work, key, item["email"], f"{item['first_name']} {item['last_name']}")
        await organizations.name_coach(work, member, item["first_name"], item["last_name"])
        if item["groups"] is not None:
            groups = await _groups(work, key, item["groups"], f"coaches[{place}].groups")
            await organizations.set_member_groups(work, member, groups)
        members.append(member)
    names = await identity.names(work, members, System.TWINE)
    return [{"email": item["email"], "id": names[member]} for item, member in zip(wanted, members, strict=True)]


async def _groups(work: Work, key: OrganizationKey, names: list[str] | None, path: str) -> list[Any]:
    """The groups of these names; BadFile for one that is neither in the file nor there already."""
    found = {group.name: group.key for group in await organizations.groups(work, key)}
    missing = [place for place, name in enumerate(names or ()) if name not in found]
    if missing:
        raise BadFile([Fault(f"{path}[{place}]", "is no group of the organization") for place in missing])
    return [found[name] for name in names or ()]


PARTS: dict[str, Part] = {
    "groups": put_groups,
    "clients": put_clients,
    "coaches": put_coaches,
    "question_definitions": put_question_definitions,
}
"""Parts in the order in which they depend on each other."""


async def put_coaching(
    work: Work, key: OrganizationKey, wanted: Mapping[str, Any] | None, rotate: Collection[str]
) -> dict[str, Any]:
    """Bring an organization to what the file says; the answer as the file's description has it."""
    answer = {}
    for name, put in PARTS.items():
        said = (wanted or {}).get(name)
        if said is not None:
            shown = await put(work, key, said, rotate)
            if shown is not None:
                answer[name] = shown
    return answer
