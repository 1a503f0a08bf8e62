"""The ground that the other tests stand on: serving roles that own nothing, and a clean database for each test."""

import psycopg
import pytest
from django.db import connection

from torihiki.tenancy import roles


def test_tests_run_as_the_application_role(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (roles.APPLICATION, False, False)


@pytest.mark.parametrize("role", roles.SERVING)
def test_serving_roles_own_and_make_nothing(connect_as, role):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute("CREATE TABLE public.mine (id int)")


def test_only_the_application_makes_temporary_tables(connect_as):
    connect_as(roles.APPLICATION).execute("CREATE TEMPORARY TABLE copied (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(roles.SYSTEM).execute("CREATE TEMPORARY TABLE copied (id int)")


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_commits_is_gone_in_the_next(connect_as, turn):
    migration = connect_as(roles.MIGRATION)
    migration.execute("CREATE TABLE left_behind (id int)")
    migration.commit()
