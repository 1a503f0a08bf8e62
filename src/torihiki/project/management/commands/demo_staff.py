"""`demo_staff`: an account of the operator's console for the demo, and how to sign in with it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from torihiki.operations.actions.staff import create_staff
from torihiki.operations.models import Staff
from torihiki.project.demo.people import PASSWORD
from torihiki.tenancy.actor import Actor

LOGIN_ID, NAME = "torihiki-operator", "運用 花子"


class Command(BaseCommand):
    help = "Make the demo's staff account unless it is there. Run as the console's database role."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Staff.objects.filter(login_id=LOGIN_ID).exists():
            create_staff(
                Actor(name="torihiki demo"), login_id=LOGIN_ID, name=NAME, password=PASSWORD, at=timezone.now()
            )
        self.stdout.write(f"  Operations console: {LOGIN_ID}, with the same password")
