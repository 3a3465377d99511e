"""Who is in the demo: two clinics, their staff, and fifty patients with a story each. All names are invented."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from openward.cli.demo import coaching_client, ehr, virtual_care

PASSWORD = "look-around"  # noqa: S105 - printed on the screen for everybody to use
_SEED = 20180724


@dataclass(frozen=True, slots=True)
class Story:
    """Where somebody's data come from and how they end.

    source: `hall`, `shanghai` or `simulated` with the id of a recording, or `drawn` with the name of a habit;
    days: length of drawn data; silent_days: how long ago the data ended; kept: share of days that have data at all;
    is_meter_only: finger-sticks in place of a sensor; therapy: `pump`, `pen` or `none`.
    """

    source: str
    id: str
    days: int = 30
    silent_days: int = 0
    kept: float = 1.0
    is_meter_only: bool = False
    therapy: str = "none"


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient; `email` is set for those who can sign in themselves."""

    name: str
    born: date
    mrn: str
    clinic: str
    zone: str
    diagnosis: str
    tags: tuple[str, ...]
    site: str
    story: Story
    email: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Clinic:
    """One clinic; staff: (name, address, roles).

    invited: (address, roles) of those whose invitation waits; asking: addresses of patients who want to share with it.
    """

    key: str
    name: str
    zone: str
    country: str
    units: str
    tags: tuple[str, ...]
    sites: tuple[str, ...]
    staff: tuple[tuple[str, str, tuple[str, ...]], ...]
    zones: tuple[str, ...] = field(default=())
    invited: tuple[tuple[str, tuple[str, ...]], ...] = ()
    asking: tuple[str, ...] = ()


CLINICS = (
    Clinic(
        "riverbend",
        "Riverbend Diabetes Clinic",
        "America/New_York",
        "US",
        "mg/dL",
        ("Type 1", "Type 2", "Pump", "Pregnancy", "Follow closely"),
        ("Riverside", "Old Mill"),
        (
            ("Dr Amara Osei", "amara@riverbend.example", ("CLINIC_ADMIN", "PRESCRIBER")),
            ("Jonas Lindqvist", "jonas@riverbend.example", ("CLINIC_MEMBER",)),
        ),
        ("America/New_York", "America/New_York", "America/Chicago"),
        invited=(
            ("eilidh@harbour.example", ("CLINIC_MEMBER",)),
            ("noor@riverbend.example", ("CLINIC_ADMIN", "PRESCRIBER")),
        ),
    ),
    Clinic(
        "harbour",
        "Harbour Endocrine Centre",
        "Europe/London",
        "GB",
        "mmol/L",
        ("Type 1", "Type 2", "Pump", "Pregnancy", "Young adult"),
        ("Quayside", "Lighthouse Hill", "Online"),
        (
            ("Dr Priya Raman", "priya@harbour.example", ("CLINIC_ADMIN", "PRESCRIBER")),
            ("Tomás Ferreira", "tomas@harbour.example", ("CLINIC_MEMBER",)),
            ("Eilidh Munro", "eilidh@harbour.example", ("CLINIC_MEMBER",)),
        ),
        ("Europe/London", "Europe/London", "Europe/Lisbon"),
        asking=("sam@patient.example",),
    ),
)

_ALL_NAMES = (
    "Abena Mensah, Adrián Castillo, Aiko Tanabe, Alasdair Finch, Amina Yusuf, Anders Holm, Anjali Deshpande, "
    "Beatriz Moura, Benedikt Hauser, Bilal Rahman, Blessing Adeyemi, Bronwyn Pryce, Camille Laurent, Carlos Quispe, "
    "Chiara Bellini, Chidi Okafor, Daniela Popescu, Dmitri Volkov, Elif Aydın, Emeka Nwosu, Esther Goldblum, "
    "Farid Haddad, Fiona Gallacher, Giorgos Stavrou, Hana Nováková, Ibrahim Touré, Ingrid Solberg, Isla Drummond, "
    "Jamal Whitaker, Jiho Seo, Kalani Kealoha, Katarzyna Wilk, Kwame Boateng, Leilani Akana, Lucía Ferrer, "
    "Mateo Villalba, Mei-Ling Zhao, Mohammed Al-Sayed, Nadia Benali, Naomi Clearwater, Nguyễn Thị Hạnh, "
    "Oluwaseun Bello, Oskar Lindgren, Parisa Moradi, Quentin Baptiste, Rajiv Menon, Rosa Ixchel, Saoirse Kearney, "
    "Siddharth Kapoor, Talia Rosenfeld, Tevita Fonua, Uchenna Eze, Valentina Rossi, Yara Khoury"
)
_NAMES = _ALL_NAMES.split(", ")

# The codes of the sample files.
_HALL = (
    "1636-69-001 1636-69-026 1636-69-032 1636-69-090 1636-69-091 1636-69-114 1636-70-1005 1636-70-1010 "
    "2133-004 2133-015 2133-017 2133-018 2133-019 2133-021 2133-024 2133-027 2133-035 2133-036 2133-039"
)
_SHANGHAI = (
    "1001_0_20210730 1002_0_20210504 1003_0_20210831 1004_0_20210425 1005_0_20210522 1006_1_20210209 "
    "1007_0_20210726 1008_0_20210713 1009_0_20210803 1010_0_20210915 1011_0_20210622 1012_0_20210923"
)
_INJECTING = ("1006", "1007", "1012")
_SIMULATED = "adolescent002 adolescent005 adult001 adult004 adult006 adult008 child006"

_STORIES = (
    *(Story("hall", code) for code in _HALL.split()),
    *(Story("shanghai", code, therapy="pen" if code[:4] in _INJECTING else "pump") for code in _SHANGHAI.split()),
    *(Story("simulated", code, therapy="pump") for code in _SIMULATED.split()),
    Story("drawn", "steady", days=60, therapy="pump"),
    Story("drawn", "steady", days=30, therapy="pen"),
    Story("drawn", "average", days=45, therapy="pen"),
    Story("drawn", "average", days=30, kept=0.55, therapy="pump"),
    Story("drawn", "lows", days=30, therapy="pump"),
    Story("drawn", "lows", days=21, therapy="pen"),
    Story("drawn", "high", days=30, therapy="pen"),
    Story("drawn", "high", days=45, silent_days=19, therapy="pump"),
    Story("drawn", "swings", days=30, therapy="pump"),
    Story("drawn", "swings", days=4, therapy="pen"),
    Story("drawn", "pregnancy", days=30, therapy="pump"),
    Story("drawn", "average", days=60, is_meter_only=True, therapy="pen"),
    Story("drawn", "high", days=30, is_meter_only=True, therapy="pen"),
    Story("drawn", "steady", days=30, silent_days=41, therapy="pen"),
    Story("drawn", "steady", days=0),
)
# Those who can sign in: a pump user with sixty days, and somebody with many lows.
_SIGN_IN = {38: "alex@patient.example", 42: "sam@patient.example"}


def patients() -> list[Patient]:
    """The whole cast, the same at every call."""
    dice = random.Random(_SEED)
    cast = []
    for place, story in enumerate(_STORIES):
        clinic = CLINICS[place % len(CLINICS)]
        diagnosis = _diagnosis(story, place)
        cast.append(
            Patient(
                name=_NAMES[place * 23 % len(_NAMES)],
                born=_born(dice, story, diagnosis),
                mrn=f"{clinic.key[0].upper()}{100200 + place * 37}",
                clinic=clinic.key,
                zone=dice.choice(clinic.zones),
                diagnosis=diagnosis,
                tags=_tags(dice, clinic, story, diagnosis),
                site=dice.choice(clinic.sites),
                story=story,
                email=_SIGN_IN.get(place),
                seed=_SEED + place,
            )
        )
    return cast


def _diagnosis(story: Story, place: int) -> str:
    if story.source == "hall":
        return "type2" if place % 3 else "prediabetes"
    return "type2" if story.is_meter_only else "type1"


def _born(dice: random.Random, story: Story, diagnosis: str) -> date:
    youngest, oldest = {"prediabetes": (38, 71), "type2": (41, 78)}.get(diagnosis, (19, 62))
    if story.id.startswith("child"):
        youngest, oldest = 8, 11
    elif story.id.startswith("adolescent"):
        youngest, oldest = 14, 17
    elif story.id == "pregnancy":
        youngest, oldest = 26, 36
    return date(2026, 1, 1) - timedelta(days=dice.randint(youngest * 365, oldest * 365))


def _tags(dice: random.Random, clinic: Clinic, story: Story, diagnosis: str) -> tuple[str, ...]:
    tags = ["Type 1" if diagnosis == "type1" else "Type 2"] if diagnosis != "prediabetes" else []
    if story.therapy == "pump":
        tags.append("Pump")
    if story.id == "pregnancy":
        tags.append("Pregnancy")
    if dice.random() < 0.2 or story.id == "lows":
        tags.append(clinic.tags[-1])
    return tuple(tags)


def provisioning(service_secret: str) -> dict[str, Any]:
    """The provisioning file that sets the demo up."""
    staff = [
        {"email": email, "password": PASSWORD, "name": name, "roles": ["clinic"]}
        for clinic in CLINICS
        for name, email, _ in clinic.staff
    ]
    signing_in = [
        {
            "email": person.email,
            "password": PASSWORD,
            "name": person.name,
            "patient": {"fullName": person.name, "birthday": person.born.isoformat()},
        }
        for person in patients()
        if person.email
    ]
    return {
        "service_secret": service_secret,
        "users": staff + signing_in,
        "organizations": [
            {
                "key": clinic.key,
                "name": clinic.name,
                "timezone": clinic.zone,
                "country": clinic.country,
                "preferred_units": clinic.units,
                "tier": "tier0300",
                "members": [{"email": email, "roles": list(roles)} for _, email, roles in clinic.staff],
                "tags": list(clinic.tags),
                "sites": list(clinic.sites),
                "mrn": {"required": False, "unique": True},
                "solo": virtual_care.provisioning(clinic.key, clinic.staff),
                "twine": coaching_client.provisioning(clinic.key, clinic.staff),
                "ehr": ehr.settings(clinic.key),
            }
            for clinic in CLINICS
        ],
    }
