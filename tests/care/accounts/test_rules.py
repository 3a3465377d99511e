"""What addresses, passwords, paths and permissions look like."""

from datetime import UTC, date, datetime, timedelta

import pytest

from openward.care.accounts import rules
from openward.care.errors import Invalid

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "clean"),
    [("Ana@Example.ORG", "ana@example.org"), ("  a+b@x.co ", "a+b@x.co"), ("a@b.xn--p1ai", "a@b.xn--p1ai")],
)
def test_addresses_are_kept_in_lower_case(given: str, clean: str) -> None:
    assert rules.clean_email(given) == clean


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        "",
        "a",
        "a@b",
        "@b.co",
        "a@.co",
        "a@b..co",
        "a@b.c0",
        "a@-b.co",
        "a@b-.co",
        "a b@c.co",
        "a@b.co\n",
        "a@b.co\nbcc: x@y.zz",
        "a@b.co,c@d.co",
        "<a@b.co>",
        "a@b.co\x00",
        "ä@b.co",
        "a@b.co" + "m" * 300,
        "x" * 65 + "@b.co",
        "a@" + "b" * 64 + ".co",
    ],
)
def test_what_is_no_address(given: object) -> None:
    if given == "a@b.co\n":
        # White space around an address is a slip of the clipboard, not an attack.
        assert rules.clean_email(given) == "a@b.co"
        return
    with pytest.raises(Invalid):
        rules.clean_email(given)


@pytest.mark.parametrize("good", ["12345678", "ä" * 8, "x" * 72])
def test_good_passwords(good: str) -> None:
    assert rules.is_password(good)


@pytest.mark.parametrize(
    "bad", ["123456", "x" * 73, "1234 5678", "1234567\t8", "12345678\n", "1234567\u00a08", None, 8]
)
def test_bad_passwords(bad: object) -> None:
    assert not rules.is_password(bad)


def test_dates() -> None:
    assert rules.parse_date("2024-02-29") == date(2024, 2, 29)
    for bad in ("2023-02-29", "20240229", "2024-2-9", "٢٠٢٤-٠٢-٢٩", "2024-02-29\n", "", None, 5):
        assert rules.parse_date(bad) is None


@pytest.mark.parametrize(
    ("paths", "asked", "expected"),
    [
        (None, "/x", True),
        (["/a"], "/a", True),
        (["/a"], "/a/b", True),
        (["/a/"], "/a/b", True),
        (["/a"], "/ab", False),
        (["/a/b"], "/a", False),
        (["/a"], "/a/../b", False),
        (["/a"], "/a/./b", False),
        (["/"], "/anything", True),
        ([], "/a", False),
    ],
)
def test_what_a_link_covers(paths: list[str] | None, asked: str, expected: bool) -> None:
    assert rules.covers(paths, asked) is expected


def test_how_long_a_link_may_live() -> None:
    assert rules.require_link_life(None, NOW) == NOW + timedelta(hours=1)
    assert rules.require_link_life(NOW + timedelta(days=90), NOW) == NOW + timedelta(days=90)
    for bad in (NOW, NOW - timedelta(1), NOW + timedelta(days=90, milliseconds=1)):
        with pytest.raises(Invalid):
            rules.require_link_life(bad, NOW)
