"""`company_create NAME EMAIL`: a new company and a link for its first administrator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from torihiki.identity.actions import create_company, invite_member
from torihiki.identity.keys import link_token
from torihiki.identity.letters import INVITATION
from torihiki.identity.mail import public_link
from torihiki.identity.permissions import Role
from torihiki.tenancy.actor import Actor, scope

OPERATOR = "torihiki"


class Command(BaseCommand):
    help = "Make a company and print a link, good once and for 7 days, by which its first administrator joins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the company's registered name")
        parser.add_argument("email", help="the first administrator's e-mail address, which gets the link too")
        parser.add_argument("--person", default="", help="the administrator's name; the address where it is left out")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        company = create_company(Actor(name=OPERATOR), name=options["name"], at=now)
        with scope(Actor(company_id=company.id, name=OPERATOR, company_name=company.name)) as actor:
            invitation = invite_member(
                actor,
                email=options["email"],
                name=options["person"] or options["email"],
                role=Role.ADMINISTRATOR,
                unit_id=None,
                at=now,
            )
        token = link_token(INVITATION, invitation.id, invitation.expires_at)
        self.stdout.write(public_link(reverse("invitation", args=[token])))
