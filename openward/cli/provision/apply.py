"""Make an installation what a checked file says: everything in one transaction, nothing twice."""

from collections.abc import Collection
from typing import Any

from openward.care import accounts
from openward.care.ehr import Provider
from openward.care.work import Work
from openward.cli.provision.clinics import put_organization
from openward.cli.provision.ehr import put_link
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.file import Plan, strangers
from openward.cli.provision.partners import put_partners
from openward.cli.provision.people import put_oauth_client, put_service_secret, put_user
from openward.infra.jobs import lock_number

SERVICE_SECRET = "service_secret"  # noqa: S105 - the name of a key in the file


async def apply(work: Work, plan: Plan, rotate: Collection[str] = ()) -> dict[str, Any]:
    """Bring the installation to the plan and return the answer; BadFile, with nothing written, for dangling names.

    rotate: names of secrets to make anew, `service_secret`, the client id of an OAuth client, the name of an API key.
    """
    # Two provisionings at once would both find a thing missing and both make it.
    await work.tx.execute("select pg_advisory_xact_lock($1)", lock_number("provision"))
    _check_rotation(plan, rotate)
    members = {member.email for organization in plan.organizations for member in organization.members}
    people = {}
    for email in sorted(members - {user.email for user in plan.users}):
        found = await accounts.by_email(work, email)
        if found is not None:
            people[email] = found
    faults = strangers(plan, list(people))
    if faults:
        raise BadFile(faults)
    answer = await put_service_secret(work, plan, is_rotated=SERVICE_SECRET in rotate)
    for user in plan.users:
        people[user.email] = await put_user(work, user)
    answer["users"] = [{"email": user.email, "userid": people[user.email].user_id} for user in plan.users]
    if plan.oauth_clients:
        answer["oauth_clients"] = [await put_oauth_client(work, client, rotate) for client in plan.oauth_clients]
    await put_partners(work, plan.partners)
    await put_link(work, Provider.REDOX, plan.redox)
    await put_link(work, Provider.XEALTH, plan.xealth)
    answer["organizations"] = []
    for place, wanted in enumerate(plan.organizations):
        try:
            answer["organizations"].append(await put_organization(work, wanted, people, rotate))
        except BadFile as bad:
            at = f"organizations[{place}]"
            raise BadFile([Fault(f"{at}.{fault.path}", fault.reason) for fault in bad.faults]) from None
    return answer


def _check_rotation(plan: Plan, rotate: Collection[str]) -> None:
    """A secret that the file itself gives cannot be made anew, and a name that the file lacks is a slip."""
    given = {client.client_id: client.client_secret for client in plan.oauth_clients}
    given[SERVICE_SECRET] = plan.service_secret
    for organization in plan.organizations:
        given |= {item["name"]: item["key"] for item in (organization.solo or {}).get("api_keys") or ()}
        clients = (organization.twine or {}).get("clients") or ()
        given |= {item["client_id"]: item["client_secret"] for item in clients}
    faults = []
    for name in rotate:
        if name not in given:
            faults.append(Fault(f"--rotate {name}", f"no secret of this name; there are {', '.join(sorted(given))}"))
        elif given[name] is not None:
            faults.append(Fault(f"--rotate {name}", "the file gives this secret; change it there"))
    if faults:
        raise BadFile(faults)
