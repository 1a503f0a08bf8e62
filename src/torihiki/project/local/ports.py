"""Whether the ports that the platform needs are free, before anything is started."""

import errno
import socket

from torihiki.project.local.refusals import PortInUse


def check_free(host: str, port: int, *, what: str, remedy: str) -> None:
    """Raises PortInUse, naming what needed the port and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is in use by another program"
            else:
                reason = f"cannot be opened ({error.strerror})"
            raise PortInUse(f"Port {port}, needed for {what}, {reason}. {remedy}") from error
