"""The operator's console in tests: the other plane, as the database role that it serves as.

def test_it(console, issuer):                    # of a transactional test: both roles see only what is committed
    page = console.get("/companies")             # signed in as a member of staff
    console.clicks("/companies/open", name=…)     # a form posted
    with console.open(): ...                      # Django works as the console meanwhile
    issuer.get("/")                              # the portal, as ever
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from tests.market import close_connections
from tests.world import PASSWORD
from torihiki.ledger.models import Entry
from torihiki.operations.actions.staff import create_staff
from torihiki.operations.models import Staff
from torihiki.project.local.testing import TestDatabase
from torihiki.project.planes import CONSOLE
from torihiki.tenancy import roles
from torihiki.tenancy.actor import Actor

LOGIN_ID = "operator"
NAME = "運用 花子"


@dataclass
class Console:
    """A browser at the console."""

    database: TestDatabase
    client: Client = field(default_factory=Client)

    @contextmanager
    def open(self, role: str = roles.CONSOLE) -> Iterator[None]:
        """Django serves the console's plane meanwhile, as the console's role."""
        settings = connections["default"].settings_dict
        former = dict(settings)
        close_connections()
        settings.update(USER=role, PASSWORD=self.database.cluster.passwords[role])
        try:
            with override_settings(**CONSOLE.settings()):
                yield
        finally:
            close_connections()
            settings.update(former)

    def get(self, path: str, data: dict[str, Any] | None = None) -> Any:
        with self.open():
            return self.client.get(path, data, secure=True)

    def post(self, path: str, **data: Any) -> Any:
        with self.open():
            return self.client.post(path, data, secure=True)

    def does(self, path: str, **data: Any) -> None:
        """The form was taken."""
        answer = self.post(path, **data)
        errors = getattr(answer, "context", None) and answer.context.get("form") and answer.context["form"].errors
        assert answer.status_code == 302, f"{path}: {answer.status_code} {errors}"

    def sign_in(self, login_id: str = LOGIN_ID, password: str = PASSWORD) -> Any:
        return self.post("/sign-in", login_id=login_id, password=password, next="")

    def events(self) -> list[str]:
        """Codes of the operator's ledger, oldest first, but for signing in."""
        with self.open():
            entries = Entry.objects.filter(company_id=None).order_by("at", "id").values_list("event", flat=True)
            return [
                event for event in entries if event not in ("operations.staff_created", "operations.staff_signed_in")
            ]

    def staff_id(self) -> UUID:
        with self.open():
            return Staff.objects.get(login_id=LOGIN_ID).id


@pytest.fixture
def console(transactional_db: None, test_database: TestDatabase) -> Console:
    """Signed in, in Japanese."""
    it = Console(test_database)
    with it.open():
        create_staff(Actor(name="test"), login_id=LOGIN_ID, name=NAME, password=PASSWORD, at=timezone.now())
    assert it.sign_in().status_code == 302
    return it
