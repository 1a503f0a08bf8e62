"""Finds PostgreSQL's server programs: of the newest fit version, or of the version that an existing cluster needs."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from torihiki.project.local.refusals import ClusterOfOtherVersion, PostgresMissing

MAJOR_MIN = 15
DEBIAN_FOLDERS = "/usr/lib/postgresql"
VERSION_SECONDS_MAX = 10


@dataclass(frozen=True, order=True)
class Binaries:
    major: int
    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find(cluster: Path | None = None) -> Binaries:
    """The binaries for the cluster in `cluster`, or the newest for a new one.

    Raises PostgresMissing when there are none ≥ MAJOR_MIN, ClusterOfOtherVersion when none of them fits the cluster.
    """
    installed = sorted(set(_installed()))
    if not installed:
        raise PostgresMissing(
            f"PostgreSQL {MAJOR_MIN} or later is needed and its server programs were not found. Install them "
            "(Debian: apt-get install postgresql), or set DATABASE_URL and its sisters to use one elsewhere."
        )
    needed = major_of(cluster) if cluster else None
    if needed is None:
        return installed[-1]
    for binaries in installed:
        if binaries.major == needed:
            return binaries
    versions = ", ".join(str(each.major) for each in installed)
    raise ClusterOfOtherVersion(
        f"{cluster} was made by PostgreSQL {needed}; installed here: {versions}. Nothing was changed. "
        f"Install postgresql-{needed}, or bring the data over with pg_upgrade."
    )


def major_of(cluster: Path) -> int | None:
    """The major version that made this cluster; None when there is no readable mark of it."""
    try:
        return int((cluster / "PG_VERSION").read_text().strip())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _installed() -> list[Binaries]:
    folders = list(Path(DEBIAN_FOLDERS).glob("*/bin"))
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return [
        Binaries(major, folder)
        for folder in folders
        if (folder / "initdb").exists() and (major := _major(folder)) is not None and major >= MAJOR_MIN
    ]


def _major(folder: Path) -> int | None:
    program = folder / "postgres"
    if not program.exists():
        return None
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS_MAX, check=False
    )
    found = re.search(r"PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else None
