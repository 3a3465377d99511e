"""Filling a template in: `<name>.txt` opens with the subject line, `<name>.html` holds the same for readers of HTML."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

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


def exists(template: str) -> bool:
    """Whether there is a template of this name."""
    try:
        _environment().get_template(f"{template}.txt")
        _environment().get_template(f"{template}.html")
    except TemplateNotFound:
        return False
    return True


def compose(template: str, values: Mapping[str, Any]) -> Composed:
    """The mail of a template; a value that it needs and does not get is an error of ours (UndefinedError).

    Values come from people: line breaks and long texts are taken out of them, so that nobody writes a paragraph of
    his own into our mail.
    """
    clean = {name: _plain(value) if isinstance(value, str) else value for name, value in values.items()}
    text = _environment().get_template(f"{template}.txt").render(clean)
    subject, _, body = text.partition("\n")
    html = _environment().get_template(f"{template}.html").render(clean | {"subject": subject.strip()})
    return Composed(subject.strip(), body.lstrip("\n"), html)


def _plain(value: str) -> str:
    if value.startswith(("http://", "https://")):
        return value
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())[:120]
