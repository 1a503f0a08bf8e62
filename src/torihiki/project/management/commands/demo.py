"""`demo`: load the demo companies into an empty database, and say how to sign in."""

import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from torihiki.project.demo.many import administrator, load_many
from torihiki.project.demo.people import COMPANIES, HIDAMARI, PASSWORD
from torihiki.project.demo.world import load
from torihiki.project.environment import ROLE_VARIABLES


class Command(BaseCommand):
    help = "Load the demo companies; does nothing where they are already. With --documents, add load to one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--documents", type=int, default=0, help="add so many documents of one company")
        parser.add_argument("--company", default=HIDAMARI.key, help=f"whose they are ({HIDAMARI.key})")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same documents (1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not _is_loaded():
            load(now=timezone.now())
        self.stdout.write(f"Sign in with one of these login ids; the password of all is {PASSWORD}")
        for company in COMPANIES:
            self.stdout.write(f"  {company.details.name}: {', '.join(company.login_ids())}")
        if options["documents"]:
            self._load(options["company"], options["documents"], options["seed"])

    def _load(self, login_id: str, count: int, seed: int) -> None:
        url = os.environ[ROLE_VARIABLES["migration"]]
        started = time.monotonic()

        def report(done: int) -> None:
            self.stdout.write(f"  {done:,} of {count:,} documents, {time.monotonic() - started:.0f} s")
            self.stdout.flush()

        load_many(administrator(url, login_id), url, count, until=timezone.now(), seed=seed, report=report)


def _is_loaded() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_login_id_taken(%s)", [HIDAMARI.key])
        return bool(cursor.fetchone()[0])
