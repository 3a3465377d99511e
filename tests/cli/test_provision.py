"""Provisioning a real installation: beside a server and without one, twice, at once, and with bad files."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openward.care import accounts, connections, ehr, organizations
from openward.care.work import Work
from openward.cli.provision.apply import apply
from openward.cli.provision.faults import BadFile
from openward.cli.provision.file import decode
from tests.cli.running import Running, call, openward

FILE = {
    "service_secret": "a-service-secret",
    "users": [
        {"email": "ana@example.org", "password": "Correct-horse-7", "name": "Ana Ruiz", "roles": ["clinic"]},
        {"email": "ben@example.org", "patient": {"fullName": "Ben Okri", "birthday": "1990-02-03"}},
    ],
    "oauth_clients": [{"client_id": "uploader"}, {"client_id": "given", "client_secret": "given-secret"}],
    "organizations": [
        {
            "key": "willow",
            "name": "Willow Clinic",
            "timezone": "America/New_York",
            "country": "US",
            "preferred_units": "mmol/L",
            "tier": "tier0300",
            "members": [{"email": "ben@example.org"}, {"email": "ana@example.org", "roles": ["CLINIC_ADMIN"]}],
            "tags": ["Pregnancy", "Pump"],
            "sites": ["North"],
            "mrn": {"required": True, "unique": False},
        }
    ],
}


EHR = {
    "enabled": True,
    "sourceId": "willow-ehr",
    "provider": "redox",
    "mrnIdType": "MRN",
    "procedureCodes": {"createAccount": "C"},
    "scheduledReports": {"onUploadEnabled": False, "cadence": "14d"},
    "tags": {},
    "flowsheets": {"icode": True},
}


@pytest.mark.anyio
async def test_partner_clouds_are_set_up(work: Work) -> None:
    def file(**more: object) -> dict[str, object]:
        base = {"name": "dexcom", "base_url": "http://127.0.0.1:9200/", "client_id": "us", "client_secret": "a-secret"}
        return {"partners": [{**base, **more}]}

    answer = await apply(work, decode(file(policy={"interval_minutes": [0.5, 1], "pause": None})))
    assert "a-secret" not in json.dumps(answer)
    made = await connections.partner(work, "dexcom")
    assert (made.base_url, made.client_id, made.client_secret) == ("http://127.0.0.1:9200", "us", "a-secret")
    assert (made.policy.interval_minutes, made.policy.pause) == ((0.5, 1), None)
    assert "a-secret" not in repr(made)
    kept = await work.tx.fetchval("select row_to_json(p)::text from connections.partner p")
    assert "a-secret" not in kept

    work.now += timedelta(hours=1)
    await apply(work, decode(file(policy={"interval_minutes": [0.5, 1], "pause": None})))
    assert await connections.partner(work, "dexcom") == made

    # Leaving the policy out restores the partner's own.
    await apply(work, decode(file(client_secret="another-one")))
    again = await connections.partner(work, "dexcom")
    assert again.policy == connections.known_partners(work)["dexcom"].policy
    assert (again.client_secret, again.modified_at) == ("another-one", work.now)


@pytest.mark.anyio
async def test_links_with_record_systems_are_set_up(work: Work) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = {
        "organizations": [{"key": "oak", "name": "Oak", "ehr": EHR}],
        "redox": {"verification_token": "t", "private_key_pem": pem, "base_url": "http://127.0.0.1:9300/"},
        "xealth": {"bearer_token": "b", "client_id": "c", "client_secret": "s", "base_url": "http://127.0.0.1:9400"},
    }
    await apply(work, decode(file))
    oak = await organizations.get(work, await organizations.by_provisioning_key(work, "oak"))
    assert oak.ehr == EHR | {"notes": {"includeGMI": False}}
    assert await ehr.link(work, ehr.Provider.REDOX) == {
        "verification_token": "t",
        "private_key_pem": pem,
        "base_url": "http://127.0.0.1:9300",
    }
    assert await ehr.link(work, ehr.Provider.XEALTH) == file["xealth"]
    sealed = await work.tx.fetch("select sealed from ehr.link order by provider")
    work.now += timedelta(hours=1)
    await apply(work, decode(file))
    assert await work.tx.fetch("select sealed from ehr.link order by provider") == sealed
    assert (await organizations.get(work, oak.key)).updated_at == oak.updated_at
    await apply(work, decode({"organizations": [{"key": "oak", "name": "Oak", "ehr": {}}], "redox": {"key_id": "k"}}))
    assert (await organizations.get(work, oak.key)).ehr == oak.ehr
    assert (await ehr.link(work, ehr.Provider.REDOX)).keys() == {
        *("verification_token", "private_key_pem", "base_url", "key_id")
    }


@pytest.mark.anyio
async def test_it_makes_everything_and_then_nothing(work: Work) -> None:
    first = await apply(work, decode(FILE))
    ana = await accounts.by_email(work, "ana@example.org")
    assert ana is not None
    assert (ana.is_email_verified, ana.roles) == (True, ("clinic",))
    willow = await organizations.get(work, await organizations.by_provisioning_key(work, "willow"))
    assert (willow.profile.timezone, willow.profile.preferred_units, willow.tier) == (
        "America/New_York",
        "mmol/L",
        "tier0300",
    )
    assert willow.mrn == organizations.MRNRules(required=True, unique=False)
    before = await _snapshot(work)
    second = await apply(work, decode(FILE))
    assert await _snapshot(work) == before
    made = first["oauth_clients"][0]
    assert len(made["client_secret"]) >= 32
    made |= {"client_secret": None, "kept": True}
    assert second == first


async def _snapshot(work: Work) -> dict[str, str]:
    """The whole content of every table of our schemas, of what this transaction sees."""
    rows = await work.tx.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname in ('identity', 'accounts', 'organizations', 'patients') order by 1"
    )
    return {
        row["name"]: await work.tx.fetchval(
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {row['name']} t"
        )
        for row in rows
    }


@pytest.mark.anyio
async def test_it_changes_what_differs(work: Work) -> None:
    await apply(work, decode(FILE))
    changed = json.loads(json.dumps(FILE))
    changed["organizations"][0] |= {"name": "Willow & Oak", "tags": ["PUMP", "New"], "tier": "tier0400"}
    changed["organizations"][0]["members"] = [
        {"email": "ana@example.org", "roles": ["CLINIC_MEMBER"]},
        {"email": "ben@example.org", "roles": ["CLINIC_ADMIN"]},
    ]
    answer = await apply(work, decode(changed))
    key = await organizations.by_provisioning_key(work, "willow")
    assert key is not None
    willow = await organizations.get(work, key)
    assert (willow.profile.name, willow.profile.timezone, willow.tier) == (
        "Willow & Oak",
        "America/New_York",
        "tier0400",
    )
    assert {tag.name for tag in (await organizations.tags(work, [key]))[key]} == {"Pregnancy", "PUMP", "New"}
    assert [tag["name"] for tag in answer["organizations"][0]["tags"]] == ["PUMP", "New"]
    ben = await accounts.by_email(work, "ben@example.org")
    assert ben is not None
    member = await organizations.membership(work, key, ben.key)
    assert member is not None
    assert member.is_admin


@pytest.mark.anyio
async def test_a_secret_is_rotated_on_request_only(work: Work) -> None:
    plan = decode({"oauth_clients": [{"client_id": "uploader"}]})
    first = await apply(work, plan)
    assert first["service_secret"]
    kept = await apply(work, plan)
    assert (kept["service_secret"], kept["kept"]) == (None, True)
    rotated = await apply(work, plan, ["uploader", "service_secret"])
    assert rotated["service_secret"] not in (None, first["service_secret"])
    old, new = first["oauth_clients"][0]["client_secret"], rotated["oauth_clients"][0]["client_secret"]
    assert old != new
    await accounts.check_oauth_client(work, "uploader", new)
    with pytest.raises(BadFile, match="no secret of this name"):
        await apply(work, plan, ["nobody"])


@pytest.mark.anyio
async def test_a_dangling_member_is_refused_before_anything_is_written(work: Work) -> None:
    organization = {"key": "oak", "name": "Oak", "members": [{"email": "nobody@example.org"}]}
    with pytest.raises(BadFile) as caught:
        await apply(work, decode({"users": [{"email": "new@example.org"}], "organizations": [organization]}))
    assert [fault.path for fault in caught.value.faults] == ["organizations[0].members[0].email"]
    assert await accounts.by_email(work, "new@example.org") is None


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_the_command_without_and_beside_a_server(tmp_path: Path) -> None:
    file, folder = tmp_path / "clinics.json", tmp_path / "installation"
    file.write_text(json.dumps(FILE))
    alone = openward("provision", str(file), "--data-dir", str(folder))
    first = json.loads(alone.stdout)
    server = Running("serve", folder, "--port", "0")
    try:
        url = server.ready()
        with ThreadPoolExecutor(2) as pool:
            beside = list(pool.map(lambda _: openward("provision", str(file), "--data-dir", str(folder)), range(2)))
        first["oauth_clients"][0] |= {"client_secret": None, "kept": True}
        assert [json.loads(done.stdout) for done in beside] == [first, first]
        secret = {"x_tidepool_server_name": "any", "x_tidepool_server_secret": "a-service-secret"}
        assert call(f"{url}/auth/serverlogin", "POST", **secret)[0] == 200
    finally:
        server.kill_all()


def test_a_bad_file_ends_with_status_2_and_touches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("users: [{email: nonsense}]\nxealth: {client_id: x}\n")
    done = openward("provision", str(file), "--data-dir", str(tmp_path / "installation"), check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "users[0].email: is not a mail address" in done.stderr
    assert not (tmp_path / "installation").exists()


@pytest.mark.anyio
async def test_addresses_of_a_program_are_replaced_and_else_left(work: Work) -> None:
    address = "https://app.example/cb"
    client = {"client_id": "app-with-addresses", "redirect_uris": [address]}
    await apply(work, decode({"oauth_clients": [client]}))
    assert await accounts.may_redirect(work, "app-with-addresses", address)
    await apply(work, decode({"oauth_clients": [{"client_id": "app-with-addresses"}]}))
    assert await accounts.may_redirect(work, "app-with-addresses", address)
    await apply(work, decode({"oauth_clients": [client | {"redirect_uris": []}]}))
    assert not await accounts.may_redirect(work, "app-with-addresses", address)
