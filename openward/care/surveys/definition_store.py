"""The SQL of `surveys.definition`."""

from collections.abc import Sequence

import msgspec

from openward.care.surveys.model import Choice, Definition, Requirement
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record, to_json


def _definition(row: Record) -> Definition:
    return msgspec.convert(
        {
            "number": row["number"],
            "category": row["category"],
            "text": row["text"],
            "format": row["format"],
            "choices": msgspec.json.decode(row["choices"]),
            "requirements": msgspec.json.decode(row["requirements"]),
            "is_active": row["is_active"],
        },
        Definition,
    )


async def own(work: Work, organization: OrganizationKey | None) -> list[Definition]:
    """What an organization (None: everybody) was given, put aside ones too, by number."""
    rows = await work.tx.fetch(
        "select * from surveys.definition where organization is not distinct from $1 order by number", organization
    )
    return [_definition(row) for row in rows]


async def lock(work: Work, organization: OrganizationKey) -> None:
    """Hold the questions of an organization against others who change them, too."""
    await work.tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('surveys:' || $1::text, 0))", str(organization)
    )


async def put(work: Work, organization: OrganizationKey, wanted: Sequence[Definition]) -> None:
    """Write these questions of an organization, new or changed."""
    await work.tx.executemany(
        "insert into surveys.definition"
        " (organization, number, category, text, format, choices, requirements, is_active)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (organization, number) do update set"
        " category = $3, text = $4, format = $5, choices = $6, requirements = $7, is_active = $8",
        [
            (
                organization,
                one.number,
                one.category.value,
                one.text,
                one.format,
                _plain([_choice(choice) for choice in one.choices]),
                _plain([_requirement(required) for required in one.requirements]),
                one.is_active,
            )
            for one in wanted
        ],
    )


def _choice(choice: Choice) -> dict[str, object]:
    return {"label": choice.label, "value": choice.value, "icon": choice.icon}


def _requirement(required: Requirement) -> dict[str, object]:
    return {
        "property": required.property.value,
        "value": required.value,
        "is_equal": required.is_equal,
        "above": required.above,
        "below": required.below,
    }


def _plain(items: list[dict[str, object]]) -> str:
    return to_json([{name: value for name, value in item.items() if value is not None} for item in items])
