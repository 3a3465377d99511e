"""Making, confirming and claiming accounts, and choosing a new password, by the addresses that mails name."""

from datetime import date
from typing import Any

import pytest

from openward.care import accounts
from openward.care.work import PersonKey

pytestmark = pytest.mark.anyio


async def key_for(house: Any, person: PersonKey) -> str:
    """The key of the sign-up mail that waits."""
    async with house.work() as work:
        return accounts.confirmation_key(work, await accounts.signup_confirmation(work, person))


async def reset_key(house: Any, email: str) -> str:
    async with house.work() as work:
        found = await accounts.confirmations(work, accounts.ConfirmationType.RESET, email=email)
        return accounts.confirmation_key(work, found[0])


async def test_from_the_form_to_the_first_page(house: Any) -> None:
    visitor = house.visitor()
    email = f"new-{id(visitor)}@example.org"
    fields = {"name": "Noor Haddad", "email": email, "password": house.password, "role": "patient"}
    answer = await visitor.post("/signup", fields)
    assert "Look into your mailbox" in answer.text
    signing_in = {"email": email, "password": house.password}
    waiting = await visitor.post("/signin", signing_in)
    assert waiting.status_code == 401
    assert "/signup/resend" in waiting.text
    assert (await visitor.post("/signup/resend", {"email": email}, form_at="/signin")).status_code == 200
    async with house.work() as work:
        account = await accounts.by_email(work, email)
    key = await key_for(house, account.key)
    opened = await visitor.get("/signup/confirm", key=key)
    assert opened.status_code == 200
    assert "Your account is ready" in opened.text
    assert key not in opened.text
    assert opened.headers["referrer-policy"] == "no-referrer"
    again = await visitor.get("/signup/confirm", key=key)
    assert (again.status_code, "Your account is ready" in again.text) == (200, True)
    assert (await visitor.post("/signin", signing_in)).status_code == 303
    page = await visitor.get("/me")
    assert "Noor Haddad" in page.text


async def test_faults_of_the_form_are_said(house: Any) -> None:
    taken = await house.person()
    visitor = house.visitor()
    good = {"name": "N", "email": "fine@example.org", "password": house.password, "role": "patient"}
    for change, words in (
        ({"name": " "}, "tell us your name"),
        ({"email": "nonsense"}, "check the e-mail address"),
        ({"password": "short"}, "8 to 72"),
        ({"email": taken.email}, "an account with this address already"),
    ):
        answer = await visitor.post("/signup", good | change)
        assert answer.status_code == 400
        assert words in answer.text


async def test_a_key_that_nobody_has(house: Any) -> None:
    visitor = house.visitor()
    for path in ("/signup/confirm", "/password/reset", "/reset"):
        assert (await visitor.get(path, key="nonsense")).status_code == 404
        assert (await visitor.get(path)).status_code == 404


async def test_claiming_an_account_that_a_clinic_made(house: Any) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient(
        "Iris Blum", email=f"iris{id(clinic)}@example.org", birth_date=date(1990, 2, 1)
    )
    key = await key_for(house, person)  # the invitation went out with the new patient
    visitor = house.visitor()
    page = await visitor.get("/signup/confirm", key=key)
    assert "Date of birth" in page.text
    at = f"/signup/confirm?key={key}"
    for given, words in (
        ({"birthday": "", "password": house.password}, "enter your date of birth"),
        ({"birthday": "1.2.1990", "password": house.password}, "year, month and day"),
        ({"birthday": "1990-02-02", "password": house.password}, "not the date of birth"),
        ({"birthday": "1990-02-01", "password": ""}, "choose a password"),
        ({"birthday": "1990-02-01", "password": "a b"}, "8 to 72"),
    ):
        answer = await visitor.post("/signup/confirm", {"key": key, **given}, form_at=at)
        assert answer.status_code == 400
        assert words in answer.text
    good = {"key": key, "birthday": "1990-02-01", "password": house.password}
    assert (await visitor.post("/signup/confirm", good, token="wrong")).status_code == 400
    assert "Your account is ready" in (await visitor.post("/signup/confirm", good, form_at=at)).text
    assert "Your account is ready" in (await visitor.get("/signup/confirm", key=key)).text
    async with house.work() as work:
        claimed = await accounts.get(work, person)
    assert (claimed.is_custodial, claimed.has_password, claimed.user_id) == (False, True, user_id)
    mine = await (await house.signed_in(claimed)).get("/me")
    assert "Hill Clinic" in mine.text


async def test_a_new_password(house: Any) -> None:
    account = await house.person()
    elsewhere = await house.signed_in(account)
    visitor = house.visitor()
    assert (await visitor.post("/forgot", {"email": "nonsense"})).status_code == 400
    known = await visitor.post("/forgot", {"email": account.email})
    unknown = await visitor.post("/forgot", {"email": "nobody-at-all@example.org"})
    assert "Look into your mailbox" in known.text
    assert "Look into your mailbox" in unknown.text
    key = await reset_key(house, account.email)
    at = f"/password/reset?key={key}"
    assert "Choose a new password" in (await visitor.get("/password/reset", key=key)).text
    refused = await visitor.post("/password/reset", {"key": key, "password": "short"}, form_at=at)
    assert (refused.status_code, "8 to 72" in refused.text) == (400, True)
    done = await visitor.post("/password/reset", {"key": key, "password": "another-horse-7"}, form_at=at)
    assert "Your password is changed" in done.text
    assert (await elsewhere.get("/me")).status_code == 303
    assert (await visitor.get("/password/reset", key=key)).status_code == 404
    fresh = house.visitor()
    assert (await fresh.post("/signin", {"email": account.email, "password": house.password})).status_code == 401
    assert (await fresh.post("/signin", {"email": account.email, "password": "another-horse-7"})).status_code == 303
