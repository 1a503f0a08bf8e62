"""Migration operations that put tables under row-level security and keep functions narrow."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL
from django.db.migrations.state import ProjectState

from torihiki.tenancy.row_security import TableClass


class Protect(Operation):
    """Enable and force row-level security on `table`, with exactly the policies and grants of its table class."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, table_class: TableClass) -> None:
        self.table = table
        self.table_class = table_class

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models' state does not change."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for statement in self.table_class.statements(self.table):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for policy in self.table_class.policies():
            schema_editor.execute(f'DROP POLICY {policy.name} ON "{self.table}"')
        for role in self.table_class.grants():
            schema_editor.execute(f'REVOKE ALL ON "{self.table}" FROM {role}')

    def describe(self) -> str:
        return f"Protect {self.table} as {type(self.table_class).__name__}"


def definer_function(signature: str, returns: str, body: str, *, roles: str, volatility: str = "VOLATILE") -> RunSQL:
    """A SECURITY DEFINER function with a fixed search_path, executable by `roles` only. `body` is plpgsql or,
    where it does not begin with BEGIN or DECLARE, plain SQL."""
    language = "plpgsql" if body.lstrip().startswith(("BEGIN", "DECLARE")) else "sql"
    name = signature[: signature.index("(")]
    return RunSQL(
        [
            f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE {language} {volatility} SECURITY DEFINER"
            f" SET search_path = pg_catalog, public, pg_temp AS $function$\n{body}\n$function$",
            f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {name} TO {roles}",
        ],
        reverse_sql=f"DROP FUNCTION {name}",
    )


def composite_key(child: str, columns: str, parent: str, parent_columns: str, **options: Any) -> RunSQL:
    """A foreign key that carries the tenant's column along: foreign key checks ignore row-level security, so a child
    could otherwise hang on another company's row. The parent's columns get their unique index if it has none yet."""
    name = f"{child}_{columns.replace(', ', '_')}_fk"[:63]
    on_delete = options.get("on_delete", "NO ACTION")
    return RunSQL(
        f'ALTER TABLE "{child}" ADD CONSTRAINT "{name}" FOREIGN KEY ({columns})'
        f' REFERENCES "{parent}" ({parent_columns}) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED',
        reverse_sql=f'ALTER TABLE "{child}" DROP CONSTRAINT "{name}"',
    )
