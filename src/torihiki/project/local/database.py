"""Which PostgreSQL this platform uses, private or outside, and the connection URL of each role to it."""

import os
from collections.abc import Mapping

import psycopg

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local.cluster import Cluster
from torihiki.project.local.refusals import OutsideDatabaseUnfit
from torihiki.tenancy import roles

CONNECT_SECONDS_MAX = 10
ROLE_NAMES = {
    "application": roles.APPLICATION,
    "migration": roles.MIGRATION,
    "console": roles.CONSOLE,
    "system": roles.SYSTEM,
}
HOW_TO_PREPARE = "Prepare it with: bin/torihiki database roles --admin-url postgresql://…"
ATTRIBUTES = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


def outside_urls() -> dict[str, str] | None:
    """The URLs in the environment by role, or None when DATABASE_URL is unset. Raises OutsideDatabaseUnfit when only
    some of the four are given."""
    if not os.environ.get("DATABASE_URL"):
        return None
    if missing := [variable for variable in ROLE_VARIABLES.values() if not os.environ.get(variable)]:
        raise OutsideDatabaseUnfit(f"DATABASE_URL is set, but not {', '.join(missing)}. {HOW_TO_PREPARE}")
    return {role: os.environ[variable] for role, variable in ROLE_VARIABLES.items()}


def private_urls(cluster: Cluster) -> dict[str, str]:
    return {role: cluster.url(name) for role, name in ROLE_NAMES.items()}


def check_outside(urls: Mapping[str, str]) -> None:
    """Connect as every role. Raises OutsideDatabaseUnfit when one cannot, is more than it may be, or is too old."""
    for role, url in urls.items():
        try:
            with psycopg.connect(url, connect_timeout=CONNECT_SECONDS_MAX) as connection:
                row = connection.execute(ATTRIBUTES).fetchone()
                version = connection.info.server_version
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1]
            raise OutsideDatabaseUnfit(
                f"{ROLE_VARIABLES[role]} does not lead to a database: {reason}. {HOW_TO_PREPARE}"
            ) from None
        if version < roles.VERSION_MIN:
            raise OutsideDatabaseUnfit(f"{ROLE_VARIABLES[role]} leads to a PostgreSQL older than 15.")
        superuser, sees_past_policies = row or (True, True)
        if role == "migration" and not (sees_past_policies or superuser):
            raise OutsideDatabaseUnfit(f"The role of {ROLE_VARIABLES[role]} lacks BYPASSRLS. {HOW_TO_PREPARE}")
        if role != "migration" and (superuser or sees_past_policies):
            raise OutsideDatabaseUnfit(
                f"The role of {ROLE_VARIABLES[role]} sees past row-level security: companies would not be kept apart. "
                f"{HOW_TO_PREPARE}"
            )
