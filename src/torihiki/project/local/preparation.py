"""What must be done between a change of the sources and serving them: translations, migrations, static files.

Each step is cheap when nothing changed, so that every start does them all.
"""

import hashlib
import os
from pathlib import Path

from torihiki.project.local.home import ROOT, Home

SOURCE = ROOT / "src"


def compile_translations() -> int:
    """Make the .mo beside each .po that is newer than it; the number made. Raises ValueError for a broken .po."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    stale = [file for file in SOURCE.glob("torihiki/**/locale/*/LC_MESSAGES/*.po") if _is_stale(file)]
    for file in stale:
        with file.open("rb") as source:
            catalog = read_po(source, abort_invalid=True)
        unfinished = file.with_suffix(f".mo.{os.getpid()}")
        with unfinished.open("wb") as target:
            write_mo(target, catalog)
        unfinished.replace(file.with_suffix(".mo"))
    return len(stale)


def migrate() -> None:
    """Bring the database to the sources' state. Runs as the migration role."""
    from django.core.management import call_command

    call_command("migrate", verbosity=1, interactive=False, skip_checks=True)


def collect_static(home: Home) -> bool:
    """Collect the static files under their hashed names unless nothing changed since the last time."""
    from django.core.management import call_command

    stamp, state = home.stamp("static"), _state_of_static_files()
    if (home.static / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp.write_text(state)
    return True


def _is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime


def _state_of_static_files() -> str:
    from django.contrib.staticfiles.finders import get_finders

    state = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            found = Path(storage.path(name)).stat()
            state.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return state.hexdigest()
