"""Periodic jobs are put into the queue by the worker's own Django connection, which is the application's."""

from django.db import migrations

DEFER = (
    "procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying,"
    " integer, character varying, bigint, jsonb)"
)


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_job_queue_roles")]

    operations = [
        migrations.RunSQL(
            [
                f"ALTER FUNCTION {DEFER} SECURITY DEFINER",
                f"ALTER FUNCTION {DEFER} SET search_path = pg_catalog, public, pg_temp",
                f"REVOKE ALL ON FUNCTION {DEFER} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {DEFER} TO torihiki_application, torihiki_system",
            ],
            migrations.RunSQL.noop,
        )
    ]
