"""What every test stands on: PostgreSQL with the four roles, migrated as one role and tested as the application's.

Row-level security therefore holds in tests as it does in service. Plain `pytest` and `pytest -n 2` both work, also
several at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings

from torihiki.project.local.preparation import compile_translations
from torihiki.project.local.testing import HOME, TestDatabase

DATABASE = TestDatabase()

# Before Django reads its settings.
os.environ.update(
    DATABASE.environment(),
    DJANGO_SETTINGS_MODULE="torihiki.project.settings",
    TORIHIKI_DATABASE_ROLE="application",
    TORIHIKI_HOME=str(HOME / "home"),
    TORIHIKI_SECRET_KEY="for tests only, and known to everybody",
    PYTHONPATH=str(Path(__file__).parent / "src"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="also what takes minutes: every id on every route, every fault"
    )


def pytest_configure(config: pytest.Config) -> None:
    """pytest-django leaves the set-up to the project when the settings were not yet read at its start. In a process of
    pytest-xdist they were, as their name is inherited: with the database of the process that started it."""
    from django.conf import settings
    from django.db import connections

    # How long an example takes says something of the machine, not of the code.
    hypothesis_settings.register_profile("torihiki", deadline=None)
    hypothesis_settings.load_profile("torihiki")
    compile_translations()  # pages are Japanese in tests too, in a fresh checkout as after a start
    django.setup()
    connections["default"].settings_dict["NAME"] = DATABASE.name
    settings.SYSTEM_DATABASE_URL = os.environ["DATABASE_SYSTEM_URL"]
    for plugin in ("tests.world", "tests.market", "tests.staff"):  # they need the models
        config.pluginmanager.import_plugin(plugin)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Replaces pytest-django's own: the application role neither creates databases nor empties tables."""
    from django.test import TransactionTestCase

    def renew(self: TransactionTestCase) -> None:
        _disconnect()
        DATABASE.renew()

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        try:
            DATABASE.start()
            yield
        finally:
            _disconnect()
            DATABASE.stop()


@pytest.fixture(scope="session", autouse=True)
def _static_files_without_manifest(django_test_environment: None) -> None:
    """Tests name static files as they are in the sources: nothing was collected."""
    from django.conf import settings

    backend = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}


@pytest.fixture(scope="session")
def test_database(django_db_setup: None) -> TestDatabase:
    """For tests that need databases of their own, or the superuser's view of one."""
    return DATABASE


@pytest.fixture
def connect_as(db: None) -> Iterator[Callable[[str], psycopg.Connection]]:
    """`connect_as(roles.CONSOLE)`: a connection of one's own, outside Django. It sees only what is committed."""
    with ExitStack() as stack:
        yield lambda role: stack.enter_context(psycopg.connect(DATABASE.cluster.url(role, DATABASE.name)))


def _disconnect() -> None:
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
