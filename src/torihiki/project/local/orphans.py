"""Ends the programs that a killed supervisor left behind: a server's own child processes do not hear of its death."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

MARK = "TORIHIKI_SUPERVISED_IN"  # in the environment of every program, and so of all its descendants


def end_orphans(home: Path) -> int:
    """Kill what still runs for `home`; their number. Only for the holder of the home's lock. They keep nothing that
    matters: whatever was promised to anyone is in the database, whose processes are not among them."""
    orphans = list(_marked(home))
    for pid in orphans:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(orphans)


def _marked(home: Path) -> Iterator[int]:
    mark = os.fsencode(f"{MARK}={home}")
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):  # ended meanwhile, or someone else's
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)
