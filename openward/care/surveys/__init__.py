"""Health profiles: questions that apply by age and gender, what patients answered, and what they answered before."""

from openward.care.surveys.answering import answer
from openward.care.surveys.definitions import definitions, known_definitions, put_definitions
from openward.care.surveys.ids import Ids, Kind
from openward.care.surveys.joining_store import join as join_people
from openward.care.surveys.model import (
    MULTIPLE,
    NUMBER,
    OCCURRENCE,
    SINGLE,
    Answer,
    Category,
    Choice,
    Definition,
    Entry,
    Patient,
    Profile,
    Property,
    Question,
    Requirement,
    Selection,
)
from openward.care.surveys.moving import move
from openward.care.surveys.read import (
    answers,
    answers_to,
    count_answers,
    count_profiles,
    count_questions,
    find_answer,
    profile_of,
    profiles,
    question,
    questions,
    whose,
)

__all__ = [
    "MULTIPLE",
    "NUMBER",
    "OCCURRENCE",
    "SINGLE",
    "Answer",
    "Category",
    "Choice",
    "Definition",
    "Entry",
    "Ids",
    "Kind",
    "Patient",
    "Profile",
    "Property",
    "Question",
    "Requirement",
    "Selection",
    "answer",
    "answers",
    "answers_to",
    "count_answers",
    "count_profiles",
    "count_questions",
    "definitions",
    "find_answer",
    "join_people",
    "known_definitions",
    "move",
    "profile_of",
    "profiles",
    "put_definitions",
    "question",
    "questions",
    "whose",
]
