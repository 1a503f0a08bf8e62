"""Copies what a program says into a file of bounded size. The program never ends because of its log."""

import threading
from pathlib import Path
from typing import IO

LOG_BYTES_MAX = 5 * 2**20
OLD_LOGS_KEPT = 2
TAIL_BYTES = 4_000


def copy_to_log(source: IO[bytes], file: Path) -> threading.Thread:
    """Start a thread that copies `source` until its end; older content moves to `<file>.1`, `<file>.2`."""
    thread = threading.Thread(target=_copy, args=(source, file), name=f"log {file.name}", daemon=True)
    thread.start()
    return thread


def tail(file: Path, lines_max: int = 12) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        with file.open("rb") as handle:
            handle.seek(max(0, file.stat().st_size - TAIL_BYTES))
            said = handle.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(said[-lines_max:])


def _copy(source: IO[bytes], file: Path) -> None:
    with source:
        for line in source:
            try:
                if file.exists() and file.stat().st_size + len(line) > LOG_BYTES_MAX:
                    _rotate(file)
                with file.open("ab") as handle:
                    handle.write(line)
            except OSError:
                continue  # a full disk costs log lines, not the program


def _rotate(file: Path) -> None:
    for age in range(OLD_LOGS_KEPT, 0, -1):
        older = file if age == 1 else file.with_name(f"{file.name}.{age - 1}")
        if older.exists():
            older.replace(file.with_name(f"{file.name}.{age}"))
