"""Jobs of single sign-on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from torihiki.identity.sso.actions.emergency import OVER, close_over
from torihiki.identity.sso.actions.metadata import note_metadata, settings_to_read
from torihiki.identity.sso.refusals import ProviderUnfit
from torihiki.identity.sso.saml.metadata import fetch_metadata, read_metadata
from torihiki.tenancy.actor import Actor, scope
from torihiki.tenancy.system import system_rows

METADATA_AGAIN = timedelta(hours=6)
METADATA_MAX = 500  # connections in an hour


@app.periodic(cron="27 * * * *")
@app.task(name="sso.sweep", queue="calendar", pass_context=False)
def sweep(timestamp: int) -> None:
    """Once an hour: remove what is over by itself: sign-ins under way, and ids that were used."""
    system_rows("SELECT sso_sweep(%s)", [datetime.fromtimestamp(timestamp, tz=UTC)])


@app.periodic(cron="42 * * * *")
@app.task(name="sso.look_for_metadata", queue="calendar", pass_context=False)
def look_for_metadata(timestamp: int) -> None:
    """Once an hour: have the metadata read anew that was not for six hours."""
    before = datetime.fromtimestamp(timestamp, tz=UTC) - METADATA_AGAIN
    for company_id, provider_id in system_rows("SELECT * FROM sso_metadata_due(%s, %s)", [before, METADATA_MAX]):
        with scope(Actor.system(company_id)):
            read_metadata_again.defer(company_id=str(company_id), provider_id=str(provider_id))


@app.task(name="sso.read_metadata", queue="calendar")
def read_metadata_again(*, company_id: str, provider_id: str) -> None:
    """A provider that does not answer is asked again with the next look."""
    platform, provider = Actor.system(UUID(company_id)), UUID(provider_id)
    with scope(platform):
        settings = settings_to_read(platform, provider)
    if settings is None or settings.metadata_url is None:
        return
    try:
        told = read_metadata(fetch_metadata(settings.metadata_url), trusted=settings.certificates)
    except ProviderUnfit:
        told = None
    with scope(platform):
        note_metadata(platform, provider, told, read_with=settings, at=timezone.now())


@app.task(name=OVER, queue="calendar")
def emergency_over(*, company_id: str) -> None:
    """Note the end of an emergency access, and tell the administrators; passwords are closed since then anyway."""
    platform = Actor.system(UUID(company_id))
    with scope(platform):
        close_over(platform, at=timezone.now())
