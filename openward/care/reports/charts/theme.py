"""The look of the charts: one table of roles, painted by class names on a page or by literal colours on paper.

A page needs `page_stylesheet()` once. It defines custom properties (`--gc-high`, ...) for light and dark and one class
a role (`gc-band-high`, ...), so drawings carry no style attribute and a strict content policy can stay on. Dark follows
`prefers-color-scheme` unless the root element has `data-theme="light"` or `"dark"`.
"""

from dataclasses import dataclass

from openward.care.reports.charts.svg import Attribute

# Name -> colour on light ground (and on paper), colour on dark ground.
COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#17202b", "#e9eef4"),
    "muted": ("#526071", "#a6b3c1"),
    "rule": ("#e2e7ed", "#2a3542"),
    "axis": ("#8793a1", "#6f7d8c"),
    "ground": ("#ffffff", "#121920"),
    "zone": ("#eff4f1", "#18241f"),
    "goal": ("#00793a", "#3fca7f"),
    "very-low": ("#cc0019", "#ff4d63"),
    "low": ("#ff0000", "#ff7a70"),
    "target": ("#0bad5a", "#2fc777"),
    "high": ("#ffbf00", "#ffcc3d"),
    "very-high": ("#ff6900", "#ff8a3d"),
    "median-very-low": ("#a30014", "#ff7d8c"),
    "median-low": ("#e00000", "#ff8f87"),
    "median-target": ("#007a3b", "#58e09a"),
    "median-high": ("#d98200", "#ffc94d"),
    "median-very-high": ("#d95316", "#ff9e66"),
    "inner-very-low": ("#d0505e", "#9c2f3d"),
    "inner-low": ("#ff6b66", "#a84340"),
    "inner-target": ("#8bcd9e", "#2b7a4c"),
    "inner-high": ("#ffc966", "#8f6a1c"),
    "inner-very-high": ("#ffb380", "#994f22"),
    "outer-very-low": ("#eab0b7", "#5b222b"),
    "outer-low": ("#ffc2bf", "#5e2b2a"),
    "outer-target": ("#d3ebd9", "#1d4630"),
    "outer-high": ("#ffeac2", "#4d3d18"),
    "outer-very-high": ("#ffe0cc", "#54301a"),
    "basal": ("#1f6fb2", "#5aa7e6"),
    "bolus": ("#8dc3ef", "#2f6ea3"),
    "carbs": ("#7a5195", "#c39be0"),
}
# Role -> SVG properties; a value that names a colour is looked up above.
ROLES: dict[str, dict[str, str]] = {
    "text": {"fill": "ink"},
    "strong": {"fill": "ink", "font-weight": "600"},
    "note": {"fill": "muted"},
    "goal-text": {"fill": "goal", "font-weight": "600"},
    "rule": {"stroke": "rule", "stroke-width": "0.5", "fill": "none"},
    "axis": {"stroke": "axis", "stroke-width": "0.6", "fill": "none"},
    "limit": {"stroke": "axis", "stroke-width": "0.5", "stroke-dasharray": "2 2", "fill": "none"},
    "goal-line": {"stroke": "goal", "stroke-width": "1.3", "fill": "none"},
    "zone": {"fill": "zone"},
    "frame": {"stroke": "rule", "stroke-width": "0.6", "fill": "none"},
    "cut": {"stroke": "ground", "stroke-width": "1", "fill": "none"},
    "trace": {"stroke": "ink", "stroke-width": "0.65", "fill": "none", "stroke-linejoin": "round"},
    "median": {"stroke-width": "2", "fill": "none", "stroke-linejoin": "round", "stroke-linecap": "round"},
    "inner-edge": {"stroke": "ground", "stroke-width": "0.4", "fill": "none"},
    "dot": {"fill": "ink"},
    "basal": {"fill": "basal"},
    "bolus": {"fill": "bolus", "stroke": "basal", "stroke-width": "0.5"},
    "bolus-stem": {"stroke": "basal", "stroke-width": "1.2", "fill": "none"},
    "bolus-text": {"fill": "basal"},
    "carbs": {"fill": "carbs"},
    "critical": {"stroke": "very-low", "stroke-width": "1", "stroke-dasharray": "4 3", "fill": "none"},
    "trend": {"stroke": "basal", "stroke-width": "1.8", "fill": "none", "stroke-linejoin": "round"},
    "trend-dot": {"fill": "basal"},
    "trend-last": {"fill": "ground", "stroke": "basal", "stroke-width": "2.2"},
    "trend-bar": {"stroke": "bolus", "fill": "none", "stroke-linecap": "round"},
    "trend-low": {"fill": "carbs"},
    **{f"band-{band}": {"fill": band} for band in ("very-low", "low", "target", "high", "very-high")},
    **{
        f"stop-{layer}-{band}": {"stop-color": f"{layer}-{band}"}
        for layer in ("median", "inner", "outer")
        for band in ("very-low", "low", "target", "high", "very-high")
    },
}


@dataclass(frozen=True, slots=True)
class Theme:
    """How roles become attributes: class names for a page, literal light colours for paper."""

    is_page: bool
    font_family: str | None = None

    def paint(self, *roles: str) -> dict[str, Attribute]:
        """The attributes that give an element these roles; a later role wins."""
        if self.is_page:
            return {"class": " ".join(f"gc-{role}" for role in roles)}
        painted: dict[str, Attribute] = {}
        for role in roles:
            painted.update(
                {name: COLOURS[value][0] if value in COLOURS else value for name, value in ROLES[role].items()}
            )
        return painted

    @property
    def frame(self) -> dict[str, Attribute]:
        """What the outermost element carries."""
        return {"class": "gc"} if self.is_page else {"font-family": self.font_family}


PAGE = Theme(is_page=True)


def page_stylesheet() -> str:
    """The CSS of all page charts."""
    light = "".join(f"--gc-{name}:{pair[0]};" for name, pair in COLOURS.items())
    dark = "".join(f"--gc-{name}:{pair[1]};" for name, pair in COLOURS.items())
    rules = [
        f":root{{{light}}}",
        f'@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}',
        f':root[data-theme="dark"]{{{dark}}}',
        f"@media print{{:root,:root[data-theme]{{{light}}}}}",
        ".gc{font-family:inherit;width:100%;height:auto;display:block}",
    ]
    for role, properties in ROLES.items():
        body = ";".join(
            f"{name}:{f'var(--gc-{value})' if value in COLOURS else value}" for name, value in properties.items()
        )
        rules.append(f".gc-{role}{{{body}}}")
    return "\n".join(rules) + "\n"
