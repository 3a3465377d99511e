"""The form of a clinic's profile: its fields, what they may hold, and the profile that they make."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

import regex

from openward.care.errors import Fault, Invalid
from openward.care.organizations import DEFAULT_UNITS, PhoneNumber, Profile

TYPES = {
    "provider_practice": "Practice",
    "healthcare_system": "Hospital or healthcare system",
    "researcher": "Research",
    "veterinary_clinic": "Veterinary clinic",
    "other": "Other",
}
SIZES = {"0-249": "Up to 249 patients", "250-499": "250 to 499", "500-999": "500 to 999", "1000+": "1000 or more"}
UNITS = ("mg/dL", "mmol/L")
PHONES = 3
"""Lines for phone numbers that an empty form has; more are shown when there are more."""
_TEXTS = {
    "name": 300,
    "address": 300,
    "city": 200,
    "postal_code": 40,
    "state": 200,
    "country": 100,
    "website": 500,
}
_WEBSITE = regex.compile(r"https?://[^\s/.]+\.\S+", regex.IGNORECASE)
_NEEDED_TO_MIGRATE = {
    "address": "address",
    "city": "city",
    "postal_code": "postal code",
    "state": "state or region",
    "country": "country",
    "clinic_type": "kind of clinic",
    "preferred_units": "glucose units",
}


@cache
def zones() -> dict[str, tuple[str, ...]]:
    """Time zones by their part of the world, both in order; the old names without a place are left out."""
    found: dict[str, list[str]] = {"UTC": ["UTC"]}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in ("Etc", "SystemV", "posix", "right", "US"):
            found.setdefault(region, []).append(name)
    return {region: tuple(names) for region, names in found.items()}


def fields_of(profile: Profile) -> dict[str, str]:
    """The profile as the form shows it."""
    fields = {name: getattr(profile, name) or "" for name in (*_TEXTS, "clinic_type", "clinic_size", "timezone")}
    fields["preferred_units"] = profile.preferred_units or DEFAULT_UNITS
    for place, phone in enumerate(profile.phone_numbers or ()):
        fields[f"phone{place}"], fields[f"phone_type{place}"] = phone.number, phone.type or ""
    return fields


def phone_lines(fields: Mapping[str, str]) -> int:
    """How many lines for phone numbers the form needs: those in use, and room for more."""
    used = [int(name[5:]) for name, value in fields.items() if name[:5] == "phone" and name[5:].isdigit() and value]
    return max(PHONES, *(place + 2 for place in used)) if used else PHONES


def profile_of(fields: Mapping[str, str]) -> Profile:
    """The profile that the form describes; `Invalid` with a fault for each wrong field, named by its pointer."""
    text = {name: " ".join(fields.get(name, "").split()) for name in _TEXTS}
    faults = [
        Fault("too-long", name, f"at most {longest} characters")
        for name, longest in _TEXTS.items()
        if len(text[name]) > longest
    ]
    if not text["name"]:
        faults.append(Fault("missing", "name", "the clinic needs a name"))
    if text["website"] and _WEBSITE.fullmatch(text["website"]) is None:
        faults.append(Fault("website", "website", "a website begins with http:// or https://"))
    chosen = {name: fields.get(name) or None for name in ("clinic_type", "clinic_size", "timezone")}
    known = {"clinic_type": TYPES, "clinic_size": SIZES, "timezone": available_timezones()}
    faults += [
        Fault("unknown", name, "choose one of the list")
        for name, value in chosen.items()
        if value is not None and value not in known[name]
    ]
    units = fields.get("preferred_units", "")
    if units not in UNITS:
        faults.append(Fault("unknown", "preferred_units", "choose mg/dL or mmol/L"))
    phones = _phones(fields)
    if any(len(phone.number) > 60 or len(phone.type or "") > 60 for phone in phones):
        faults.append(Fault("too-long", "phone0", "a phone number has at most 60 characters"))
    if faults:
        raise Invalid(faults)
    optional = {name: value or None for name, value in text.items() if name != "name"}
    return Profile(name=text["name"], **optional, **chosen, phone_numbers=phones or None, preferred_units=units)


def _phones(fields: Mapping[str, str]) -> tuple[PhoneNumber, ...]:
    """The numbers in their order, once each."""
    made = []
    for place in range(phone_lines(fields)):
        number = " ".join(fields.get(f"phone{place}", "").split())
        if number:
            made.append(PhoneNumber(number, " ".join(fields.get(f"phone_type{place}", "").split()) or None))
    return tuple(dict.fromkeys(made))


def missing_to_migrate(profile: Profile) -> list[str]:
    """What a profile still has to say before patients can move into the clinic."""
    gaps = [word for name, word in _NEEDED_TO_MIGRATE.items() if not getattr(profile, name)]
    return gaps if profile.name else ["name", *gaps]
