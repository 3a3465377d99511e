"""The forms that a care provider fills in before an order, as JSON Schema for react-jsonschema-form."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care.ehr.xealth import PROVIDERS, Preorder, Problem

PATIENT = "patient_enrollment_form"
GUARDIAN = "guardian_enrollment_form"
ERROR = "error_form"

_PARTNERS = {"abbott": "Abbott", "dexcom": "Dexcom"}
_WORDS = {
    Problem.FIRST_NAME_MISSING: "Please enter the first name of the parent or guardian.",
    Problem.LAST_NAME_MISSING: "Please enter the last name of the parent or guardian.",
    Problem.EMAIL_INVALID: "This is not a valid email address. Please check it and try again.",
    Problem.EMAIL_TAKEN: "This email address belongs to an account already. Please use another one.",
}
OTHER_BIRTH_DATE = (
    "A patient with this medical record number has another date of birth in this clinic's records. "
    "Please correct either record, then order again."
)


def connect_flag(provider: str) -> str:
    """The property of the form that asks to connect a cloud."""
    return f"connect{_PARTNERS[provider]}"


def section(preorder: Preorder) -> str:
    """Whom the form asks about."""
    return "guardian" if preorder.is_child else "patient"


def enrolment_form(preorder: Preorder, tag_ids: Mapping[UUID, str], product: str) -> dict[str, Any]:
    """What to ask about a patient who is not known: of a child, the guardian."""
    part = section(preorder)
    asked = _guardian() if preorder.is_child else _patient()
    prefilled = {"email": preorder.email} if preorder.email and not preorder.is_child else {}
    has_tags = bool(preorder.tags)
    return {
        "formId": GUARDIAN if preorder.is_child else PATIENT,
        "formSchema": {
            "title": f"Share glucose data of {preorder.person.full_name} by way of {product}",
            "type": "object",
            "definitions": {"tags": _tag_choices(preorder, tag_ids)},
            "required": [part] if preorder.is_child else [],
            "properties": {
                part: asked,
                "tags": {
                    "type": "object" if has_tags else "null",
                    "title": "Tags",
                    "properties": {
                        "ids": {
                            "type": "array",
                            "title": "Tags of the clinic",
                            "items": {"$ref": "#/definitions/tags"},
                            "uniqueItems": True,
                        }
                    },
                },
            },
        },
        "uiSchema": {
            "ui:order": [part, "tags"],
            "tags": {"ui:widget": "object" if has_tags else "hidden", "ids": {"ui:widget": "checkboxes"}},
        },
        "formData": {part: prefilled},
    }


def _tag_choices(preorder: Preorder, tag_ids: Mapping[UUID, str]) -> dict[str, Any]:
    """The clinic's tags, in the order of their names; without any there is nothing to choose from."""
    if not preorder.tags:
        return {"type": "string"}
    return {
        "type": "string",
        "enum": [tag_ids[tag.key] for tag in preorder.tags],
        "enumNames": [tag.name for tag in preorder.tags],
    }


def _patient() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Patient",
        "properties": {"email": _email("Email address of the patient")},
        "dependencies": _clouds(),
    }


def _guardian() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Parent or guardian",
        "required": ["firstName", "lastName"],
        "properties": {
            "firstName": {"type": "string", "title": "First name", "minLength": 1},
            "lastName": {"type": "string", "title": "Last name", "minLength": 1},
            "email": _email("Email address of the parent or guardian"),
        },
        "dependencies": _clouds(),
    }


def _email(title: str) -> dict[str, Any]:
    return {"type": "string", "format": "email", "title": title}


def _clouds() -> dict[str, Any]:
    """Clouds can be connected by mail only, so they are asked about once there is an address."""
    flags = {
        connect_flag(name): {"type": "boolean", "title": f"Ask to connect {_PARTNERS[name]}", "default": False}
        for name in PROVIDERS
    }
    return {"email": {"properties": flags}}


def problem_form(problems: Sequence[Problem], entered: Any) -> dict[str, Any]:
    """What is wrong with what was entered."""
    return error_form([_WORDS[problem] for problem in problems], entered)


def error_form(texts: Sequence[str], entered: Any) -> dict[str, Any]:
    """A form that only says something; the order cannot go on."""
    names = [f"error_{place}" for place in range(len(texts))]
    said = {
        # A blank title: without one the form would show the name of the property.
        name: {"type": "null", "title": " ", "description": text}
        for name, text in zip(names, texts, strict=True)
    }
    return {
        "formId": ERROR,
        "formSchema": {"title": "This order cannot be placed", "type": "object", "properties": said},
        "uiSchema": {"ui:order": names},
        "formData": entered if isinstance(entered, Mapping) else {},
    }
