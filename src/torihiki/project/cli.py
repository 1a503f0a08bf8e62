"""`torihiki …`: the product's command line. Each command is one function; COMMANDS is the list that `--help` shows."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torihiki.project.local.refusals import DiskFull, Refusal

SETTINGS = "torihiki.project.settings"


@dataclass(frozen=True)
class Command:
    """`arguments` declares its options on its parser; with `passes_on`, all other words go to another program."""

    name: str
    help: str
    run: Callable[[argparse.Namespace], None]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    passes_on: bool = False


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, that of a refusal (see torihiki.project.local.refusals), or 2 for a wrong command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    options = _parse(list(sys.argv[1:] if words is None else words))
    try:
        options.command.run(options)
    except Refusal as refusal:
        print(f"torihiki: {refusal}", file=sys.stderr)
        return refusal.exit_code
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("torihiki: the disk is full. Free some space and start again.", file=sys.stderr)
        return DiskFull.exit_code
    return 0


def _up(options: argparse.Namespace) -> None:
    from torihiki.project.local.home import this_home
    from torihiki.project.local.programs import ports_from_environment
    from torihiki.project.local.up import Options, up

    ports = ports_from_environment(options.port, options.console_port)
    up(this_home(), Options(ports, demo=options.demo, reset=options.reset, yes=options.yes))


def _up_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="the portal's port (8443)")
    parser.add_argument("--console-port", type=_port, help="the operator's console's port (9443)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="start without the demo companies")
    parser.add_argument(
        "--reset", action="store_true", help="destroy all data of this platform first, after confirming"
    )
    parser.add_argument("--yes", action="store_true", help="confirm --reset beforehand")


def _migrate(options: argparse.Namespace) -> None:
    from torihiki.project.local import preparation
    from torihiki.project.local.home import this_home

    _join_platform("migration")
    preparation.compile_translations()
    _set_up_django()
    preparation.migrate()
    preparation.collect_static(this_home())


def _serve(options: argparse.Namespace) -> None:
    from torihiki.project.local.home import this_home
    from torihiki.project.local.programs import granian, ports_from_environment

    _join_platform("application")
    words = granian(this_home(), ports_from_environment(options.port).portal)
    os.execv(words[0], words)  # noqa: S606


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="the portal's port (8443)")


def _console(options: argparse.Namespace) -> None:
    from torihiki.project.local.home import this_home
    from torihiki.project.local.programs import CONSOLE_HOST, CONSOLE_PROCESSES, granian, ports_from_environment

    os.environ["TORIHIKI_PLANE"] = "console"
    _join_platform("console")
    port = ports_from_environment(None, options.port).console
    words = granian(this_home(), port, host=CONSOLE_HOST, processes=CONSOLE_PROCESSES)
    os.execv(words[0], words)  # noqa: S606


def _console_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="the console's port (9443)")


def _staff(options: argparse.Namespace) -> None:
    from django.core.management import execute_from_command_line

    _join_platform("console")
    execute_from_command_line(["torihiki", "staff", *options.words])


def _worker(options: argparse.Namespace) -> None:
    _join_platform("application", "system")
    _set_up_django()
    from torihiki.project.worker import run

    run()


def _mail_sink(options: argparse.Namespace) -> None:
    from torihiki.project.local.home import this_home
    from torihiki.project.local.mail import sink
    from torihiki.project.local.programs import ports_from_environment

    ports = ports_from_environment(None)
    sink.run(this_home().mail, smtp_port=ports.smtp, page_port=ports.mail_page)


def _demo(options: argparse.Namespace) -> None:
    from django.core.management import call_command, get_commands

    _join_platform("application", *(["migration"] if options.documents else []))
    _set_up_django()
    if "demo" in get_commands():
        call_command("demo", documents=options.documents, company=options.company, seed=options.seed)


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--documents", type=int, default=0, help="add so many documents of one company, for load")
    parser.add_argument("--company", default="hidamari", help="whose they are (hidamari)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same documents (1)")


def _manage(options: argparse.Namespace) -> None:
    from django.core.management import execute_from_command_line

    _join_platform(options.role)
    execute_from_command_line(["torihiki manage", *options.words])


def _shell(options: argparse.Namespace) -> None:
    from django.core.management import execute_from_command_line

    _join_platform(options.role)
    execute_from_command_line(["torihiki manage", "shell"])


def _psql(options: argparse.Namespace) -> None:
    from torihiki.project.local.access import psql

    psql(options.role, options.words)


def _psql_arguments(parser: argparse.ArgumentParser) -> None:
    _role_argument(parser, "superuser")


def _database(options: argparse.Namespace) -> None:
    from torihiki.project.local.access import prepare_outside
    from torihiki.project.local.home import this_home

    prepare_outside(options.admin_url or os.environ.get("DATABASE_ADMIN_URL", ""), this_home())


def _database_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="roles")
    roles = actions.add_parser("roles", help="make the four roles and the database in an outside PostgreSQL")
    roles.add_argument(
        "--admin-url", help="a superuser's URL; better in DATABASE_ADMIN_URL, where others do not see it"
    )


def _role_argument(parser: argparse.ArgumentParser, *more: str) -> None:
    choices = ("application", "migration", "console", "system", *more)
    parser.add_argument("--role", choices=choices, default="application", help="the database role (application)")


COMMANDS = (
    Command("up", "start everything on this machine, until Ctrl-C", _up, _up_arguments),
    Command("migrate", "compile translations, migrate the database, collect static files", _migrate),
    Command("serve", "serve the portal over TLS", _serve, _serve_arguments),
    Command("console", "serve the operator's console over TLS, on this machine only", _console, _console_arguments),
    Command("staff", "accounts of the console: staff create|disable|password LOGIN …", _staff, passes_on=True),
    Command("worker", "run background and periodic jobs", _worker),
    Command("mail-sink", "take the platform's mail and show it", _mail_sink),
    Command("demo", "load the demo companies, and many documents for load", _demo, _demo_arguments),
    Command(
        "manage",
        "Django's management commands: manage [--role ROLE] COMMAND …",
        _manage,
        _role_argument,
        passes_on=True,
    ),
    Command("shell", "a Python shell with the platform loaded", _shell, _role_argument),
    Command("psql", "psql as a database role: psql [--role ROLE] …", _psql, _psql_arguments, passes_on=True),
    Command("database", "database roles: prepare an outside PostgreSQL", _database, _database_arguments),
)


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torihiki", description="A self-hosted B2B trading platform.")
    parsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for command in COMMANDS:
        one = parsers.add_parser(command.name, help=command.help, description=command.help, allow_abbrev=False)
        one.set_defaults(command=command)
        command.arguments(one)
    options, rest = parser.parse_known_args(words)
    options.words = rest
    if rest and not options.command.passes_on:
        parser.error(f"not understood: {' '.join(rest)}")
    return options


def _join_platform(*roles: str) -> None:
    """Be one of this home's processes: its database role and URLs, unless the environment already says so."""
    from torihiki.project.local.access import join_platform

    join_platform(*roles)


def _set_up_django() -> None:
    import django

    django.setup()


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
