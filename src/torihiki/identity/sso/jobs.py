"""Jobs of single sign-on."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from torihiki.tenancy.system import system_rows


@app.periodic(cron="27 * * * *")
@app.task(name="sso.sweep", queue="calendar", pass_context=False)
def sweep(timestamp: int) -> None:
    """Once an hour: remove what is over by itself: sign-ins under way, and ids that were used."""
    system_rows("SELECT sso_sweep(%s)", [datetime.fromtimestamp(timestamp, tz=UTC)])
