"""What moves into a clinic: the patients of old clinician accounts, and other clinics that were merged into it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from openward.care import accounts, identity, transfers
from openward.care.errors import CareError, NotFound, Unprocessable
from openward.care.identity import Identifier, System
from openward.care.transfers import Merged, Migration, Outcome, Progress, Status
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.clinic_form import missing_to_migrate
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of

_PATH = "/clinic/moves"
_STATES = {
    Status.PENDING: "will begin within seconds",
    Status.RUNNING: "patients are on the move",
    Status.COMPLETED: "done",
}
_OUTCOMES = {
    Outcome.MOVED: "moved",
    Outcome.PRESENT: "here already",
    Outcome.GONE: "without an account any more",
    Outcome.REFUSED: "could not be moved",
}
# What became of the things of the clinic that was taken up; what the target kept is no news.
_ACTIONS = {"MOVE": "moved", "MERGE": "merged", "CREATE": "created", "SKIP": "there already", "RENAME": "renamed"}


async def show(work: Work, call: Call) -> Reply:
    """Both, and for an old account the way to begin."""
    return await _page(work, call, await enter(work, call))


async def _page(work: Work, call: Call, desk: Desk, error: CareError | None = None) -> Reply:
    found = await transfers.migrations(work, desk.key)
    progress = await transfers.progress(work, found)
    people = [one.person for one in found]
    ids = await identity.names(work, people, System.USER)
    known = await accounts.get_many(work, people)
    rows = [
        {
            "user_id": ids[one.person],
            "who": (known[one.person].email if one.person in known else None) or ids[one.person],
            "reasons": await _reasons(work, one, progress[one.person]),
            **_row(one, progress[one.person]),
        }
        for one in found
    ]
    values: dict[str, Any] = {
        "rows": rows,
        "is_moving": any(one.status is not Status.COMPLETED for one in found),
        "missing": missing_to_migrate(desk.clinic.profile),
        "merges": [_merge(one) for one in await transfers.merges(work, desk.key)] if desk.is_admin else [],
        "problem": problem_of(error, {}) if error else "",
    }
    return show_page(work, call, desk, "moves.html", values, status=status_of(error) if error else 200)


def _row(one: Migration, progress: Progress) -> dict[str, Any]:
    of = progress.outcomes
    return {
        "state": _STATES[one.status],
        "created_at": one.created_at,
        "attested_at": one.attested_at,
        "total": progress.total,
        "done": progress.done,
        "outcomes": [
            f"{progress.outcomes[outcome]} {words}"
            for outcome, words in _OUTCOMES.items()
            if outcome in progress.outcomes
        ],
        "may_retry": bool(of.get(Outcome.REFUSED)) and one.ended_at is not None,
    }


async def _reasons(work: Work, one: Migration, progress: Progress) -> list[str]:
    """Which rules stood against how many; no names, for these people are no patients of the clinic."""
    if not progress.outcomes.get(Outcome.REFUSED):
        return []
    counted = Counter(refusal.reason for refusal in await transfers.refusals(work, one))
    return [f"{reason} ({count})" for reason, count in counted.most_common()]


def _merge(one: Merged) -> dict[str, Any]:
    return {"name": one.source_name or "A clinic without a name", "at": one.at, "counts": _counts(one.counts)}


def _counts(counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """Kind and what became of it: `Patients`, `12 moved, 3 merged`."""
    said = {
        kind: ", ".join(f"{of[action]} {words}" for action, words in _ACTIONS.items() if of.get(action))
        for kind, of in counts.items()
    }
    return [(kind.capitalize(), words or "none") for kind, words in said.items()]


async def begin(work: Work, call: Call) -> Reply:
    """Move the patients of the admin's old account; only with his word that he may."""
    desk = await enter(work, call, as_admin=True)
    is_attested = (await read_form(work, call)).get("attested") == "on"
    try:
        if not is_attested:
            raise Unprocessable("please confirm first that you may move these patients")
        async with attempt(work):
            await transfers.trigger(work, desk.key, is_attested=True)
    except CareError as error:
        return await _page(work, call, desk, error)
    return go(desk, _PATH, "migration-begun")


async def retry(work: Work, call: Call) -> Reply:
    """Try those once more who could not be moved."""
    desk = await enter(work, call, as_admin=True)
    account = await identity.find(work, Identifier(System.USER, (await read_form(work, call)).get("account", "")))
    if account is None:
        raise NotFound("no such migration")
    found = await transfers.migration(work, desk.key, PersonKey(account))
    if found.ended_at is not None:
        await transfers.retry(work, found)
    return go(desk, _PATH, "migration-again")


ROUTES = [
    Route("GET", _PATH, show, is_documented=False),
    Route("POST", _PATH, begin, is_documented=False),
    Route("POST", f"{_PATH}/retry", retry, is_documented=False),
]
