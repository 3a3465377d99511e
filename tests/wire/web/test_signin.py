"""Signing in and out: cookies, forms, where one is led."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_strangers_are_led_to_the_form_and_back(house: Any) -> None:
    account = await house.person()
    visitor = house.visitor()
    for path in ("/patients", "/me", "/records", "/outbox", "/patients/0123456789", "/me/report.pdf"):
        answer = await visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/signin?next={path}"
    assert (await visitor.get("/")).headers["location"] == "/signin"
    fields = {"email": account.email, "password": house.password, "next": "/me"}
    answer = await visitor.post("/signin", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert (await visitor.get("/me")).status_code == 200
    assert (await visitor.get("/signin")).headers["location"] == "/"


async def test_each_is_led_to_his_page(house: Any) -> None:
    clinic = await house.clinic()
    patient = await house.signed_in(await house.person())
    assert (await patient.get("/")).headers["location"] == "/me"
    member = await house.signed_in(clinic.member)
    assert (await member.get("/")).headers["location"] == "/patients"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "/a\\..\\b",
    ],
)
async def test_no_other_site_is_a_target(house: Any, target: str) -> None:
    account = await house.person()
    visitor = house.visitor()
    fields = {"email": account.email, "password": house.password, "next": target}
    assert (await visitor.post("/signin", fields)).headers["location"] == "/"
    assert (await visitor.get("/signin", next=target)).headers["location"] == "/"


async def test_a_wrong_password_keeps_the_address_and_is_counted(house: Any) -> None:
    account = await house.person()
    visitor = house.visitor()
    for _ in range(10):
        answer = await visitor.post("/signin", {"email": account.email, "password": "wrong-guess-1"})
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert account.email in answer.text
        assert "wrong-guess-1" not in answer.text
    answer = await visitor.post("/signin", {"email": account.email, "password": house.password})
    assert answer.status_code == 401
    assert "Too many tries" in answer.text


async def test_a_form_of_somebody_else_is_refused(house: Any) -> None:
    account = await house.person()
    fields = {"email": account.email, "password": house.password}
    fresh = house.visitor()
    assert (await fresh.post("/signin", fields, token="")).status_code == 400
    other = house.visitor()
    await other.get("/signin")
    theirs = (await other.get("/signin")).text.split('name="form_token" value="')[1].split('"')[0]
    assert (await fresh.post("/signin", fields, token=theirs)).status_code == 400
    await fresh.get("/signin")
    assert (await fresh.post("/signin", fields, token=theirs)).status_code == 400
    assert (await fresh.post("/signin", fields, token="é")).status_code == 400
    signed_in = await house.signed_in(account)
    assert (await signed_in.post("/signout", {}, token=theirs)).status_code == 400
    assert (await signed_in.get("/me")).status_code == 200


async def test_signing_out_ends_the_session(house: Any) -> None:
    visitor = await house.signed_in(await house.person())
    kept = dict(visitor.cookies)
    answer = await visitor.post("/signout", {}, form_at="/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    visitor.cookies.update(kept)
    assert (await visitor.get("/me")).status_code == 303


async def test_pages_carry_their_headers(house: Any) -> None:
    answer = await house.visitor().get("/signin")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_static_files_are_kept_for_ever_under_their_mark(house: Any) -> None:
    visitor = house.visitor()
    page = (await visitor.get("/signin")).text
    for name in ("openward.css", "charts.css", "mark.svg"):
        address = page.split(f'"/static/{name}')[1].split('"')[0]
        answer = await visitor.get(f"/static/{name}{address}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert (await visitor.get("/static/none.css")).status_code == 404
    assert (await visitor.get("/static/%2E%2E%2Fpage.py")).status_code in (303, 404)


async def test_unknown_pages(house: Any) -> None:
    assert (await house.visitor().get("/no/such/page")).headers["location"] == "/signin?next=/no/such/page"
    answer = await (await house.signed_in(await house.person())).get("/no/such/page")
    assert (answer.status_code, "Nothing here" in answer.text) == (404, True)
