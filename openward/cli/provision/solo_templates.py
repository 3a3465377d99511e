"""The forms of a practice in a provisioning file."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid5

from openward.care import documentation
from openward.care.documentation import Question, QuestionType, Section
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import Fault
from openward.cli.provision.shapes import Shape

Wanted = Mapping[str, Any]


async def put_templates(
    work: Work, practice: OrganizationKey, wanted: list[Wanted], rotate: Collection[str]
) -> list[dict[str, str]]:
    """Templates by name. A question without an id gets one that follows from where it stands and what it asks."""
    answer = []
    for item in wanted:
        sections = [_section(practice, item["name"], section) for section in item["sections"]]
        made = await documentation.put_template(work, practice, item["name"], sections)
        answer.append({"name": made.name, "id": str(made.key)})
    return answer


def _section(practice: OrganizationKey, template: str, section: Wanted) -> Section:
    return Section(
        section["name"],
        tuple(
            Question(
                UUID(item["id"]) if item["id"] else uuid5(practice, f"{template}\n{section['name']}\n{item['name']}"),
                item["name"],
                QuestionType(item["type"]),
                tuple(item["choices"] or ()),
                item["tag"],
            )
            for item in section["questions"]
        ),
    )


def checked(template: Shape) -> Shape:
    """A template whose choices fit its questions, and in which no question comes twice."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        before = len(faults)
        kept = template(value, path, faults)
        if len(faults) > before:
            return kept
        seen: set[object] = set()
        for place, section in enumerate(kept["sections"]):
            for index, item in enumerate(section["questions"]):
                at = f"{path}.sections[{place}].questions[{index}]"
                _check(item, at, faults)
                key = item["id"] or (section["name"], item["name"])
                if key in seen:
                    faults.append(Fault(f"{at}.{'id' if item['id'] else 'name'}", "is another question's"))
                seen.add(key)
        return kept

    return check


def _check(item: Wanted, path: str, faults: list[Fault]) -> None:
    if item["type"] == "text" and item["choices"]:
        faults.append(Fault(f"{path}.choices", "are for questions of type single or multiple"))
    if item["type"] != "text" and not item["choices"]:
        faults.append(Fault(f"{path}.choices", "must not be empty"))
