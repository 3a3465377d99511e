"""Orders are carried out by the clinic's procedure codes, each once, and leave an outcome."""

import asyncio
import secrets
from datetime import date
from typing import Any

import pytest

from openward.care import accounts, ehr, organizations

pytestmark = pytest.mark.anyio

TODAY = date.today()  # noqa: DTZ011 -- only years count
CHILD = f"{TODAY.year - 5}-01-01"


def fresh_email() -> str:
    return f"o{secrets.token_hex(6)}@example.org"


async def test_reports_are_switched_on_and_off(link: Any) -> None:
    user = (await link.patient())["id"]
    assert await link.order("ENABLE") == ("done", None)
    assert await link.is_active(user) is True
    assert await link.order("DISABLE") == ("done", None)
    assert await link.is_active(user) is False
    assert await link.order("ENABLE") == ("done", None)
    assert await link.is_active(user) is True


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mrn": "A2"}, "unmatched"),
        ({"DOB": "1990-02-04"}, "unmatched"),
        ({"mrn": None}, "mrn-missing"),
        ({"DOB": "02/03/1990"}, "birth-date-unreadable"),
        ({"DOB": "1990-02-30"}, "birth-date-unreadable"),
        ({"DOB": None}, "birth-date-missing"),
        ({"LastName": None}, "name-missing"),
    ],
)
@pytest.mark.parametrize("code", ["ENABLE", "DISABLE"])
async def test_an_order_that_fits_nobody_fails_with_a_reason(
    link: Any, changes: dict[str, Any], reason: str, code: str
) -> None:
    user = (await link.patient())["id"]
    assert await link.order(code, **changes) == ("failed", reason)
    assert await link.is_active(user) is None


async def test_several_patients_are_nobody(link: Any) -> None:
    users = [(await link.patient(fullName=name))["id"] for name in ("Pat Smith", "Pit Smith")]
    assert await link.order("ENABLE") == ("failed", "ambiguous")
    assert [await link.is_active(user) for user in users] == [None, None]


async def test_the_name_of_a_known_patient_does_not_matter(link: Any) -> None:
    user = (await link.patient(fullName="Somebody Else"))["id"]
    assert await link.order("ENABLE") == ("done", None)
    assert await link.is_active(user) is True


async def test_codes_nobody_set_are_ignored(link: Any) -> None:
    await link.patient()
    assert await link.order("OTHER") == ("ignored", "procedure-unknown")
    await link.settings(procedureCodes={"createAccountAndEnableReports": ""})
    assert await link.order("") == ("ignored", "procedure-unknown")
    assert await link.order("ENABLE") == ("ignored", "procedure-unknown")


async def test_an_order_for_nobodys_clinic_is_ignored(link: Any) -> None:
    await link.settings(enabled=False)
    assert await link.order("ENABLE") == ("ignored", "clinic-unknown")
    await link.settings(provider="xealth")
    assert await link.order("ENABLE") == ("ignored", "clinic-unknown")


async def test_an_account_is_made(link: Any) -> None:
    email = fresh_email()
    assert await link.order("CREATE", EmailAddresses=[email.upper()], tags="Pump , New One,,!bad,pump") == (
        "done",
        None,
    )
    (made,) = await link.patients()
    assert (made["fullName"], made["birthDate"], made["mrn"]) == ("Pat Smith", "1990-02-03", "A1")
    assert made["email"] == email
    assert set(made["permissions"]) == {"custodian", "view", "upload", "note"}
    assert len(made["tags"]) == 2
    assert await link.is_active(made["id"]) is None
    async with link.work() as work:
        account = await accounts.by_email(work, email)
    assert account is not None
    assert account.user_id == made["id"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "patient-exists"),
        ({"DOB": "1999-09-09", "FirstName": "Zoe"}, "patient-exists"),
        ({"mrn": "B7"}, "patient-exists"),
        ({"mrn": None}, "patient-exists"),
    ],
)
async def test_no_second_account_for_somebody_alike(link: Any, changes: dict[str, Any], reason: str) -> None:
    await link.patient()
    assert await link.order("CREATE", **changes) == ("failed", reason)
    assert len(await link.patients()) == 1


async def test_names_are_compared_to_the_letter_without_middle_name(link: Any) -> None:
    await link.patient(mrn="Z9")
    assert await link.order("CREATE", FirstName="pat") == ("done", None)
    await link.patient(fullName="Pia Q Jones", mrn="Z8")
    assert await link.order("CREATE", mrn="A5", FirstName="Pia", LastName="Jones") == ("done", None)


async def test_bad_addresses_stop_an_account_and_leave_nothing_behind(link: Any) -> None:
    taken = fresh_email()
    async with link.work() as work:
        await accounts.create(work, email=taken, is_verified=True)
    assert await link.order("CREATE", EmailAddresses=[taken], tags="Fresh") == ("failed", "email-taken")
    assert await link.order("CREATE", EmailAddresses=["nonsense"]) == ("failed", "email-invalid")
    assert await link.order("CREATE_ENABLE", EmailAddresses=[{"Address": taken}]) == ("failed", "email-taken")
    assert await link.patients() == []
    clinic = (await link.call("GET", link.path)).json()
    assert not clinic.get("patientTags")


async def test_a_child_is_written_to_by_its_guarantor(link: Any) -> None:
    own, guarantor = fresh_email(), fresh_email()
    assert await link.order("CREATE", DOB=CHILD, EmailAddresses=[own], guarantor=guarantor) == ("done", None)
    assert (await link.patients())[0]["email"] == guarantor
    assert await link.order("CREATE", mrn="B1", FirstName="Zoe", EmailAddresses=[own], guarantor=guarantor) == (
        "done",
        None,
    )
    assert {one.get("email") for one in await link.patients()} == {own, guarantor}


async def test_an_account_without_an_mrn(link: Any) -> None:
    """Settled 28: fails where the clinic requires one, else the account is made."""
    await link.call("PUT", f"{link.path}/settings/mrn", {"required": True, "unique": False})
    assert await link.order("CREATE", mrn=None) == ("failed", "mrn-required")
    await link.call("PUT", f"{link.path}/settings/mrn", {"required": False, "unique": False})
    assert await link.order("CREATE_ENABLE", mrn=None) == ("done", None)
    (made,) = await link.patients()
    assert "mrn" not in made
    assert await link.is_active(made["id"]) is True


async def test_the_limit_of_patients_holds_for_orders(link: Any) -> None:
    await link.call("POST", f"{link.path}/tier", {"tier": "tier0100"})
    await link.call("PUT", f"{link.path}/settings/patient_count", {"hardLimit": {"plan": 0}})
    assert await link.order("CREATE") == ("failed", "patient-limit")


async def test_create_and_enable_takes_who_is_there(link: Any) -> None:
    user = (await link.patient())["id"]
    assert await link.order("CREATE_ENABLE", tags="One") == ("done", None)
    (same,) = await link.patients()
    assert same["id"] == user
    assert len(same["tags"]) == 1
    assert await link.is_active(user) is True
    assert await link.order("CREATE_ENABLE", mrn="A2", DOB="1970-01-01", FirstName="Zoe") == ("done", None)
    other = next(one for one in await link.patients() if one["id"] != user)
    assert await link.is_active(other["id"]) is True
    assert await link.order("CREATE_ENABLE", DOB="1971-01-01") == ("failed", "patient-exists")


async def test_tags_are_replaced_and_an_address_is_filled_in(link: Any) -> None:
    tag = (await link.call("POST", f"{link.path}/patient_tags", {"name": "Old"})).json()["id"]
    await link.patient(tags=[tag], targetDevices=["meter"])
    email = fresh_email()
    assert await link.order("ENABLE", tags="New", EmailAddresses=[email]) == ("done", None)
    (after,) = await link.patients()
    assert after["email"] == email
    assert after["targetDevices"] == ["meter"]
    assert len(after["tags"]) == 1
    assert tag not in after["tags"]
    assert await link.order("ENABLE", EmailAddresses=[fresh_email()]) == ("done", None)
    (after,) = await link.patients()
    assert after["email"] == email
    assert not after["tags"]
    await link.settings(tags={})
    assert await link.order("ENABLE", tags="Ignored") == ("done", None)
    assert not (await link.patients())[0]["tags"]


async def test_any_number_of_tags_is_looked_at_once(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    make = organizations.create_tag

    async def counted(work: Any, key: Any, name: str) -> Any:
        asked.append(name)
        return await make(work, key, name)

    monkeypatch.setattr(organizations, "create_tag", counted)
    await link.patient()
    names = [f"T{number}" for number in range(3000)]
    assert await link.order("ENABLE", tags=",".join(names)) == ("done", None)
    assert len((await link.patients())[0]["tags"]) == organizations.MOST_LABELS
    assert len(asked) == organizations.MOST_LABELS
    assert await link.order("ENABLE", tags=",".join((*names[:2], "None"))) == ("done", None)
    assert len((await link.patients())[0]["tags"]) == 2


async def test_somebody_elses_address_is_left_alone(link: Any) -> None:
    """Settled 28: the patient is matched all the same."""
    taken = fresh_email()
    async with link.work() as work:
        await accounts.create(work, email=taken, is_verified=True)
    user = (await link.patient())["id"]
    assert await link.order("ENABLE", EmailAddresses=[taken]) == ("done", None)
    assert await link.order("ENABLE", EmailAddresses=["nonsense"]) == ("done", None)
    assert await link.is_active(user) is True
    assert "email" not in (await link.patients())[0]


async def test_the_same_order_again_changes_nothing(link: Any) -> None:
    """Settled 27, by the order's number and by that of the message."""
    user = (await link.patient())["id"]
    assert await link.order("ENABLE", number="N1", message=77) == ("done", None)
    assert await link.order("DISABLE") == ("done", None)
    assert await link.order("ENABLE", number="N1") == ("repeated", None)
    assert await link.order("ENABLE", message=77) == ("repeated", None)
    assert await link.is_active(user) is False


async def test_a_job_may_run_twice(link: Any) -> None:
    user = (await link.patient())["id"]
    name = await link.deliver(link.an_order("ENABLE"))
    await link.handle(name)
    assert await link.order("DISABLE") == ("done", None)
    await link.handle(name)
    assert await link.is_active(user) is False


async def test_sixteen_deliveries_side_by_side_make_one_account(link: Any) -> None:
    order = link.an_order("CREATE_ENABLE", number="N16", message=16)
    names = await asyncio.gather(*(link.deliver(order) for _ in range(16)))
    await asyncio.gather(*(link.handle(name) for name in names))
    outcomes = [await link.outcome(name) for name in names]
    assert sorted(outcomes) == [("done", None)] + [("repeated", None)] * 15
    (made,) = await link.patients()
    assert await link.is_active(made["id"]) is True
    assert await link.pool.fetchval("select count(*) from ehr.subscription where organization = $1", link.key) == 1
    assert await link.pool.fetchval("select count(*) from ehr.matched_message where organization = $1", link.key) == 1


@pytest.mark.parametrize("is_unique", [False, True])
async def test_sixteen_orders_with_one_number_make_one_account(link: Any, is_unique: bool) -> None:
    await link.call("PUT", f"{link.path}/settings/mrn", {"required": True, "unique": is_unique})
    changes = [{"FirstName": f"Pat {place}", "DOB": f"1990-02-{place + 1:02}"} for place in range(16)]
    names = [await link.deliver(link.an_order("CREATE", mrn="M16", **one)) for one in changes]
    await asyncio.gather(*(link.handle(name) for name in names))
    outcomes = [await link.outcome(name) for name in names]
    assert sorted(status for status, _ in outcomes) == ["done"] + ["failed"] * 15, outcomes
    assert [one["mrn"] for one in await link.patients()] == ["M16"]


async def test_orders_are_carried_out_as_they_came(link: Any) -> None:
    user = (await link.patient())["id"]
    first = await link.deliver(link.an_order("ENABLE"))
    second = await link.deliver(link.an_order("DISABLE"))
    await link.handle(second)
    await link.handle(first)
    assert await link.outcome(first) == ("done", None)
    assert await link.is_active(user) is False


async def test_an_order_that_came_before_its_patient_is_looked_at_again(link: Any) -> None:
    name = await link.deliver(link.an_order("ENABLE"))
    await link.handle(name)
    assert await link.outcome(name) == ("failed", "unmatched")
    before = await link.queued(name)
    await link.patient(mrn="B2", fullName="Other")
    await link.patient(birthDate="1991-01-01", fullName="Another")
    await link.handle(name)
    assert await link.outcome(name) == ("failed", "unmatched")
    user = (await link.patient())["id"]
    assert await link.queued(name) == before + 2  # once for each patient with this number
    await link.handle(name)
    assert await link.outcome(name) == ("done", None)
    assert await link.is_active(user) is True
    await link.handle(name)
    assert await link.is_active(user) is True


async def test_a_late_match_does_not_undo_a_later_order(link: Any) -> None:
    early = await link.deliver(link.an_order("ENABLE"))
    await link.handle(early)
    user = (await link.patient())["id"]
    assert await link.order("DISABLE") == ("done", None)
    await link.handle(early)
    assert await link.outcome(early) == ("failed", "superseded")
    assert await link.is_active(user) is False


async def test_a_late_order_that_asks_for_what_a_later_one_did_is_done(link: Any) -> None:
    early = await link.deliver(link.an_order("ENABLE", tags="Early"))
    await link.handle(early)
    user = (await link.patient())["id"]
    assert await link.order("ENABLE", tags="Late") == ("done", None)
    tags = (await link.patients())[0]["tags"]
    await link.handle(early)
    assert await link.outcome(early) == ("done", None)
    assert await link.is_active(user) is True
    assert (await link.patients())[0]["tags"] == tags


async def test_what_became_of_messages_can_be_read_page_by_page(link: Any) -> None:
    await link.patient()
    for code, changes in (("ENABLE", {}), ("ENABLE", {"mrn": "A2"}), ("OTHER", {})):
        await link.order(code, **changes)
    async with link.work() as work:
        newest = await ehr.messages(work, link.key, limit=2)
        older = await ehr.messages(work, link.key, before=(newest[-1].received_at, newest[-1].ref.key))
        assert [(one.status, one.reason) for one in (*newest, *older)] == [
            ("ignored", "procedure-unknown"),
            ("failed", "unmatched"),
            ("done", None),
        ]
        assert older[0].person is not None
        assert newest[0].person is None


async def test_orders_without_any_number_are_each_their_own(link: Any) -> None:
    user = (await link.patient())["id"]
    assert await link.order("ENABLE", number=None, message=None) == ("done", None)
    assert await link.order("DISABLE", number=None, message=None) == ("done", None)
    assert await link.order("ENABLE", number=None, message=None) == ("done", None)
    assert await link.is_active(user) is True


async def test_one_number_may_be_used_by_two_senders_and_for_two_procedures(link: Any) -> None:
    user = (await link.patient())["id"]
    assert await link.order("ENABLE", number="N7") == ("done", None)
    assert await link.order("DISABLE", number="N7") == ("done", None)
    assert await link.is_active(user) is False
    await link.settings(sourceId=f"{link.source}-2")
    name = await link.deliver(link.an_order("ENABLE", number="N7") | {"Meta": _meta(f"{link.source}-2")})
    await link.handle(name)
    assert await link.outcome(name) == ("done", None)


def _meta(source: str) -> dict[str, Any]:
    return {"DataModel": "Order", "EventType": "New", "Source": {"ID": source}}


@pytest.mark.parametrize("born", ["0001-01-01", "0001-01-02", "9999-12-31", "0000-01-01", "10000-01-01"])
async def test_birthdays_at_the_ends_of_the_calendar(link: Any, born: str) -> None:
    for code in ("CREATE_ENABLE", "ENABLE"):
        status, reason = await link.order(code, DOB=born, mrn="E1")
        assert (status, reason is None) in {("done", True), ("failed", False)}
    assert len(await link.patients()) <= 1
