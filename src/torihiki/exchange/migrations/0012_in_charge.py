"""Who is in charge of a document: lists by that person, what answers a document goes to whom it concerns, and one member's
documents handed over to another."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.exchange import walls
from torihiki.tenancy.operations import Protect, composite_key, definer_function

COLUMNS = """company_id, document_id, role, side, kind, number, subject, state, state_since, waiting, issued_on, due_on,
    currency, amount_minor, counterparty_id, counterparty_name, counterparties, search, version_shown, changed_at"""

# Of the document that this one answers: who is in charge there, and the unit that it belongs to.
CHARGE = """LEFT JOIN LATERAL (
        SELECT m.id AS member_id, v.unit_id
        FROM exchange_link l JOIN exchange_partyview v ON v.document_id = l.target_id AND v.company_id = c.company_id
            LEFT JOIN identity_member m ON m.id = v.assignee_id AND m.suspended_at IS NULL
        WHERE l.source_id = c.document_id AND l.source_line = ''
        ORDER BY m.id IS NULL, l.created_at, l.id LIMIT 1
    ) charge ON c.company_id <> actor_company()"""

SYNC_VIEWS = f"""CREATE OR REPLACE FUNCTION exchange_sync_views(documents uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
    INSERT INTO exchange_partyview AS view ({COLUMNS}, internal_state, read_at, assignee_id, unit_id)
    SELECT c.*, '', CASE WHEN c.company_id = actor_company() THEN c.changed_at END, charge.member_id, charge.unit_id
    FROM exchange_views_of(documents) c
    {CHARGE}
    WHERE EXISTS (
        SELECT 1 FROM exchange_partyview mine WHERE mine.document_id = c.document_id AND mine.company_id = actor_company())
    ON CONFLICT (company_id, document_id) DO UPDATE SET
        number = excluded.number, subject = excluded.subject, state = excluded.state, state_since = excluded.state_since,
        waiting = excluded.waiting, issued_on = excluded.issued_on, due_on = excluded.due_on, currency = excluded.currency,
        amount_minor = excluded.amount_minor, counterparty_id = excluded.counterparty_id,
        counterparty_name = excluded.counterparty_name, counterparties = excluded.counterparties, search = excluded.search,
        version_shown = excluded.version_shown, changed_at = excluded.changed_at,
        read_at = CASE WHEN view.company_id = actor_company() THEN excluded.changed_at
            WHEN excluded.changed_at > view.changed_at THEN NULL ELSE view.read_at END
    WHERE view.changed_at IS DISTINCT FROM excluded.changed_at OR view.state IS DISTINCT FROM excluded.state
        OR view.version_shown <> excluded.version_shown OR view.waiting <> excluded.waiting;
END
$function$"""  # noqa: S608 - made of our own constants

# Before its links are written: they are one's own only when the document is. `answered` is what it is made from.
FIRST_VIEWS = f"""BEGIN
    INSERT INTO exchange_partyview ({COLUMNS}, internal_state, read_at, assignee_id, unit_id)
    SELECT c.*, '', CASE WHEN c.company_id = actor_company() THEN c.changed_at END,
        CASE WHEN c.company_id = actor_company() THEN member ELSE m.id END,
        CASE WHEN c.company_id = actor_company() THEN unit ELSE theirs.unit_id END
    FROM exchange_views_of(documents) c JOIN exchange_document d ON d.id = c.document_id
        LEFT JOIN exchange_partyview mine ON mine.document_id = answered AND mine.company_id = actor_company()
        LEFT JOIN exchange_partyview theirs
            ON theirs.document_id = mine.document_id AND theirs.company_id = c.company_id
        LEFT JOIN identity_member m ON m.id = theirs.assignee_id AND m.suspended_at IS NULL
    WHERE d.owner_id = actor_company() AND NOT d.from_outside
        AND NOT EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.document_id = c.document_id);
END"""  # noqa: S608 - made of our own constants


class Migration(migrations.Migration):
    dependencies = [("exchange", "0011_plans_and_folds"), ("identity", "0012_delegations")]

    operations = [
        migrations.AlterField(
            model_name="partyview",
            name="assignee",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="identity.member",
            ),
        ),
        migrations.AddIndex(
            model_name="partyview",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["company", "assignee", "-changed_at", "-document"],
                name="view_by_assignee",
            ),
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                (
                    "documents",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                ("done_by", models.CharField(max_length=100)),
                ("done_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.member"
                    ),
                ),
                (
                    "taker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.member"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "giver", "-id"], name="handover_by_giver")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("giver", models.F("taker")), _negated=True), name="handover_to_another"
                    )
                ],
            },
        ),
        Protect("exchange_handover", walls.HANDOVER),
        composite_key("exchange_handover", "giver_id, company_id", "identity_member", "id, company_id"),
        composite_key("exchange_handover", "taker_id, company_id", "identity_member", "id, company_id"),
        migrations.RunSQL(SYNC_VIEWS, migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION exchange_first_views", migrations.RunSQL.noop),
        definer_function(
            "exchange_first_views(documents uuid[], member uuid, unit uuid, answered uuid)",
            "void",
            FIRST_VIEWS,
            roles="torihiki_application",
        ),
        migrations.RunSQL(
            "ALTER FUNCTION exchange_first_views(uuid[], uuid, uuid, uuid) SET plan_cache_mode = force_generic_plan",
            migrations.RunSQL.noop,
        ),
    ]
