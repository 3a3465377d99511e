"""A provisioning file is checked whole, and each fault is named with its path."""

import json
from pathlib import Path

import pytest

from openward.cli.provision.faults import BadFile
from openward.cli.provision.file import decode, strangers
from openward.cli.provision.reading import parse, read

GOOD = """
service_secret: "a long enough secret"
users:
  - email: Ana@Example.org
    password: "correct-horse"
    name: Ana Ruiz
    roles: [clinic]
    patient: {fullName: Ana Ruiz, birthday: 1990-02-03}
  - {email: ben@example.org}
oauth_clients: [{client_id: uploader, client_secret: "a secret of its own", name: Clinic uploader}]
organizations:
  - key: willow
    name: Willow Clinic
    timezone: America/New_York
    country: US
    preferred_units: mg/dL
    tier: tier0300
    members: [{email: ana@example.org, roles: [CLINIC_ADMIN]}, {email: ben@example.org}]
    tags: [Pregnancy, Pump]
    sites: [North]
    mrn: {required: false, unique: true}
    ehr: {}
    solo: {}
    twine: {groups: []}
partners: []
redox: {}
"""


def partner(name: str, policy: str = "{}", base_url: str = "https://cloud.example.org") -> str:
    """A file with one partner cloud."""
    return f"partners: [{{name: {name}, base_url: '{base_url}', client_id: c, client_secret: s, policy: {policy}}}]"


def refused(content: str) -> list[str]:
    """The faults of a bad file as they are printed."""
    with pytest.raises(BadFile) as caught:
        decode(parse(content))
    return [str(fault) for fault in caught.value.faults]


def test_a_secret_may_be_as_short_as_the_other_side_has_it() -> None:
    plan = decode(parse('{service_secret: s, oauth_clients: [{client_id: up, client_secret: "12"}]}'))
    assert (plan.service_secret, plan.oauth_clients[0].client_secret) == ("s", "12")


def test_a_good_file_is_read_whole() -> None:
    plan = decode(parse(GOOD))
    ana, ben = plan.users
    assert ana.email == "ana@example.org"
    assert ana.patient == {"fullName": "Ana Ruiz", "birthday": "1990-02-03"}
    assert ben.password is None
    assert ben.roles is None
    willow = plan.organizations[0]
    assert [member.roles for member in willow.members] == [("CLINIC_ADMIN",), ("CLINIC_MEMBER",)]
    assert (willow.mrn_required, willow.mrn_unique) == (False, True)
    assert plan.oauth_clients[0].client_secret == "a secret of its own"


def test_json_says_the_same() -> None:
    plan = decode(parse(json.dumps({"users": [{"email": "a@example.org", "roles": ["clinic"]}]})))
    assert plan.users[0].roles == ("clinic",)


def test_an_empty_file_is_a_plan() -> None:
    assert decode(parse("")).organizations == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[]", "must be a mapping, not a list"),
        ("usres: []", "usres: unknown key; known here: service_secret, users"),
        ("users: {}", "users: must be a list, not a mapping"),
        ("users: [{}]", "users[0].email: is missing"),
        ("users: [{email: nonsense}]", "users[0].email: is not a mail address"),
        ("users: [{email: a@b.org, password: short}]", "users[0].password: must have 8 to 72 characters"),
        ("users: [{email: a@b.org, password: 12345678}]", "users[0].password: must be a text, not a whole number"),
        ("users: [{email: a@b.org, roles: [boss]}]", "users[0].roles[0]: must be one of clinic"),
        ("users: [{email: a@b.org}, {email: A@b.org}]", "users[1].email: is the same as in users[0]"),
        (
            "users: [{email: a@b.org, patient: {fullName: A, birthday: 1990-2-3}}]",
            "users[0].patient.birthday: is not a date",
        ),
        ("users: [{email: a@b.org, patient: {fullName: A}}]", "users[0].patient.birthday: is missing"),
        ("organizations: [{key: Bad Key, name: A}]", "organizations[0].key: may hold a-z"),
        ("organizations: [{key: a, name: A, timezone: Mars/Base}]", "organizations[0].timezone: is not a time zone"),
        ("organizations: [{key: a, name: A, tags: [Pump, PUMP]}]", "organizations[0].tags[1]: is the same as in"),
        ("organizations: [{key: a, name: A, tags: ['*']}]", "organizations[0].tags[0]: holds a character"),
        ("organizations: [{key: a, name: A, mrn: {required: maybe}}]", "organizations[0].mrn.required: must be true"),
        (
            "organizations: [{key: a, name: A, members: [{email: a@b.org, roles: []}]}]",
            "organizations[0].members[0].roles: must not be empty",
        ),
        ("organizations: [{key: a, name: A}, {key: a, name: B}]", "organizations[1].key: is the same as in"),
        ("service_secret: [x]", "service_secret: must be a text, not a list"),
        ('service_secret: "with a \\0 nul inside"', "service_secret: holds a control character"),
        ("oauth_clients: [{name: x}]", "oauth_clients[0].client_id: is missing"),
        (
            "organizations: [{key: a, name: A, solo: {waiting_rooms: [{name: R}, {name: Q, hours: {mon: [[9, 5]]}}]}}]",
            "organizations[0].solo.waiting_rooms[1].hours.mon[0][0]: is read as a number",
        ),
        (
            'organizations: [{key: a, name: A, solo: {waiting_rooms: [{name: R, hours: {mon: [["7:00"]]}}]}}]',
            "organizations[0].solo.waiting_rooms[0].hours.mon[0]: must be a list of two",
        ),
        ("partners: [{name: dexcom}]", "partners[0].base_url: is missing"),
        (partner("nobody"), "partners[0].name: must be one of dexcom"),
        (partner("dexcom", base_url="ftp://x"), "partners[0].base_url: is not an address"),
        *(
            (partner("dexcom", base_url=f"https://{place}"), "partners[0].base_url: must be an address such as")
            for place in ("us:secret@cloud.example.org", "cloud.example.org/?region=eu", "cloud.example.org/#eu")
        ),
        (partner("dexcom", "{interval: 3}"), "partners[0].policy.interval: not part of a policy"),
        (partner("dexcom", "{interval_minutes: [75, 45]}"), "partners[0].policy.interval_minutes: two numbers"),
        (partner("dexcom", "{interval_minutes: [.inf, .inf]}"), "partners[0].policy.interval_minutes: two numbers"),
        (partner("dexcom", "{interval_minutes: [a, 45]}"), "partners[0].policy.interval_minutes[0]: expected `float`"),
        (partner("dexcom", "{pause: {from: '25:00'}}"), "partners[0].policy.pause.from: is not a time of day"),
        (partner("dexcom", "{pause: {from: '01:00', to: '01:00'}}"), "partners[0].policy.pause: a pause that ends"),
        (partner("dexcom", "{login_path: login}"), "partners[0].policy.login_path: begins with a slash"),
        (partner("dexcom", "[]"), "partners[0].policy: must be a mapping"),
        ("redox: {base_url: ftp://x}", "redox.base_url: is not an address"),
        ("redox: {private_key_pem: '-----BEGIN PRIVATE KEY-----'}", "redox.private_key_pem: is not an RSA private key"),
        ("redox: {token: x}", "redox.token: unknown key"),
        ("xealth: {token: x}", "xealth.token: unknown key"),
        (
            "organizations: [{key: a, name: A, ehr: {enabled: true}}]",
            "organizations[0].ehr: object missing required field `sourceId`",
        ),
        ("organizations: [{key: a, name: A, ehr: {tags: {code: x}}}]", "organizations[0].ehr.tags.code: unknown key"),
        ("organizations: [{key: a, name: A, ehr: {tags: x}}]", "organizations[0].ehr.tags: must be a mapping"),
    ],
)
def test_each_fault_has_its_path(content: str, expected: str) -> None:
    assert any(fault.startswith(expected) for fault in refused(content)), refused(content)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("{id: x}", "[0].id: must be a number from 1 to"),
        ("{id: 70000}", "[0].id: must be a number from 1 to"),
        ("{id: 1}, {id: '1'}", "[1].id: is the same as in"),
        ("{id: 1, text: Q, category: sports, format: {type: text}}", "[0].category: must be one of lifestyle"),
        ("{id: 1, text: Q}", "[0].category: is missing"),
        (
            "{text: Q, category: mental_wellbeing, format: {type: text},"
            " requirements: [{property: gender, shouldBeEqual: true}]}",
            "[0].requirements[0].value: is missing",
        ),
        (
            "{text: Q, category: mental_wellbeing, format: {type: text},"
            " requirements: [{property: age, shouldBeGreaterThan: old}]}",
            "[0].requirements[0].shouldBeGreaterThan: must be a number",
        ),
    ],
)
def test_questions_of_health_profiles_are_checked(question: str, expected: str) -> None:
    content = "organizations: [{key: a, name: A, twine: {question_definitions: [" + question + "]}}]"
    path = "organizations[0].twine.question_definitions"
    assert any(fault.startswith(path + expected) for fault in refused(content)), refused(content)


def test_all_faults_are_told_at_once() -> None:
    assert len(refused("users: [{email: x}, {email: y}]\norganizations: [{}]\nextra: 1")) == 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("users: [", "line 1, column 9"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' comes twice"),
        ('{"a": 1, "a": 2}', "the key 'a' comes twice"),
        ("1: x", "the key 1 is not a text"),
        ("x: 2026-02-30", "not valid YAML"),
        ("[" * 5000, "nested too deeply"),
        ("x: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_broken_text_is_refused_with_its_place(content: str, expected: str) -> None:
    assert expected in refused(content)[0]


def test_a_secret_never_reaches_a_message() -> None:
    assert "hunter2" not in " ".join(refused("users: [{email: a@b.org, password: hunter2}]"))


def test_members_must_be_known_somewhere() -> None:
    plan = decode(parse("organizations: [{key: a, name: A, members: [{email: a@b.org}, {email: c@d.org}]}]"))
    assert [fault.path for fault in strangers(plan, ["c@d.org"])] == ["organizations[0].members[0].email"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        read(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(BadFile, match="not UTF-8"):
        read(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    "address", ["app.example/cb", "https://app.example/cb#part", "javascript:/alert(1)", "https://two words/", "app:"]
)
def test_people_are_sent_back_to_whole_addresses_only(address: str) -> None:
    given = {"oauth_clients": [{"client_id": "app", "redirect_uris": [address]}]}
    assert refused(json.dumps(given))[0].startswith("oauth_clients[0].redirect_uris[0]: ")
    good = ["https://app.example/cb?x=1/", "http://127.0.0.1:8123/done", "org.example.app:/done"]
    plan = decode(parse(json.dumps({"oauth_clients": [{"client_id": "app", "redirect_uris": good}]})))
    assert plan.oauth_clients[0].redirect_uris == tuple(good)
