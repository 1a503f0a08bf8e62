"""The platform's programs: how each is started. A program gets the URLs of only those roles that it needs."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local.home import ROOT, Home
from torihiki.project.local.orphans import MARK
from torihiki.project.local.supervision import Program

PORTAL_HOST = "127.0.0.1"
PORTAL_PORT = 8443
CONSOLE_HOST = "127.0.0.1"  # the operations network of one machine: nothing outside it leads there
CONSOLE_PORT = 9443
SMTP_PORT = 8025
MAIL_PAGE_PORT = 8026
SERVING_PROCESSES = 2
CONSOLE_PROCESSES = 1
SERVING_THREADS = 8  # per process, as many as its pool has connections
WAITING_REQUESTS_MAX = 64  # per process; further ones wait in the kernel's queue
STATIC_SECONDS = 31_536_000  # names carry a hash of the content
PROGRAM_STOP_SECONDS = 25  # the worker finishes the job under way
STOP_SECONDS = 6  # a server that is told to end while it still starts does not hear it


@dataclass(frozen=True)
class Ports:
    portal: int = PORTAL_PORT
    smtp: int = SMTP_PORT
    mail_page: int = MAIL_PAGE_PORT
    console: int = CONSOLE_PORT


def ports_from_environment(portal: int | None, console: int | None = None) -> Ports:
    return Ports(
        portal=portal or int(os.environ.get("TORIHIKI_PORT", PORTAL_PORT)),
        smtp=int(os.environ.get("TORIHIKI_SMTP_PORT", SMTP_PORT)),
        mail_page=int(os.environ.get("TORIHIKI_MAIL_PAGE_PORT", MAIL_PAGE_PORT)),
        console=console or int(os.environ.get("TORIHIKI_CONSOLE_PORT", CONSOLE_PORT)),
    )


@dataclass(frozen=True)
class Platform:
    """What every program's environment is made from."""

    home: Home
    ports: Ports
    urls: Mapping[str, str] = field(repr=False)

    def environment(self, role: str, *more_roles: str) -> dict[str, str]:
        """For a process that serves as `role`; with the URLs of `more_roles` besides, and of no others."""
        inherited = {name: value for name, value in os.environ.items() if name not in ROLE_VARIABLES.values()}
        return inherited | {
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "torihiki.project.settings",
            "TORIHIKI_HOME": str(self.home.path),
            "TORIHIKI_PUBLIC_URL": os.environ.get("TORIHIKI_PUBLIC_URL") or f"https://localhost:{self.ports.portal}",
            "TORIHIKI_CONSOLE_URL": os.environ.get("TORIHIKI_CONSOLE_URL") or f"https://localhost:{self.ports.console}",
            "TORIHIKI_PORT": str(self.ports.portal),
            "TORIHIKI_CONSOLE_PORT": str(self.ports.console),
            "TORIHIKI_SMTP_PORT": str(self.ports.smtp),
            "TORIHIKI_MAIL_PAGE_PORT": str(self.ports.mail_page),
            "TORIHIKI_DATABASE_ROLE": role,
            **{ROLE_VARIABLES[each]: self.urls[each] for each in (role, *more_roles)},
        }

    def program(self, name: str, role: str, *more_roles: str) -> Program:
        """`bin/torihiki <name>` as a program of the platform."""
        environment = self.environment(role, *more_roles) | {MARK: str(self.home.path)}
        return Program(
            name, command(name), environment, self.home.log / f"{name}.log", stop_seconds_max=PROGRAM_STOP_SECONDS
        )


def command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "torihiki.project.cli", *words)


def granian(home: Home, port: int, *, host: str = PORTAL_HOST, processes: int = SERVING_PROCESSES) -> list[str]:
    """The command line of a plane's server: TLS 1.2 and 1.3 by rustls, HTTP/1.1 and 2."""
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": str(processes),
        "--blocking-threads": str(SERVING_THREADS),
        "--backpressure": str(WAITING_REQUESTS_MAX),
        "--ssl-certificate": str(home.keys / "localhost.crt"),
        "--ssl-keyfile": str(home.keys / "localhost.key"),
        "--ssl-protocol-min": "tls1.2",
        "--static-path-route": "/static",
        "--static-path-mount": str(home.static),
        "--static-path-expires": str(STATIC_SECONDS),
        "--workers-kill-timeout": str(STOP_SECONDS),
    }
    switches = ["--respawn-failed-workers", "--access-log", "--no-ws"]
    words = [word for option in options.items() for word in option]
    return [sys.executable, "-m", "granian", *words, *switches, "torihiki.project.wsgi:application"]
