"""Which questions apply to whom, and what they take for an answer."""

from bisect import bisect
from datetime import date, timedelta

import pytest

from openward.care.surveys import Category, Choice, Definition, Property, Requirement, rules

TODAY = date(2026, 3, 1)


def _question(*required: Requirement, format: str = "single_choice", choices: tuple[str, ...] = ()) -> Definition:  # noqa: A002
    made = tuple(Choice(value, value) for value in choices)
    return Definition(1, Category.LIFESTYLE, "?", format, made, required)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(1976, 3, 1), 50),
        (date(1976, 3, 2), 49),
        (date(2008, 2, 29), 18),
        (date(2026, 5, 1), 0),
        (date(1, 1, 1), 150),
        (None, None),
    ],
)
def test_years_are_full_years(born: date | None, age: int | None) -> None:
    assert rules.age_of(born, TODAY) == age


def test_who_turns_29_february_is_a_year_older_on_the_first_of_march() -> None:
    assert rules.age_of(date(2008, 2, 29), date(2026, 2, 28)) == 17


@pytest.mark.parametrize(
    ("required", "age", "gender", "is_asked"),
    [
        ([Requirement(Property.AGE, above=49, below=76)], 49, None, False),
        ([Requirement(Property.AGE, above=49, below=76)], 50, None, True),
        ([Requirement(Property.AGE, above=49, below=76)], 76, None, False),
        ([Requirement(Property.AGE, above=49)], None, "female", False),
        ([Requirement(Property.AGE, "50", True)], 50, None, True),
        ([Requirement(Property.AGE, "50", False)], 50, None, False),
        ([Requirement(Property.GENDER, "female", True)], 50, "female", True),
        ([Requirement(Property.GENDER, "female", True)], 50, "other", False),
        ([Requirement(Property.GENDER, "female", False)], 50, "other", True),
        ([Requirement(Property.GENDER, "female", False)], 50, "unknown", False),
        ([Requirement(Property.GENDER, "male", True), Requirement(Property.AGE, above=54)], 54, "male", False),
        ([], None, None, True),
    ],
)
def test_all_requirements_must_hold(
    required: list[Requirement], age: int | None, gender: str | None, is_asked: bool
) -> None:
    assert rules.applies(_question(*required), age, gender) is is_asked


@pytest.mark.parametrize(
    ("definition", "taken", "refused"),
    [
        (_question(choices=("0", "1")), ["0", "1"], ["2", "", "0,1"]),
        (_question(choices=("0", "1"), format="multiple_choice"), ["0", "1,0"], ["0,0", "2", "0,", ""]),
        (
            _question(choices=("0", "1"), format="last_occurrence"),
            ["0", "1", "2026", "2025-12", "2026-03-01"],
            ["2", "2026-03-02", "2027", "2025-13", "25", "2025-12-01T00:00:00Z"],
        ),
        (_question(format="number"), ["1", "-2.5"], ["x", "", "1e5", "nan"]),
        (_question(format="text"), ["well"], ["", "x" * 3000]),
    ],
)
def test_what_a_question_takes(definition: Definition, taken: list[str], refused: list[str]) -> None:
    assert [rules.is_taken(definition, value, TODAY) for value in taken] == [True] * len(taken)
    assert [rules.is_taken(definition, value, TODAY) for value in refused] == [False] * len(refused)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2023, 2, 28), date(2023, 3, 1), date(2026, 12, 31)])
def test_ages_by_days_of_birth_are_those_by_years(today: date) -> None:
    first_days = rules.births(today)
    assert list(first_days) == sorted(first_days)
    assert len(first_days) == rules.OLDEST
    for year in (1, 1600, *range(today.year - 155, today.year + 2)):
        for born in (date(year, 1, 1), date(year, 2, 28), date(year, 3, 1), date(year, 12, 31), today.replace(day=28)):
            for near in (born, born + timedelta(days=1), date(2024, 2, 29)):
                assert rules.OLDEST - bisect(first_days, near) == rules.age_of(near, today), (near, today)
