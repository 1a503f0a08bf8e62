"""The worker: background and periodic jobs, taken as the system role. Each job then enters its company's scope as the
application role, on Django's own connection, so that what it enqueues itself commits with what it wrote."""

import asyncio
import os

import django
from procrastinate import App, PsycopgConnector

CONCURRENCY = 4  # two slow webhooks leave room for mail
POLLING_SECONDS = 5  # beside LISTEN, which does not pass through every connection pooler
SHUTDOWN_SECONDS_MAX = 20


def run() -> None:
    """Work until SIGINT or SIGTERM; a job under way is finished, or given back after SHUTDOWN_SECONDS_MAX."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "torihiki.project.settings")
    django.setup()
    asyncio.run(_work())


async def _work() -> None:
    # Django is ready only now; its app holds the tasks of all packages.
    from django.conf import settings
    from procrastinate.contrib.django import app

    connector = PsycopgConnector(conninfo=settings.SYSTEM_DATABASE_URL, max_size=CONCURRENCY + 3)
    worker_app: App = app.with_connector(connector)
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLLING_SECONDS,
            shutdown_graceful_timeout=SHUTDOWN_SECONDS_MAX,
            delete_jobs="successful",
        )


if __name__ == "__main__":
    run()
