"""Filling a template in: `<name>.txt` opens with the subject line, `<name>.html` holds the same for readers of HTML."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

# Mails about partner clouds are named one by one and written once, as `request_partner_connect` and so on.
_OF_PARTNER = re.compile(r"(request|reminder|device_issue)_[a-z0-9-]+_((?:re)?connect(?:_custodial)?|personal|shared)")
FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Composed:
    """One mail, ready to go."""

    subject: str
    text: str
    html: str


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _file(template: str) -> str:
    return _OF_PARTNER.sub(r"\1_partner_\2", template)


def exists(template: str) -> bool:
    """Whether there is a template of this name."""
    try:
        _environment().get_template(f"{_file(template)}.txt")
        _environment().get_template(f"{_file(template)}.html")
    except TemplateNotFound:
        return False
    return True


def compose(template: str, values: Mapping[str, Any]) -> Composed:
    """The mail of a template; a value that it needs and does not get is an error of ours (UndefinedError).

    Values come from people: line breaks and long texts are taken out of them, so that nobody writes a paragraph of
    his own into our mail.
    """
    clean = {name: _plain(value) if isinstance(value, str) else value for name, value in values.items()}
    text = _environment().get_template(f"{_file(template)}.txt").render(clean)
    subject, _, body = text.partition("\n")
    html = _environment().get_template(f"{_file(template)}.html").render(clean | {"subject": subject.strip()})
    return Composed(subject.strip(), body.lstrip("\n"), html)


def _plain(value: str) -> str:
    if value.startswith(("http://", "https://")):
        return value
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())[:120]
