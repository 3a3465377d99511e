"""The last steps before a server program runs: become its account, then turn into it.

This file is run as a script (`python -I -S launch.py PLAN`), so that everything below happens in a fresh process with
one thread; doing it between fork and exec of a threaded server could block for ever. It imports the standard library
only. The exit code 77 means that the account cannot reach a needed file; the reason is on standard error.
"""

import ctypes
import json
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
UNREACHABLE = 77


def _set_capabilities(libc: ctypes.CDLL, capabilities: int) -> bool:
    """Make this bit mask the permitted, effective and inheritable capabilities; says whether the kernel agreed."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(capabilities, capabilities, capabilities, 0, 0, 0)
    return bool(libc.capset(header, data) == 0)


def _hindrance(needs: list[str]) -> str:
    """The first of these files or folders that cannot be opened now, with the reason, or an empty string."""
    for path in needs:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError as error:
            return f"{path}: {error.strerror}"
    return ""


def _become(libc: ctypes.CDLL, user_id: int, group_id: int, needs: list[str]) -> None:
    """Leave root for good, keeping one reading capability only if a needed path lies below a closed folder.

    Opening the modes of parent folders would show their content to everybody on the machine; the capability helps
    this one process only.
    """
    os.setgroups([group_id])
    os.setgid(group_id)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setuid(user_id)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Changing the account emptied the effective set, so this first look is that of an ordinary process.
    hindrance = _hindrance(needs)
    if not hindrance:
        _set_capabilities(libc, 0)
        return
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if (
            _set_capabilities(libc, 1 << capability)
            and not _hindrance(needs)
            and libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0
        ):
            return
    sys.stderr.write(hindrance + "\n")
    sys.exit(UNREACHABLE)


def main() -> None:
    """Read the plan `{argv, parent, needs, user_id?, group_id?}` from the command line and become `argv`."""
    plan = json.loads(sys.argv[1])
    argv: list[str] = plan["argv"]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if plan.get("user_id") is not None:
            _become(libc, plan["user_id"], plan["group_id"], plan["needs"])
        # The kernel forgets this wish whenever the account changes, hence after it: when the supervising process is
        # killed, the server gets the signal for a fast and clean shutdown.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != plan["parent"]:
            sys.exit("The supervising process is gone.")
    os.umask(0o077)
    os.execve(argv[0], argv, os.environ)  # noqa: S606


if __name__ == "__main__":
    main()
