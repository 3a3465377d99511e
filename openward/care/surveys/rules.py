"""Which questions apply to whom, and which answers a question takes; plain decisions."""

import functools
import re
from collections.abc import Sequence
from datetime import date, timedelta

from openward.care.surveys import model
from openward.care.surveys.model import Definition, Patient, Property, Requirement

OLDEST = 150
"""Ages are counted up to this one; one place beyond stands for people whose age is not known."""
GENDERS = ("male", "female", "other", None)
_LONGEST_TEXT = 2000
_MONTH = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)


def age_of(birth_date: date | None, today: date) -> int | None:
    """Full years; nobody is younger than none or older than `OLDEST`."""
    if birth_date is None:
        return None
    years = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return min(max(years, 0), OLDEST)


@functools.lru_cache(maxsize=4)
def births(today: date) -> tuple[date, ...]:
    """The first days on which to be born to be younger than `OLDEST` today, than one year less, and so on down to 1."""
    return tuple(_years_before(today, years) + timedelta(days=1) for years in range(OLDEST, 0, -1))


def _years_before(today: date, years: int) -> date:
    """The last day on which to be born to be so old today."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return date(today.year - years, 2, 28)


def applies(definition: Definition, age: int | None, gender: str | None) -> bool:
    """Whether all requirements hold; one about something that is not known does not."""
    return all(_holds(one, age, gender) for one in definition.requirements)


def _holds(required: Requirement, age: int | None, gender: str | None) -> bool:
    if required.property is Property.GENDER:
        known = gender in GENDERS and gender is not None
        return known and (required.is_equal is None or (gender == required.value) is required.is_equal)
    if age is None:
        return False
    is_same = required.value is not None and _number(required.value) == age
    return (
        (required.is_equal is None or is_same is required.is_equal)
        and (required.above is None or age > required.above)
        and (required.below is None or age < required.below)
    )


def _number(text: str) -> float | None:
    return float(text) if _DECIMAL.fullmatch(text) else None


def asked(definitions: Sequence[Definition], patient: Patient, today: date) -> tuple[Definition, ...]:
    """The questions that apply to a patient today, in the order given."""
    age = age_of(patient.birth_date, today)
    return tuple(one for one in definitions if applies(one, age, patient.gender))


@functools.lru_cache(maxsize=32)
def weights(definitions: tuple[Definition, ...]) -> tuple[int, ...]:
    """How many questions somebody is asked: by gender in the order of `GENDERS`, then by age, the unknown age last."""
    ages: tuple[int | None, ...] = (*range(OLDEST + 1), None)
    return tuple(sum(applies(one, age, gender) for one in definitions) for gender in GENDERS for age in ages)


def is_taken(definition: Definition, value: str, today: date) -> bool:
    """Whether a question takes this as an answer.

    A last occurrence is one of the choices, or a day, month or year that is not to come; several choices are joined
    by commas.
    """
    choices = {choice.value for choice in definition.choices}
    if value in choices:
        return True
    match definition.format:
        case model.OCCURRENCE:
            return _is_past(value, today)
        case model.MULTIPLE:
            parts = value.split(",")
            return len(parts) == len(set(parts)) and set(parts) <= choices
        case model.NUMBER:
            return _number(value) is not None
        case _:
            return not choices and 0 < len(value) <= _LONGEST_TEXT


def _is_past(value: str, today: date) -> bool:
    if not _MONTH.fullmatch(value):
        return False
    try:
        return date.fromisoformat(value + "-01" * (2 - value.count("-"))) <= today
    except ValueError:
        return False
