"""`staff create|disable|password LOGIN`: accounts of the operator's staff, made by whoever runs this machine."""

import getpass
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from torihiki.identity.passwords import CLASSES, STANDARD, password_problems
from torihiki.ledger.refusals import Refused
from torihiki.operations.actions.staff import create_staff, disable_staff, reset_password
from torihiki.tenancy.actor import Actor

TERMINAL = Actor(name="torihiki staff")
GENERATED_LENGTH = STANDARD.length_max


class Command(BaseCommand):
    help = "Make or disable an account of the console, or give it a new password. Run as the console's database role."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create|disable|password")
        create = actions.add_parser("create", help="make an account")
        create.add_argument("login_id")
        create.add_argument("--name", required=True, help="the person's name, as the ledger shows it")
        _password_argument(create)
        disable = actions.add_parser("disable", help="end its sessions and let nobody sign in with it")
        disable.add_argument("login_id")
        password = actions.add_parser("password", help="set it anew, end its sessions, unlock it")
        password.add_argument("login_id")
        _password_argument(password)

    def handle(self, *args: Any, **options: Any) -> None:
        now, login_id = timezone.now(), options["login_id"]
        try:
            if options["action"] == "disable":
                disable_staff(TERMINAL, login_id, at=now)
                self.stdout.write(f"{login_id} is disabled and signed out everywhere.")
                return
            password = self._password(options)
            if options["action"] == "create":
                create_staff(TERMINAL, login_id=login_id, name=options["name"], password=password, at=now)
            else:
                reset_password(TERMINAL, login_id, password, at=now)
        except Refused as refusal:
            with translation.override("en"):  # as everything at the terminal
                raise CommandError(str(refusal.message)) from None
        shown = "" if options["password_stdin"] or options["ask"] else f" Its password is {password}"
        self.stdout.write(f"{login_id} may sign in to the console.{shown}")

    def _password(self, options: dict[str, Any]) -> str:
        """Never from the command line, which every user of the machine can read."""
        if options["password_stdin"]:
            return sys.stdin.readline().rstrip("\n")
        return getpass.getpass("Password: ") if options["ask"] else generated_password()


def generated_password() -> str:
    """A random one that satisfies the profile, of its greatest length."""
    characters = sorted(frozenset().union(*(each.characters for each in CLASSES)))
    while True:
        password = "".join(secrets.choice(characters) for _nth in range(GENERATED_LENGTH))
        if not password_problems(password):
            return password


def _password_argument(parser: Any) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--password-stdin", action="store_true", help="read it from the first line of the input")
    how.add_argument("--ask", action="store_true", help="type it; without either, a random one is made and shown")
