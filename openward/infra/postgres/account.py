"""Which account the server runs as: PostgreSQL refuses root, and so do we."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from openward.infra.postgres.binaries import ClusterError

UNPRIVILEGED = ("openward", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the server; `is_other` when it is not the one we run as, and has to be changed to."""

    user_id: int
    group_id: int
    is_other: bool

    def give(self, path: Path, mode: int) -> None:
        """Hand a file or folder that we made to this account."""
        if self.is_other:
            os.chown(path, self.user_id, self.group_id, follow_symlinks=False)
        path.chmod(mode)


def server_account(pgdata: Path) -> Account:
    """Ourselves, or when we are root: the owner of existing data, else the first unprivileged account there is.

    Raises ClusterError when the data belongs to somebody else, or no account can be used.
    """
    owner = pgdata.stat() if pgdata.exists() else None
    me = os.geteuid()
    if me != 0:
        if owner is not None and owner.st_uid != me:
            raise ClusterError(
                f"The database in {pgdata} belongs to the account with number {owner.st_uid}, and this process runs "
                f"as number {me}. Start Openward as that account or as root, or change the owner of the folder."
            )
        return Account(me, os.getegid(), is_other=False)
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, is_other=True)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, is_other=True)
    raise ClusterError(
        "PostgreSQL does not run as root and there is no unprivileged account. Create one "
        "(useradd --system openward), or start Openward as an ordinary user."
    )


def give_tree(account: Account, folder: Path) -> None:
    """Hand a whole folder to the account, for data that was restored as root."""
    os.chown(folder, account.user_id, account.group_id)
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(place, name), account.user_id, account.group_id, follow_symlinks=False)
