"""The job queue: companies may put jobs in through one function, only the system role works them off."""

from django.db import migrations

DEFER = "procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])"


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_actor_and_grants"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(
            [
                f"ALTER FUNCTION {DEFER} SECURITY DEFINER",
                f"ALTER FUNCTION {DEFER} SET search_path = pg_catalog, public, pg_temp",
                f"REVOKE ALL ON FUNCTION {DEFER} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {DEFER} TO torihiki_application, torihiki_system",
                "GRANT USAGE ON TYPE procrastinate_job_to_defer_v1 TO torihiki_application, torihiki_system",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events,"
                " procrastinate_periodic_defers, procrastinate_workers TO torihiki_system",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO torihiki_system",
            ],
            migrations.RunSQL.noop,
        )
    ]
