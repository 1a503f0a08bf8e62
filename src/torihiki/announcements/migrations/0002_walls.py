"""Who reads announcements, who may say that they did, and that what was released stays as it was."""

from django.db import migrations

from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import ME, PartyVisible, Published

SHOWN = "actor_account() IS NOT NULL AND released_at IS NOT NULL AND withdrawn_at IS NULL AND starts_at <= now()"
READ = f"company_id = {ME}"
READ_OF_SHOWN = (
    f"{READ} AND EXISTS (SELECT 1 FROM announcements_announcement a WHERE a.id = announcements_reading.announcement_id)"  # noqa: S608 - our own constants
)
KEPT = """CREATE FUNCTION announcements_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $function$
BEGIN
    IF OLD.released_at IS NOT NULL AND (OLD.withdrawn_at IS NOT NULL
        OR to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by'] <> to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by'])
    THEN
        RAISE EXCEPTION 'what was announced stays as it was' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$function$"""


class Migration(migrations.Migration):
    dependencies = [
        ("announcements", "0001_tables"),
        ("identity", "0003_suspension_ends_sessions"),
        ("tenancy", "0001_actor_and_grants"),
    ]

    operations = [
        Protect("announcements_announcement", Published(shown=SHOWN)),
        Protect(
            "announcements_reading",
            PartyVisible(
                commands=("SELECT", "INSERT", "UPDATE (acknowledged_at)"), read=READ, insert=READ_OF_SHOWN, update=READ
            ),
        ),
        composite_key(
            "announcements_reading", "member_id, company_id", "identity_member", "id, company_id", on_delete="CASCADE"
        ),
        migrations.RunSQL(
            [
                KEPT,
                "REVOKE ALL ON FUNCTION announcements_kept() FROM PUBLIC",
                "CREATE TRIGGER announcements_kept BEFORE UPDATE ON announcements_announcement"
                " FOR EACH ROW EXECUTE FUNCTION announcements_kept()",
            ],
            ["DROP TRIGGER announcements_kept ON announcements_announcement", "DROP FUNCTION announcements_kept()"],
        ),
        definer_function(
            "announcements_readings(wanted uuid)",
            "TABLE (companies bigint, readers bigint, acknowledged bigint)",
            "SELECT count(DISTINCT r.company_id), count(*), count(r.acknowledged_at) FROM announcements_reading r"
            " WHERE r.announcement_id = wanted",
            roles="torihiki_console",
            volatility="STABLE",
        ),
    ]
