"""Make a new cluster: its files, its role, its database and the rule who may come in."""

import secrets
import shutil
from pathlib import Path

from openward.infra.postgres.account import Account, give_tree
from openward.infra.postgres.binaries import Binaries, ClusterError
from openward.infra.postgres.layout import DATABASE, ROLE, Layout, sync_folder
from openward.infra.postgres.server import run_as

HBA = """# Written by Openward: only through the socket, only with the password that lies beside this folder.
local all all scram-sha-256
"""

# The application's role owns its database but is no superuser: a flaw in a query must not reach files or programs.
# It may make databases, read statistics and run checkpoints, which tests, the health page and benchmarks want.
FIRST_STATEMENTS = (
    f"CREATE ROLE {ROLE} LOGIN CREATEDB",
    f"GRANT pg_monitor TO {ROLE}",
    f"GRANT pg_checkpoint TO {ROLE}",
    f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
)


def create_cluster(layout: Layout, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Build the cluster beside its final place and move it there when whole, so that a crash leaves no half one."""
    fresh = layout.folder / "pgdata.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    account.give(fresh, 0o700)
    argv = [binaries.program("initdb"), "-D", str(fresh), "-U", "postgres", "-E", "UTF8", "-k", "--no-instructions"]
    argv += ["--auth=scram-sha-256", "--auth-local=peer", *_locale(binaries), *([] if durable else ["--no-sync"])]
    run_as(account, [binaries.folder, Path(argv[0]), fresh], argv)
    hba = fresh / "pg_hba.conf"
    hba.write_text(HBA)
    password = secrets.token_urlsafe(32)
    statements = [*FIRST_STATEMENTS, f"ALTER ROLE {ROLE} PASSWORD '{password}'"]
    _run_single_user(binaries, account, fresh, statements, durable=durable)
    layout.keep_password(password)
    fresh.rename(layout.pgdata)
    sync_folder(layout.folder)


def renew_password(layout: Layout, binaries: Binaries, account: Account) -> None:
    """Give the role a new password when the file with the old one has been lost; the server must not run."""
    password = secrets.token_urlsafe(32)
    _run_single_user(binaries, account, layout.pgdata, [f"ALTER ROLE {ROLE} PASSWORD '{password}'"], durable=True)
    layout.keep_password(password)


def check_version(layout: Layout, binaries: Binaries) -> None:
    """Refuse data of another major version, in words that say how to go on."""
    try:
        found = (layout.pgdata / "PG_VERSION").read_text().strip()
    except FileNotFoundError as error:
        raise ClusterError(
            f"{layout.pgdata} is not a PostgreSQL data folder. Move it away to begin with an empty database."
        ) from error
    if found != str(binaries.major):
        raise ClusterError(
            f"The database in {layout.pgdata} was made by PostgreSQL {found}, and the programs in {binaries.folder} "
            f"are version {binaries.major}. Nothing was changed. Either name the bin folder of PostgreSQL {found} in "
            "the settings and go on as before, or move the data: export it with the old version, start with an empty "
            "folder, import it (or run pg_upgrade with both versions)."
        )


def restore_ownership(layout: Layout, account: Account) -> None:
    """Hand data that root has put back from a backup to the server's account."""
    if account.is_other and layout.pgdata.stat().st_uid == 0:
        give_tree(account, layout.pgdata)


def _locale(binaries: Binaries) -> list[str]:
    # The built-in provider sorts the same way on every machine, so an index never goes stale with a new C library.
    if binaries.major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _run_single_user(
    binaries: Binaries, account: Account, pgdata: Path, statements: list[str], *, durable: bool
) -> None:
    program = binaries.program("postgres")
    options = ["-c", "log_min_messages=log", "-c", "log_min_error_statement=panic", "-c", "exit_on_error=on"]
    options += [] if durable else ["-c", "fsync=off"]
    argv = [program, "--single", "-D", str(pgdata), *options, "postgres"]
    run_as(account, [binaries.folder, Path(program), pgdata], argv, feed="".join(f"{line};\n" for line in statements))
