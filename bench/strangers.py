"""`python -m bench.strangers PORT CERTIFICATE COUNT`: so many try passwords at unknown ids, until a line comes in;
prints how many were answered."""

import os
import sys
import threading
import time
from pathlib import Path

from bench.sign_in import BACK_AFTER_SECONDS, Visitor

NICENESS = 19


def main() -> None:
    port, certificate, count = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    os.nice(NICENESS)
    enough = threading.Event()
    tried = [0] * count

    def attack(place: int) -> None:
        visitor = Visitor(port, certificate)
        while not enough.is_set():
            try:
                status = visitor.try_once(f"nobody-{place}", f"Guess-{tried[place]}")
            except OSError:  # a connection that was not taken
                status = 503
            tried[place] += 1
            if status == 503:
                time.sleep(BACK_AFTER_SECONDS)

    threads = [threading.Thread(target=attack, args=[place], daemon=True) for place in range(count)]
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    enough.set()
    for thread in threads:
        thread.join(timeout=10)
    print(sum(tried))


if __name__ == "__main__":
    main()
