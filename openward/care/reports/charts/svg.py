"""Writes SVG: escaped elements, short numbers, paths with gaps, labels that keep apart."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

Attribute = str | int | float | None
Attributes = dict[str, Attribute]


def number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(tag: str, attributes: Mapping[str, Attribute], *children: str) -> str:
    """One element; None leaves an attribute out; children are markup already."""
    parts = [
        f' {name}="{number(value) if isinstance(value, float) else escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    ]
    inner = "".join(children)
    return f"<{tag}{''.join(parts)}>{inner}</{tag}>" if inner else f"<{tag}{''.join(parts)}/>"


def text(attributes: Mapping[str, Attribute], words: str) -> str:
    """A text element; the words are escaped here, once."""
    return element("text", attributes, escape(words))


def picture(
    width: float,
    height: float,
    *,
    key: str,
    title: str,
    description: str,
    children: Iterable[str],
    extra: Mapping[str, Attribute] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> str:
    """A whole drawing with its name and its figures in words; `key` makes its ids unique on the page."""
    about = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "role": "img",
        "aria-labelledby": f"{key}-title {key}-desc",
        **(attributes or {}),
        **(extra or {}),
    }
    return element(
        "svg",
        about,
        element("title", {"id": f"{key}-title"}, escape(title)),
        element("desc", {"id": f"{key}-desc"}, escape(description)),
        *children,
    )


def pieces(points: Sequence[tuple[float, float]], known: Sequence[bool]) -> list[list[tuple[float, float]]]:
    """The runs of neighbouring points that are all known."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point, is_known in zip(points, known, strict=True):
        if is_known:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def line_path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """A path through the points."""
    body = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{body}{'Z' if closed else ''}"


def kept_apart(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Positions as near as can be to the wanted ones (ascending), `least` apart and inside low..high."""
    placed: list[float] = []
    for want in wanted:
        placed.append(max(want, low if not placed else placed[-1] + least))
    ceiling = high
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - least
    return placed
