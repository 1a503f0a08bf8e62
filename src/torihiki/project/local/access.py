"""How a command at the terminal reaches this home's database: by the environment, else in the private cluster."""

import os
import shutil
from collections.abc import Sequence

import psycopg

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local import cluster as clusters
from torihiki.project.local.binaries import find
from torihiki.project.local.database import ROLE_NAMES, outside_urls, private_urls
from torihiki.project.local.home import Home, make_home, this_home
from torihiki.project.local.passwords import SUPERUSER, passwords, write_privately
from torihiki.project.local.programs import Platform, ports_from_environment
from torihiki.project.local.refusals import NotRunning, OutsideDatabaseUnfit
from torihiki.tenancy.roles import DATABASE, PreparationRefused, prepare


def join_platform(*roles: str) -> None:
    """Put the URLs of `roles` into this process's environment; it serves as the first. Raises NotRunning."""
    os.environ["TORIHIKI_DATABASE_ROLE"] = roles[0]
    if all(os.environ.get(ROLE_VARIABLES[role]) for role in roles):
        return
    home = this_home()
    platform = Platform(home, ports_from_environment(None), outside_urls() or private_urls(_running_cluster(home)))
    os.environ.update(platform.environment(*roles))


def psql(role: str, words: Sequence[str]) -> None:
    """Become psql, as `role` or as the private cluster's superuser. Raises NotRunning."""
    home = this_home()
    urls = outside_urls()
    cluster = None if urls else _running_cluster(home)
    if cluster:
        urls = {**private_urls(cluster), "superuser": cluster.url(SUPERUSER)}
        program = find(cluster.data).program("psql")
    else:
        program = shutil.which("psql") or find().program("psql")
    assert urls
    if role not in urls:
        raise NotRunning("The superuser of an outside PostgreSQL is not known here.")
    os.execve(program, [program, *words], {**os.environ, **_libpq(urls[role])})  # noqa: S606


def prepare_outside(admin_url: str, home: Home) -> None:
    """Make roles and database over there; write the four URLs into a file of this home. Raises OutsideDatabaseUnfit."""
    if not admin_url:
        raise OutsideDatabaseUnfit("Name the server: --admin-url postgresql://… or DATABASE_ADMIN_URL.")
    make_home(home)
    secrets = passwords(home.keys / "outside-database-passwords.json")
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
            prepare(admin, secrets)
            place = {"host": admin.info.host, "port": str(admin.info.port)}
    except (psycopg.Error, PreparationRefused) as error:
        raise OutsideDatabaseUnfit(str(error).strip()) from None
    file = home.keys / "outside-database.env"
    lines = [
        f"{variable}='{clusters.url_for(ROLE_NAMES[role], secrets[ROLE_NAMES[role]], DATABASE, **place)}'"
        for role, variable in ROLE_VARIABLES.items()
    ]
    write_privately(file, "\n".join(lines) + "\n")
    print(f"Roles and database are ready. Start with them: set -a; . {file}; set +a; bin/up")


def _running_cluster(home: Home) -> clusters.Cluster:
    if not home.path.exists() or not clusters.data_folder(home.path).exists():
        raise NotRunning(f"There is no platform in {home.path} yet. Start it: bin/up")
    cluster = clusters.cluster_in(home.path)
    if not clusters.is_answering(cluster):
        raise NotRunning(f"The platform in {home.path} is not running. Start it in another terminal: bin/up")
    return cluster


def _libpq(url: str) -> dict[str, str]:
    """The URL as libpq's variables: a password on a command line can be read by every user of the machine."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {names[name]: str(value) for name, value in parts.items() if name in names}
