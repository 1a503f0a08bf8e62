"""Table classes: what each table is to the companies, as the policies and grants that the database enforces.

Every model names exactly one (`row_security = Owned()`), a migration applies it (`operations.Protect`), and
`tests/test_every_table.py` holds the database against the declaration. White paper clauses 2-4-1 and 3-4.
"""

from dataclasses import dataclass

from torihiki.tenancy.roles import APPLICATION, CONSOLE, SYSTEM

ME = "actor_company()"
GRANTED = (
    "{column} IN (SELECT g.company_id FROM tenancy_accessgrant g WHERE g.staff_id = actor_staff()"
    " AND g.approved_at IS NOT NULL AND g.approved_by <> g.staff_id AND now() < g.expires_at)"
)


@dataclass(frozen=True)
class Policy:
    """One CREATE POLICY: `command` is SELECT, INSERT, UPDATE or DELETE."""

    command: str
    role: str
    using: str = ""
    check: str = ""

    @property
    def name(self) -> str:
        return f"{self.role.removeprefix('torihiki_')}_{self.command.lower()}"

    def create(self, table: str) -> str:
        using = f" USING ({self.using})" if self.using else ""
        check = f" WITH CHECK ({self.check})" if self.check else ""
        return f'CREATE POLICY {self.name} ON "{table}" FOR {self.command} TO {self.role}{using}{check}'


@dataclass(frozen=True)
class TableClass:
    """`commands` are what the application role may do at all; a missing one is refused by a missing grant, and
    `UPDATE (column, …)` keeps the other columns as they were written."""

    commands: tuple[str, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")

    def policies(self) -> tuple[Policy, ...]:
        raise NotImplementedError

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {APPLICATION: self.commands}

    def statements(self, table: str) -> list[str]:
        """SQL that protects `table`; FORCE so that even its owner is bound (migrations bypass by role)."""
        secure = [f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY', f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY']
        grants = [f'GRANT {", ".join(commands)} ON "{table}" TO {role}' for role, commands in self.grants().items()]
        return [*secure, *grants, *(policy.create(table) for policy in self.policies())]


@dataclass(frozen=True)
class Owned(TableClass):
    """One company's rows. The console reads them only under an approved, unexpired grant (clause 3-4)."""

    column: str = "company_id"

    def policies(self) -> tuple[Policy, ...]:
        mine = f"{self.column} = {ME}"
        return (*_application(self.commands, mine, mine, mine, mine), _console(GRANTED.format(column=self.column)))

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {APPLICATION: self.commands, CONSOLE: ("SELECT",)}


@dataclass(frozen=True)
class PartyVisible(TableClass):
    """Rows that more than one company may see, by expressions over the row; empty `update` means as `read`, and empty
    `updated`, what a row must be afterwards, means as `update`.

    `granted` is the console's expression; where it is empty the console reads nothing.
    """

    read: str = "false"
    insert: str = "false"
    update: str = ""
    updated: str = ""
    delete: str = ""
    granted: str = ""

    def policies(self) -> tuple[Policy, ...]:
        update = self.update or self.read
        own = _application(self.commands, self.read, self.insert, update, self.delete or "false", self.updated)
        return (*own, _console(self.granted)) if self.granted else own

    def grants(self) -> dict[str, tuple[str, ...]]:
        return super().grants() | ({CONSOLE: ("SELECT",)} if self.granted else {})


@dataclass(frozen=True)
class Personal(TableClass):
    """Rows of one person, whatever the company: visible to that account alone."""

    column: str = "id"

    def policies(self) -> tuple[Policy, ...]:
        mine = f"{self.column} = actor_account()"
        return _application(self.commands, mine, mine, mine, mine)


@dataclass(frozen=True)
class OperatorOnly(TableClass):
    """The operator's own tables: nothing for the application role."""

    commands: tuple[str, ...] = ()

    def policies(self) -> tuple[Policy, ...]:
        return tuple(
            Policy(c, CONSOLE, "true" if c != "INSERT" else "", "true" if c != "SELECT" else "") for c in _CONSOLE
        )

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {CONSOLE: _CONSOLE}


@dataclass(frozen=True)
class Published(TableClass):
    """What the operator makes known: written by the console alone, and read by everybody whom `shown`, an expression
    over the row, lets see it."""

    commands: tuple[str, ...] = ("SELECT",)
    shown: str = "false"

    def policies(self) -> tuple[Policy, ...]:
        return (Policy("SELECT", APPLICATION, self.shown), *OperatorOnly().policies())

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {APPLICATION: self.commands, CONSOLE: _CONSOLE}


@dataclass(frozen=True)
class FourEyes(TableClass):
    """What one member of the operator's staff asks for and another one approves: both in their own name only."""

    commands: tuple[str, ...] = ()

    def policies(self) -> tuple[Policy, ...]:
        asked = "staff_id = actor_staff() AND approved_by IS NULL AND approved_at IS NULL"
        approved = "approved_by = actor_staff() AND staff_id <> actor_staff()"
        return (
            Policy("SELECT", CONSOLE, "true"),
            Policy("INSERT", CONSOLE, "", asked),
            Policy("UPDATE", CONSOLE, "approved_by IS NULL OR approved_by = actor_staff()", approved),
        )

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {CONSOLE: ("SELECT", "INSERT", "UPDATE (approved_by, approved_at, expires_at)")}


@dataclass(frozen=True)
class ByFunctionOnly(TableClass):
    """Needed before there is an actor: reached only through narrow SECURITY DEFINER functions, by no role directly."""

    commands: tuple[str, ...] = ()

    def policies(self) -> tuple[Policy, ...]:
        return ()

    def grants(self) -> dict[str, tuple[str, ...]]:
        return {}


@dataclass(frozen=True)
class Ledger(TableClass):
    """Append-only: a company adds and reads its own entries, the console those that belong to no company; the system
    role sees leaves and gives positions once."""

    commands: tuple[str, ...] = ("SELECT", "INSERT")

    def policies(self) -> tuple[Policy, ...]:
        own = f"company_id IS NOT DISTINCT FROM {ME}"
        written = " AND position IS NULL AND transaction = pg_current_xact_id()"
        return (
            *_application(self.commands, f"company_id = {ME}", own + written, "", ""),
            Policy("INSERT", CONSOLE, "", "company_id IS NULL" + written),
            _console("company_id IS NULL OR " + GRANTED.format(column="company_id")),
            Policy("SELECT", SYSTEM, "true"),
            Policy("UPDATE", SYSTEM, "position IS NULL", "position IS NOT NULL"),
        )

    def grants(self) -> dict[str, tuple[str, ...]]:
        leaves = "SELECT (id, company_id, transaction, leaf, position, event, at)"
        return {APPLICATION: self.commands, CONSOLE: ("SELECT", "INSERT"), SYSTEM: (leaves, "UPDATE (position)")}


_CONSOLE = ("SELECT", "INSERT", "UPDATE")


def _application(
    commands: tuple[str, ...], read: str, insert: str, update: str, delete: str, updated: str = ""
) -> tuple[Policy, ...]:
    every = {
        "SELECT": Policy("SELECT", APPLICATION, read),
        "INSERT": Policy("INSERT", APPLICATION, "", insert),
        "UPDATE": Policy("UPDATE", APPLICATION, update, updated or update),
        "DELETE": Policy("DELETE", APPLICATION, delete),
    }
    return tuple(every[command.partition(" ")[0]] for command in commands)


def _console(using: str) -> Policy:
    return Policy("SELECT", CONSOLE, using)
