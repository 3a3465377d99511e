"""The written pages: links lead somewhere, generated pages are fresh, and every operation is told."""

import re
from pathlib import Path

import pytest

from openward.app import wirings
from openward.care.devicedata.model import KIND_NUMBERS
from openward.cli.provision.file import decode
from openward.cli.provision.reading import read
from openward.cli.reference import command_line, operations
from openward.openapi import document
from openward.openapi.published import METHODS, load

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# Where one machine keeps its files is of no use to a reader; the registry that served a package is nobody's business.
_PRIVATE = re.compile(
    r"(?<![\w.])/(?:work|home|root|Users|tmp)/|\b(?:artifactory|devpi|nexus|verdaccio)\b|\bpypi\.|\bregistry\.\w"
)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_resolves(name: str) -> None:
    page = ROOT / name
    for link in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (page.parent / target) if target else page
        assert found.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in _anchors(found), f"{name}: {link}"


@pytest.mark.parametrize("name", NAMES)
def test_no_page_names_one_machine(name: str) -> None:
    found = _PRIVATE.findall((ROOT / name).read_text("utf-8"))
    assert not found, f"{name}: {found}"


@pytest.mark.parametrize("name", [name for name in NAMES if name.split("/")[1:2] != ["decisions"] and "/" in name])
def test_a_page_opens_by_saying_for_whom_it_is(name: str) -> None:
    if name in ("docs/glossary.md", "docs/explanation/house.md", "docs/reference/settings.md"):
        pytest.skip("a list of words, the builders' page and a generated table open in their own way")
    assert (ROOT / name).read_text("utf-8").split("\n\n")[1].startswith("For "), name


def test_the_command_line_page_is_fresh() -> None:
    assert (ROOT / "docs/reference/command-line.md").read_text("utf-8") == command_line(), "run `make docs`"


def test_the_operations_page_is_fresh() -> None:
    assert (ROOT / "docs/reference/operations.md").read_text("utf-8") == operations(), "run `make docs`"


def test_every_served_operation_is_told() -> None:
    page = (ROOT / "docs/reference/operations.md").read_text("utf-8")
    for path, item in document("all", wirings())["paths"].items():
        for method in item:
            assert f"| {method.upper()} | `{path}` |" in page


def test_the_wire_page_counts_what_is_served() -> None:
    page = (ROOT / "docs/wire/tidepool.md").read_text("utf-8")
    served: dict[str, set[str]] = {}
    for wire in wirings():
        for route in wire.routes:
            name, _, operation = route.operation.partition(":")
            served.setdefault(name, set()).add(operation)
    for name in (path.stem for path in (ROOT / "openward/wire/tidepool/spec").glob("*.yaml")):
        paths = load("tidepool", name)["paths"].values()
        published = sum(method in METHODS for item in paths for method in item)
        assert f"| `{name}` | {len(served.get(name, ()))} | {published} |" in page, name


def test_every_datum_type_is_told() -> None:
    page = (ROOT / "docs/reference/datum-types.md").read_text("utf-8")
    told = set(re.findall(r"^#+ `(\w+)`", page, re.MULTILINE))
    assert told >= set(KIND_NUMBERS), set(KIND_NUMBERS) - told


def test_the_provisioning_example_is_accepted(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/provision-a-clinic.md").read_text("utf-8")
    example = re.search(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert example
    file = tmp_path / "clinics.yaml"
    file.write_text(example[1], "utf-8")
    assert decode(read(file)).organizations
