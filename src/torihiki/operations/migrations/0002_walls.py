"""Only the console reaches the operator's tables; and the few functions by which it acts on companies and jobs.

The console's role may write nothing into a company and read nothing of it: whoever could write an invitation there could
make himself its administrator. So each function does one thing, and answers with numbers or whether it did it.
"""

from django.db import migrations

from torihiki.tenancy.operations import Protect, definer_function
from torihiki.tenancy.row_security import OperatorOnly

CONSOLE = "torihiki_console"
QUEUE_TABLES = "procrastinate_jobs, procrastinate_events, procrastinate_workers"


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0001_tables"),
        ("announcements", "0002_walls"),
        ("exchange", "0002_walls"),
        ("identity", "0003_suspension_ends_sessions"),
        ("ledger", "0002_staff_writes"),
        ("tenancy", "0003_periodic_jobs"),
    ]

    operations = [
        *(Protect(f"operations_{name}", OperatorOnly()) for name in ("staff", "staffsession", "companyopening")),
        migrations.RunSQL(
            f"GRANT SELECT ON {QUEUE_TABLES} TO {CONSOLE}",
            f"REVOKE SELECT ON {QUEUE_TABLES} FROM {CONSOLE}",  # noqa: S608 - our own constants
        ),
        definer_function(
            "operations_company_suspend(wanted uuid, moment timestamptz)",
            "boolean",
            """BEGIN
    UPDATE identity_company SET suspended_at = moment WHERE id = wanted AND suspended_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity_session s USING identity_member m WHERE m.id = s.member_id AND m.company_id = wanted;
    RETURN true;
END""",
            roles=CONSOLE,
        ),
        definer_function(
            "operations_company_resume(wanted uuid, moment timestamptz)",
            "boolean",
            """BEGIN
    UPDATE identity_company SET suspended_at = NULL WHERE id = wanted AND suspended_at <= moment;
    RETURN FOUND;
END""",
            roles=CONSOLE,
        ),
        definer_function(
            "operations_company_numbers(wanted uuid[])",
            "TABLE (company uuid, members bigint, administrators bigint, suspended bigint, invitations bigint)",
            """SELECT w.id,
    (SELECT count(*) FROM identity_member m WHERE m.company_id = w.id),
    (SELECT count(*) FROM identity_member m
        WHERE m.company_id = w.id AND m.role = 'administrator' AND m.suspended_at IS NULL),
    (SELECT count(*) FROM identity_member m WHERE m.company_id = w.id AND m.suspended_at IS NOT NULL),
    (SELECT count(*) FROM identity_invitation i
        WHERE i.company_id = w.id AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL)
FROM unnest(wanted) w (id)""",
            roles=CONSOLE,
            volatility="STABLE",
        ),
        definer_function(
            "operations_company_documents(wanted uuid)",
            "TABLE (issued bigint, received bigint)",
            """SELECT count(*) FILTER (WHERE v.role = 'issuer' AND v.state <> 'draft'),
    count(*) FILTER (WHERE v.role = 'receiver') FROM exchange_partyview v WHERE v.company_id = wanted""",
            roles=CONSOLE,
            volatility="STABLE",
        ),
        definer_function(
            "operations_defer_opening(opening uuid)",
            "void",
            """SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('operations', 'operations.open_company', 0, NULL, NULL,
    jsonb_build_object('opening_id', o.id), NULL)::procrastinate_job_to_defer_v1])
FROM operations_companyopening o WHERE o.id = opening""",
            roles=CONSOLE,
        ),
        definer_function(
            "operations_opening(opening uuid)",
            "TABLE (company_id uuid, name text, person text, email text, requested_at timestamptz)",
            "SELECT o.company_id, o.name::text, o.person::text, o.email::text, o.requested_at"
            " FROM operations_companyopening o WHERE o.id = opening",
            roles="torihiki_system",
            volatility="STABLE",
        ),
        definer_function(
            "operations_job_retry(wanted bigint)",
            "boolean",
            """BEGIN
    PERFORM 1 FROM procrastinate_jobs WHERE id = wanted AND status = 'failed' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM procrastinate_retry_job_v2(wanted, now(), NULL, NULL, NULL);
    RETURN true;
END""",
            roles=CONSOLE,
        ),
        definer_function(
            "operations_job_cancel(wanted bigint)",
            "boolean",
            "SELECT procrastinate_cancel_job_v1(wanted, false, false) IS NOT NULL",
            roles=CONSOLE,
        ),
        definer_function(
            "operations_outbox()",
            "TABLE (waiting bigint, oldest timestamptz)",
            "SELECT count(*), min(o.at) FROM exchange_outboxmessage o WHERE o.delivered_at IS NULL",
            roles=CONSOLE,
            volatility="STABLE",
        ),
    ]
