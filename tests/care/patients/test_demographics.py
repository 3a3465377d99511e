"""Names, addresses and the rest: what can be read off them, and how they follow the enrolment."""

from datetime import date

import pytest

from openward.care.patients.demographics import (
    ContactPoint,
    Demographics,
    HumanName,
    Kept,
    contact_email,
    display_name,
    emails,
    joined,
    renamed,
)
from openward.care.patients.model import Enrolment
from openward.care.work import OrganizationKey, PersonKey, uuid7
from tests.conftest import NOW

ANA = HumanName("usual", None, "Ana", "M.", "Ruiz", "Annie")
OLD = HumanName("old", "Ana King", "Ana", None, "King")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ""),
        ((OLD, ANA), "Ana Ruiz"),
        ((OLD,), "Ana King"),
        ((HumanName(given=" Ana  Maria ", family=None),), "Ana Maria"),
        ((HumanName(text="Dr. Ana  Ruiz"),), "Dr. Ana Ruiz"),
        ((HumanName(),), ""),
    ],
)
def test_the_displayed_name(names: tuple[HumanName, ...], expected: str) -> None:
    assert display_name(names) == expected


def test_a_new_full_name_takes_the_place_of_the_displayed_one() -> None:
    assert renamed((OLD, ANA), "Ana Maria Byron") == (
        OLD,
        HumanName("usual", "Ana Maria Byron", "Ana Maria", "", "Byron", "Annie"),
    )
    assert renamed((), "Plato") == (HumanName("usual", "Plato", "", "", "Plato", ""),)


def test_the_contact_address_is_the_first_that_mail_can_go_to() -> None:
    points = [ContactPoint("phone", "a@b.org"), ContactPoint("email", "none"), ContactPoint("email", " A@B.org ")]
    assert contact_email(points) == "a@b.org"
    assert emails([*points, ContactPoint("email", "C@d.org"), ContactPoint("email", "a@b.org")]) == (
        "a@b.org",
        "c@d.org",
    )
    assert contact_email(points[:2]) is None


def enrolment(full_name: str = "Ana Ruiz", email: str | None = "a@b.org") -> Enrolment:
    organization, person = OrganizationKey(uuid7(NOW)), PersonKey(uuid7(NOW))
    return Enrolment(uuid7(NOW), organization, person, full_name, NOW, NOW, date(1990, 1, 2), email, "m1")


def test_where_both_speak_the_enrolment_is_right() -> None:
    phone, mail = ContactPoint("phone", "1"), ContactPoint("email", "A@B.org", "work")
    kept = Kept(Demographics(names=(ANA,), telecom=(mail, phone), race="x"), "Ana Ruiz")
    same = joined(enrolment(), kept)
    assert (same.names, same.telecom, same.race) == ((ANA,), (mail, phone), "x")
    assert (same.birth_date, same.mrn) == (date(1990, 1, 2), "m1")
    assert joined(enrolment(email="new@b.org"), kept).telecom == (ContactPoint("email", "new@b.org", "work"), phone)
    assert joined(enrolment(email=None), kept).telecom == (phone,)
    assert display_name(joined(enrolment("Ana Byron"), kept).names) == "Ana Byron"
    bare = joined(enrolment(), None)
    assert (bare.names[0].family, bare.telecom) == ("Ruiz", (ContactPoint("email", "a@b.org", "home"),))
    assert joined(enrolment("", None), None).names == ()
