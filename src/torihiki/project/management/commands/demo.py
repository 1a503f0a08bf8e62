"""`demo`: load the demo companies into an empty database, and say how to sign in."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone

from torihiki.project.demo.people import COMPANIES, HIDAMARI, PASSWORD
from torihiki.project.demo.story import load


class Command(BaseCommand):
    help = "Load the demo companies; does nothing where they are already."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():  # half a demo would be taken for a whole one at the next start
            if not _is_loaded():
                load(now=timezone.now())
        self.stdout.write(f"Sign in with one of these login ids; the password of all is {PASSWORD}")
        for company in COMPANIES:
            ids = [
                company.key if role == "administrator" else f"{company.key}-{role}" for role, _name in company.people
            ]
            self.stdout.write(f"  {company.details.name}: {', '.join(ids)}")


def _is_loaded() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_login_id_taken(%s)", [HIDAMARI.key])
        return bool(cursor.fetchone()[0])
