"""Whether the ports that the platform needs are free, before anything is started."""

import errno
import socket
import time

from torihiki.project.local.refusals import PortInUse

POLL_SECONDS = 0.2


def check_free(host: str, port: int, deadline: float, *, what: str, remedy: str) -> None:
    """Raises PortInUse when it is not free by `deadline` (monotonic), naming what needs the port and what to do."""
    while error := _refusal(host, port):
        if error.errno != errno.EADDRINUSE:
            raise PortInUse(f"Port {port}, needed for {what}, cannot be opened ({error.strerror}). {remedy}")
        if time.monotonic() >= deadline:
            raise PortInUse(f"Port {port}, needed for {what}, is in use by another program. {remedy}")
        time.sleep(POLL_SECONDS)


def _refusal(host: str, port: int) -> OSError | None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None
