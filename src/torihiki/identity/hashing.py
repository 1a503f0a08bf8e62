"""Password hashing with a bound: a flood of sign-ins waits in a short queue and starves nobody else.

PBKDF2 takes about a third of a second of processor time by design. Each process hashes in one thread of lower priority;
whoever finds the queue full is asked to come back, before anything is counted or looked up.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.contrib.auth.hashers import make_password, verify_password

from torihiki.identity.refusals import TooBusy

HASHES_AT_ONCE = 1  # per process
WAITING_MAX = 4  # per process, of its eight serving threads
NICENESS = 10


def _yield_to_others() -> None:
    """The niceness of this thread alone (Linux): requests that need no hash go first."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_pool = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="hash", initializer=_yield_to_others)
_places = threading.BoundedSemaphore(HASHES_AT_ONCE + WAITING_MAX)


@contextmanager
def place_to_hash() -> Iterator[None]:
    """Hold one of the few places while something is verified. Raises TooBusy at once when all are taken."""
    if not _places.acquire(blocking=False):
        raise TooBusy
    try:
        yield
    finally:
        _places.release()


def verify(password: str, encoded: str) -> tuple[bool, bool]:
    """Whether `password` is right, and whether it should be hashed anew. An empty `encoded` costs as much and is never
    right."""
    if not encoded:
        hash_anew(password)
        return False, False
    return _pool.submit(verify_password, password, encoded).result()


def hash_anew(password: str) -> str:
    return _pool.submit(make_password, password).result()
